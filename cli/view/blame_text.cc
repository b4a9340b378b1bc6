#include "cli/view/blame_text.h"

#include "cli/view/event_text.h"
#include "cli/view/json_writer.h"
#include "cli/view/plan_text.h"
#include "cli/view/style.h"
#include "engine/base/text.h"

namespace kadende::cli {
namespace {

using base::EscapeTerminal;
using model::NodePhase;
using Moment = NodeStory::Moment;

constexpr std::size_t kWordWidth = 11;
constexpr std::size_t kShortRevision = 12;

std::string_view WordOf(Happening what) {
  return what == Happening::kGivenUp ? "given up" : HappeningName(what);
}

Color ColorOf(Happening what) {
  switch (what) {
    case Happening::kMade:
    case Happening::kUntainted:
      return Color::kGreen;
    case Happening::kFailed:
    case Happening::kGivenUp:
    case Happening::kGone:
      return Color::kRed;
    case Happening::kTainted:
    case Happening::kChanged:
      return Color::kYellow;
    case Happening::kKnown:
      return Color::kNone;
  }
  return Color::kNone;
}

std::string PhaseOf(const NodeStory& story) {
  const Happening last = story.moments.back().what;
  if (last == Happening::kGone) return "gone";
  if (last == Happening::kFailed || story.row.phase == NodePhase::kTombstone) return "never live";
  return story.row.phase == NodePhase::kLeaving ? "leaving" : "live";
}

std::string Heading(const NodeStory& story) {
  std::string text = "incarnation " + std::to_string(story.incarnation);
  if (!story.row.instance_id.empty()) text += "  " + EscapeTerminal(story.row.instance_id);
  if (!story.row.address.empty()) text += "  " + EscapeTerminal(story.row.address);
  if (!story.row.revision.IsZero()) {
    text += "  revision " + base::ToHex(story.row.revision).substr(0, kShortRevision);
  }
  return text + "  " + PhaseOf(story);
}

std::string MomentText(const Moment& moment, const NodeStory& story, const LogTextOptions& options) {
  const std::string indent(kWordWidth + 2, ' ');
  const ports::CommitSummary& commit = moment.version->commit;
  std::string out = "  " + Paint(options.color, ColorOf(moment.what), PadRight(WordOf(moment.what), kWordWidth)) +
                    CommitHeading(commit, options) + ": " + EscapeTerminal(commit.subject) + "\n";
  if (moment.what == Happening::kKnown) out += indent + "in the oldest version that is kept; made before\n";
  if (moment.what == Happening::kTainted && !story.row.taint_reason.empty()) {
    out += indent + "why: " + EscapeTerminal(story.row.taint_reason) + "\n";
  }
  if (moment.action) {
    out += indent + std::string(model::ActionKindName(moment.action->kind)) + ": " +
           std::string(ReasonPhrase(moment.cause)) + " (" + std::string(model::ReasonName(moment.cause)) + ")\n";
  }
  for (const std::string& observed : moment.observed) out += indent + "observed: " + EscapeTerminal(observed) + "\n";
  EventTextOptions events;
  events.color = options.color;
  for (const model::Event* event : moment.events) out += indent + EventLine(*event, events) + "\n";
  return out;
}

void WriteMoment(const Moment& moment, JsonWriter& json) {
  json.BeginObject();
  json.Field("what", HappeningName(moment.what));
  json.RawField("commit", CommitJson(moment.version->commit));
  if (moment.action) {
    json.Field("action", model::ActionKindName(moment.action->kind));
    json.Field("reason", model::ReasonName(moment.cause));
  }
  if (!moment.observed.empty()) json.Strings("observed", moment.observed);
  if (!moment.events.empty()) {
    json.Key("events");
    json.BeginArray();
    for (const model::Event* event : moment.events) json.Raw(EventJson(*event));
    json.EndArray();
  }
  json.EndObject();
}

}  // namespace

std::string BlameText(const ports::NodeTrace& trace, const std::vector<model::Event>& events,
                      const LogTextOptions& options) {
  const std::vector<NodeStory> stories = NodeStories(trace, events);
  std::string out = Paint(options.color, Color::kBold,
                          EscapeTerminal(trace.node.Display()) + ": " + base::Count(stories.size(), "incarnation") +
                              " in the versions from serial " + std::to_string(trace.oldest_serial) + " on") +
                    "\n";
  for (const NodeStory& story : stories) {
    out += "\n" + Paint(options.color, Color::kYellow, Heading(story)) + "\n";
    for (const Moment& moment : story.moments) out += MomentText(moment, story, options);
  }
  return out;
}

std::string BlameJson(const ports::NodeTrace& trace, const std::vector<model::Event>& events) {
  std::string text;
  const Sink sink = [&text](std::string_view piece) { text.append(piece); };
  JsonWriter json(sink);
  json.BeginObject();
  json.Field("node", trace.node.Display());
  json.Field("group", trace.node.group);
  json.Field("slot", trace.node.slot.Key());
  json.Field("oldestSerial", trace.oldest_serial);
  json.Key("incarnations");
  json.BeginArray();
  for (const NodeStory& story : NodeStories(trace, events)) {
    json.BeginObject();
    json.Field("incarnation", story.incarnation);
    json.Field("state", PhaseOf(story));
    json.OptionalField("instance", story.row.instance_id);
    json.OptionalField("address", story.row.address);
    if (!story.row.revision.IsZero()) json.Field("revision", base::ToHex(story.row.revision));
    json.Key("moments");
    json.BeginArray();
    for (const Moment& moment : story.moments) WriteMoment(moment, json);
    json.EndArray();
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  json.Finish();
  return text;
}

}  // namespace kadende::cli
