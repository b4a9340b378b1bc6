#include "cli/commands/hold.h"

#include <algorithm>
#include <optional>

#include "cli/find_node.h"
#include "engine/base/text.h"
#include "engine/plan/holds.h"

namespace kadende::cli {
namespace {

constexpr base::TimePoint kNever{};
constexpr base::Millis kShortest = std::chrono::seconds(1);

// What is to be held: a group, or a slot of it.
struct Target {
  std::string group;
  std::string slot_key;  // empty: the whole group
  std::uint32_t incarnation = 0;
  std::string instance_id;

  [[nodiscard]] std::string Display() const { return slot_key.empty() ? group : group + "[" + slot_key + "]"; }
};

// A group by its path, else a node. A hold outlives its node, so what is held already is found as well.
base::Result<Target> FindTarget(const model::ClusterState& state, const std::string& text) {
  const auto group = state.groups.find(text);
  if (group != state.groups.end() && (IsInForce(group->second.record) || !group->second.record.holds.empty())) {
    return Target{text, {}, 0, {}};
  }
  for (const auto& [path, known] : state.groups) {
    for (const model::Hold& hold : known.record.holds) {
      if (!hold.slot_key.empty() && plan::HeldName(path, hold) == text) return Target{path, hold.slot_key, 0, {}};
    }
  }
  auto node = FindNode(state, text);
  if (node) return Target{node->group, node->record.slot.Key(), node->record.incarnation, node->record.instance_id};
  std::vector<std::string> paths;
  for (const auto& [path, known] : state.groups) {
    if (IsInForce(known.record)) paths.push_back(path);
  }
  base::Error error = std::move(node.error());
  error.message = "cluster `" + state.cluster.name + "` has no node or group `" + text + "`";
  if (auto nearest = base::Nearest(text, paths)) {
    error.message += "; did you mean `" + *nearest + "`?";
  } else {
    error.message += "; `kadende nodes` lists them";
  }
  return tl::unexpected(std::move(error));
}

// The moment at which it is to lapse; never where none was asked for.
base::Result<base::TimePoint> UntilOf(const HoldOptions& options, base::TimePoint now) {
  const auto refuse = [](std::string why) { return base::Fail(base::ErrorCode::kInvalid, std::move(why)); };
  if (options.duration != HoldOptions::kNotGiven && !options.until.empty()) return refuse("--for or --until, not both");
  if (options.duration != HoldOptions::kNotGiven) {
    if (options.duration < kShortest) return refuse("--for must be at least 1s");
    return now + options.duration;
  }
  if (options.until.empty()) return kNever;
  const auto until = base::ParseRfc3339(options.until);
  if (!until) return refuse("--until must be a time as 2026-11-22T18:00:00Z, and `" + options.until + "` is none");
  if (*until <= now) return refuse("--until is over: it is " + base::FormatRfc3339(now) + " now");
  return *until;
}

// kInvalid for a word that is no process.
base::Result<model::Processes> OnlyOf(const std::string& text) {
  model::Processes only;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string word(rest.substr(0, rest.find(',')));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    const auto process = model::ParseProcess(word);
    if (!process) {
      return base::Fail(base::ErrorCode::kInvalid, "--only takes " +
                                                       base::Join(model::ProcessNames({model::kAllProcesses}), ", ") +
                                                       ", separated by commas, and `" + word + "` is none of them");
    }
    only.Add(*process);
  }
  return only;
}

model::StateChanges Changes(const model::ClusterState& state, const Target& target, model::GroupRecord record,
                            model::EventKind kind, std::string message, base::TimePoint now) {
  model::Event event;
  event.time = now;
  event.kind = kind;
  event.reason = model::Reason::kRequested;
  event.cluster = state.cluster.name;
  event.group = target.group;
  event.slot_key = target.slot_key;
  event.incarnation = target.incarnation;
  event.instance_id = target.instance_id;
  event.actor = Actor();
  event.message = std::move(message);
  return {model::GroupRecorded{std::move(record)}, model::EventRecorded{std::move(event)}};
}

// What one command came to.
struct Done {
  Target target;
  std::optional<model::Hold> before;  // of the target itself, in force
  std::optional<model::Hold> after;
  std::optional<model::Hold> of_group;  // where the target is a node: its group's
  std::size_t of_nodes = 0;             // where the target is a group: its nodes'
  bool changed = false;
};

// One command under the lock: reads the group's holds, puts or takes the one that is meant.
class Orders {
 public:
  Orders(const HoldOptions& options, base::TimePoint until, model::Processes only, SystemClock& clock, Done& done)
      : options_(options), until_(until), only_(only), clock_(clock), done_(done) {}

  base::Result<model::StateChanges> Put(const model::ClusterState& state) {
    auto record = Look(state);
    if (!record) return tl::unexpected(std::move(record.error()));
    model::Hold hold{done_.target.slot_key, Actor(), options_.reason, now_, until_, only_};
    const std::optional<model::Hold>& before = done_.before;
    if (before && before->owner == hold.owner && before->reason == hold.reason && before->until == hold.until &&
        before->only == hold.only) {
      done_.after = before;
      return model::StateChanges{};
    }
    done_.after = hold;
    done_.changed = true;
    Take(*record);
    const auto place = std::find_if(record->holds.begin(), record->holds.end(),
                                    [&](const model::Hold& other) { return other.slot_key > hold.slot_key; });
    record->holds.insert(place, hold);
    return Changes(state, done_.target, std::move(*record), model::EventKind::kHeld,
                   done_.target.Display() + " is " + plan::HoldSentence(hold), now_);
  }

  base::Result<model::StateChanges> TakeBack(const model::ClusterState& state) {
    auto record = Look(state);
    if (!record) return tl::unexpected(std::move(record.error()));
    if (!done_.before) return model::StateChanges{};
    done_.changed = true;
    Take(*record);
    return Changes(state, done_.target, std::move(*record), model::EventKind::kUnheld,
                   done_.target.Display() + " is no longer held; it was " + plan::HoldSentence(*done_.before), now_);
  }

 private:
  base::Result<model::GroupRecord> Look(const model::ClusterState& state) {
    auto target = FindTarget(state, options_.target);
    if (!target) return tl::unexpected(std::move(target.error()));
    now_ = clock_.Now();
    done_ = {};
    done_.target = std::move(*target);
    const model::GroupRecord& record = state.groups.at(done_.target.group).record;
    for (const model::Hold& hold : record.holds) {
      if (!plan::IsInForce(hold, now_)) continue;
      if (hold.slot_key == done_.target.slot_key) {
        done_.before = hold;
      } else if (hold.slot_key.empty()) {
        done_.of_group = hold;
      } else if (done_.target.slot_key.empty()) {
        ++done_.of_nodes;
      }
    }
    return record;
  }

  // The old one, and what has lapsed; the event of a lapsed one is told by who plans next, unless it is this one.
  void Take(model::GroupRecord& record) const {
    std::erase_if(record.holds, [&](const model::Hold& hold) { return hold.slot_key == done_.target.slot_key; });
  }

  const HoldOptions& options_;
  const base::TimePoint until_;
  const model::Processes only_;
  SystemClock& clock_;
  Done& done_;
  base::TimePoint now_{};
};

std::string Json(const Done& done) {
  std::string text = "{\"type\":\"hold\",\"group\":" + base::QuoteJson(done.target.group);
  if (!done.target.slot_key.empty()) text += ",\"node\":" + base::QuoteJson(done.target.Display());
  text += std::string(",\"held\":") + (done.after ? "true" : "false");
  if (done.after) {
    text += ",\"owner\":" + base::QuoteJson(done.after->owner) + ",\"reason\":" + base::QuoteJson(done.after->reason);
    if (!done.after->only.empty()) {
      text += ",\"only\":[\"" + base::Join(model::ProcessNames(done.after->only), "\",\"") + "\"]";
    }
    if (done.after->until != kNever) text += ",\"until\":\"" + base::FormatRfc3339(done.after->until, true) + "\"";
  }
  return text + ",\"changed\":" + (done.changed ? "true" : "false") + "}";
}

std::vector<std::string> HoldText(const Done& done) {
  std::vector<std::string> lines;
  const std::string what = done.target.Display();
  lines.push_back(what + (done.changed ? " is " : " is already ") + plan::HoldSentence(*done.after) + ".");
  if (done.before && done.changed) lines.push_back("Before, it was " + plan::HoldSentence(*done.before) + ".");
  const std::string which = base::Join(model::ProcessNames(done.after->only), ", ");
  lines.push_back((which.empty() ? std::string("Nothing of it is created, changed or destroyed")
                                 : "Forbidden is " + which + ", with all that needs it") +
                  ", by watch or by apply, until " +
                  (done.after->until == kNever ? "" : base::FormatRfc3339(done.after->until) + " or ") +
                  "`kadende unhold " + what + "`.");
  return lines;
}

std::vector<std::string> UnholdText(const Done& done) {
  std::vector<std::string> lines;
  const std::string what = done.target.Display();
  if (done.changed) {
    lines.push_back(what + " is no longer held; it was " + plan::HoldSentence(*done.before) + ".");
  } else {
    lines.push_back(what + " is not held.");
  }
  if (done.of_group) {
    lines.push_back("Its group " + done.target.group +
                    " still is, and so is all in it: " + plan::HoldSentence(*done.of_group) + ".");
  }
  if (done.of_nodes > 0) {
    lines.push_back(base::Count(done.of_nodes, "node") + " of it " + (done.of_nodes == 1 ? "is" : "are") +
                    " still held; `kadende nodes --group " + what + "` shows which.");
  }
  return lines;
}

int Run(const HoldOptions& options, Console& console, bool put) {
  auto opened = OpenCluster(console, true, options.cluster);
  if (!opened) return console.Fail(opened.error());
  auto state = LoadShared(*opened, console);
  if (!state) return console.Fail(state.error());
  auto target = FindTarget(*state, options.target);
  if (!target) return console.Fail(target.error());
  auto until = UntilOf(options, opened->session->clock().Now());
  if (!until) return console.Fail(until.error());
  auto only = OnlyOf(options.only);
  if (!only) return console.Fail(only.error());

  Done done;
  Orders orders(options, *until, *only, opened->session->clock(), done);
  apply::EditRequest edit;
  edit.group = target->group;
  edit.subject = std::string(put ? "hold " : "unhold ") + opened->cluster.name + ": " + target->Display();
  if (put) edit.subject += ": " + options.reason;
  edit.change = [&](const model::ClusterState& now) { return put ? orders.Put(now) : orders.TakeBack(now); };
  return EditCluster(*opened, options, console, std::move(edit), [&] {
    return EditReport{Json(done), put ? HoldText(done) : UnholdText(done)};
  });
}

void DefineBoth(CommandSetup& setup, HoldOptions& options, const std::string& help) {
  setup.Add({"NODE|GROUP", "", help, {}, true}, &options.target);
  DefineEdit(setup, options);
}

}  // namespace

void DefineHold(CommandSetup& setup, HoldOptions& options) {
  DefineBoth(setup, options, "What is to be left alone: a node, as web[0] or web-0, or a whole group");
  setup.Add({"--reason", "TEXT", "Why, for plans, events and history", {}, true}, &options.reason);
  setup.Add({"--for", "DURATION", "It lapses by itself after this long; default: only by `unhold`", {}, false},
            &options.duration);
  setup.Add({"--only",
             "LIST",
             "Forbid only some of it, comma-separated: create, destroy, health, remediate, rollout, scale_in, replace",
             {},
             false},
            &options.only);
  setup.Add({"--until", "TIME", "It lapses by itself then, as 2026-11-22T18:00:00Z", {}, false}, &options.until);
}

void DefineUnhold(CommandSetup& setup, HoldOptions& options) {
  DefineBoth(setup, options, "What is held: a node, as web[0] or web-0, or a group");
}

int RunHold(const HoldOptions& options, Console& console) {
  if (options.reason.empty()) return console.Fail("--reason must not be empty");
  return Run(options, console, true);
}

int RunUnhold(const HoldOptions& options, Console& console) {
  return Run(options, console, false);
}

}  // namespace kadende::cli
