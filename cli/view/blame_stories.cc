// From versions of a node's rows to what happened to each incarnation, and why.
#include <algorithm>
#include <map>
#include <utility>

#include "cli/view/blame_text.h"

namespace kadende::cli {
namespace {

using model::ActionKind;
using model::NodePhase;
using model::NodeRecord;
using model::Reason;
using ports::NodeVersion;
using Rows = std::map<std::uint32_t, const NodeRecord*>;  // by incarnation

constexpr std::size_t kMostEvents = 5;

Rows RowsOf(const NodeVersion& version) {
  Rows rows;
  for (const NodeRecord& row : version.rows) rows[row.incarnation] = &row;
  return rows;
}

const NodeRecord* Find(const Rows& rows, std::uint32_t incarnation) {
  const auto found = rows.find(incarnation);
  return found == rows.end() ? nullptr : found->second;
}

// What became of one incarnation between two versions; nothing where all is as it was.
std::optional<Happening> Between(const NodeRecord* before, const NodeRecord* after) {
  const bool was = before != nullptr && before->phase != NodePhase::kTombstone;
  const bool is = after != nullptr && after->phase != NodePhase::kTombstone;
  if (!was && !is) return before == nullptr && after != nullptr ? std::optional(Happening::kFailed) : std::nullopt;
  if (!was) return Happening::kMade;
  if (!is) return Happening::kGone;
  if (before->phase != after->phase) return Happening::kGivenUp;
  if (before->tainted != after->tainted) return after->tainted ? Happening::kTainted : Happening::kUntainted;
  return Happening::kChanged;
}

// The actions that bring such a moment about.
bool Fits(ActionKind kind, Happening what) {
  switch (what) {
    case Happening::kKnown:
    case Happening::kTainted:
    case Happening::kUntainted:
      return false;
    case Happening::kMade:
    case Happening::kFailed:
      return kind == ActionKind::kCreate || kind == ActionKind::kAdopt;
    case Happening::kGivenUp:
    case Happening::kGone:
      return kind == ActionKind::kDestroy || kind == ActionKind::kForget;
    case Happening::kChanged:
      return kind == ActionKind::kUpdate;
  }
  return false;
}

void Explain(std::uint32_t incarnation, const model::NodePlan& plan, NodeStory::Moment& moment) {
  for (const model::PlannedAction& action : plan.actions) {
    if (action.incarnation == incarnation && Fits(action.kind, moment.what)) moment.action = action;
  }
  if (moment.action) moment.cause = moment.action->reason;
  const bool ends = moment.what == Happening::kGivenUp || moment.what == Happening::kGone;
  if (ends && (!moment.action || moment.cause == Reason::kReplaced)) {
    for (const model::PlannedAction& action : plan.actions) {
      if (action.kind != ActionKind::kCreate) continue;
      moment.cause = action.reason;
      if (!moment.action) moment.action = action;
    }
  }
  if (moment.what != Happening::kTainted && moment.what != Happening::kUntainted) moment.observed = plan.observed;
}

// What led to a moment, beside what its own run noted.
bool IsCause(model::EventKind kind) {
  using model::EventKind;
  return kind == EventKind::kNodeUnhealthy || kind == EventKind::kNodeGone || kind == EventKind::kNodeTainted ||
         kind == EventKind::kNodeUntainted || kind == EventKind::kCreateFailed;
}

class Teller {
 public:
  Teller(const ports::NodeTrace& trace, const std::vector<model::Event>& events) : trace_(trace), events_(events) {}

  std::vector<NodeStory> Tell() {
    Rows before;
    for (auto version = trace_.versions.rbegin(); version != trace_.versions.rend(); ++version) {
      Rows after = RowsOf(*version);
      Compare(*version, before, after);
      before = std::move(after);
      since_ = version->commit.time;
    }
    std::vector<NodeStory> stories;
    for (auto story = stories_.rbegin(); story != stories_.rend(); ++story) {
      if (!story->second.moments.empty()) stories.push_back(std::move(story->second));
    }
    return stories;
  }

 private:
  void Compare(const NodeVersion& version, const Rows& before, const Rows& after) {
    std::map<std::uint32_t, bool> incarnations;
    for (const auto& [incarnation, row] : before) incarnations[incarnation];
    for (const auto& [incarnation, row] : after) incarnations[incarnation];
    std::optional<model::NodePlan> plan;  // read where something happened
    for (const auto& [incarnation, unused] : incarnations) {
      const NodeRecord* from = Find(before, incarnation);
      const NodeRecord* to = Find(after, incarnation);
      const bool same = from != nullptr && to != nullptr && from->phase == to->phase &&
                        from->instance_id == to->instance_id && from->address == to->address &&
                        from->tainted == to->tainted && from->attributes == to->attributes &&
                        from->revision == to->revision;
      NodeStory& story = stories_[incarnation];
      story.incarnation = incarnation;
      if (to != nullptr && (to->phase != NodePhase::kTombstone || from == nullptr)) story.row = *to;
      const auto what = same ? std::nullopt : Between(from, to);
      if (!what) continue;
      NodeStory::Moment moment;
      moment.what = from == nullptr && IsOldest(version) ? Happening::kKnown : *what;
      moment.version = &version;
      if (!plan) plan = model::ReadNodePlan(version.plan, version.group, trace_.node.slot);
      if (moment.what != Happening::kKnown) Explain(incarnation, *plan, moment);
      moment.events = EventsOf(version, incarnation);
      story.moments.push_back(std::move(moment));
    }
  }

  // What it has was made in an earlier version that is not kept.
  [[nodiscard]] bool IsOldest(const NodeVersion& version) const {
    return version.commit.serial == trace_.oldest_serial && trace_.oldest_serial > 1;
  }

  [[nodiscard]] std::vector<const model::Event*> EventsOf(const NodeVersion& version, std::uint32_t incarnation) const {
    const auto run = version.commit.trailers.find("Kadende-Run");
    std::vector<const model::Event*> found;
    for (const model::Event& event : events_) {
      if (event.incarnation != incarnation) continue;
      const bool of_run = run != version.commit.trailers.end() && event.run_id == run->second;
      // A commit's time has no milliseconds.
      const bool led_to = IsCause(event.kind) && event.run_id.empty() && event.time > since_ &&
                          event.time < version.commit.time + std::chrono::seconds(1);
      if (of_run || led_to) found.push_back(&event);
    }
    if (found.size() > kMostEvents) found.erase(found.begin(), found.end() - kMostEvents);
    return found;
  }

  const ports::NodeTrace& trace_;
  const std::vector<model::Event>& events_;
  std::map<std::uint32_t, NodeStory> stories_;
  base::TimePoint since_{};  // of the version before
};

}  // namespace

std::string_view HappeningName(Happening what) {
  switch (what) {
    case Happening::kKnown:
      return "known";
    case Happening::kMade:
      return "made";
    case Happening::kFailed:
      return "failed";
    case Happening::kGivenUp:
      return "given_up";
    case Happening::kGone:
      return "gone";
    case Happening::kTainted:
      return "tainted";
    case Happening::kUntainted:
      return "untainted";
    case Happening::kChanged:
      return "changed";
  }
  return "";
}

std::vector<NodeStory> NodeStories(const ports::NodeTrace& trace, const std::vector<model::Event>& events) {
  return Teller(trace, events).Tell();
}

}  // namespace kadende::cli
