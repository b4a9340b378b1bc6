#include "engine/plan/rollout.h"

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "engine/base/json.h"
#include "engine/model/expression.h"

namespace kadende::plan {
namespace {

using model::Action;
using model::ActionId;
using model::ActionKind;
using model::Reason;

Action MakeAction(ActionKind kind, std::uint32_t group, const NodeChange& change) {
  Action action;
  action.kind = kind;
  action.reason = change.reason;
  action.group = group;
  action.slot = change.slot;
  action.incarnation = change.incarnation;
  action.from_revision = change.from_revision;
  action.to_revision = change.to_revision;
  action.settle = change.settle;
  if (kind != ActionKind::kCreate) action.instance_id = change.instance_id;
  return action;
}

Action OldHalf(std::uint32_t group, const NodeChange& change) {
  Action action = MakeAction(ActionKind::kDestroy, group, change);
  action.incarnation = change.old_incarnation;
  action.to_revision = model::kNoRevision;
  action.replace = true;
  action.settle = false;
  return action;
}

Action NewHalf(std::uint32_t group, const NodeChange& change) {
  Action action = MakeAction(ActionKind::kCreate, group, change);
  action.replace = true;
  return action;
}

using model::RolloutStrategy;

std::uint32_t Lanes(const model::GroupTarget& target, const OrderOptions& options) {
  const model::RolloutPolicy& rollout = target.policy.rollout;
  const bool at_once =
      rollout.strategy == RolloutStrategy::kRecreate || rollout.strategy == RolloutStrategy::kBlueGreen;
  if (at_once && !options.heal_only) return std::numeric_limits<std::uint32_t>::max();
  const bool destroy_first = options.destroy_first;
  const std::uint32_t lanes =
      destroy_first ? rollout.max_unavailable.RoundDown(target.size) : rollout.max_surge.RoundUp(target.size);
  return std::max<std::uint32_t>(lanes, 1);
}

class GroupOrder {
 public:
  GroupOrder(GraphBuilder& builder, std::uint32_t group, const GroupDiff& diff, const model::GroupTarget& target,
             const OrderOptions& options)
      : builder_(builder),
        group_(group),
        diff_(diff),
        lanes_(Lanes(target, options)),
        destroy_first_(options.destroy_first),
        strategy_(options.heal_only ? RolloutStrategy::kRolling : target.policy.rollout.strategy),
        pauses_(!options.heal_only && target.policy.rollout.pause > base::Millis(0)),
        gated_by_health_(!options.heal_only &&
                         (!target.policy.checks.empty() || target.policy.Bake() > base::Millis(0))) {}

  GroupActions Run() {
    for (const NodeChange& change : diff_.changes) Add(change);
    LetGo();
    AddLanes();
    if (strategy_ == RolloutStrategy::kBlueGreen) GoTogether();
    if (strategy_ == RolloutStrategy::kRecreate) ComeTogether();
    Bounds();
    return std::move(result_);
  }

 private:
  struct Pair {
    const NodeChange* change = nullptr;
    ActionId first = 0;
    ActionId last = 0;
    ActionId destroy = 0;
    ActionId create = 0;   // not of what lets go
    ActionId there = 0;    // the new node is there, and well where that is waited for
    bool lets_go = false;  // of what an earlier run replaced: nothing is made
    bool surges = true;    // makes one more before an old one goes
  };
  // What was replaced by an earlier run, and goes once its successor is healthy.
  struct Replaced {
    ActionId destroy = 0;
    const NodeChange* change = nullptr;
  };

  void Add(const NodeChange& change) {
    if (leaving_of_ != change.slot.ordinal) {
      LetGo();
      leaving_.clear();
      last_of_.clear();
    }
    leaving_of_ = change.slot.ordinal;
    switch (change.kind) {
      case ChangeKind::kForget:
        leaving_.push_back(builder_.Add(MakeAction(ActionKind::kForget, group_, change)));
        break;
      case ChangeKind::kDestroy:
        AddDestroy(change);
        if (gated_by_health_ && change.successor != 0) replaced_.push_back({leaving_.back(), &change});
        if (change.in_dependency_order) result_.removals.push_back(leaving_.back());
        if (change.old_counts) ++lost_;
        break;
      case ChangeKind::kAdopt:
        result_.creations.push_back(builder_.Add(MakeAction(ActionKind::kAdopt, group_, change)));
        break;
      case ChangeKind::kCreate:
        AddCreate(change);
        break;
      case ChangeKind::kReplace:
        AddReplace(change);
        break;
      case ChangeKind::kConfigure:
        AddConfigure(change);
        break;
      case ChangeKind::kUpdate:
        result_.creations.push_back(builder_.Add(MakeAction(ActionKind::kUpdate, group_, change)));
        break;
    }
  }

  // Several instances of one incarnation share an intent, so they go one after another.
  void AddDestroy(const NodeChange& change) {
    const ActionId destroy = builder_.Add(MakeAction(ActionKind::kDestroy, group_, change));
    const auto before = last_of_.find(change.incarnation);
    if (before != last_of_.end()) builder_.Wait(destroy, before->second);
    last_of_[change.incarnation] = destroy;
    leaving_.push_back(destroy);
  }

  // What it replaced stays until it is configured.
  void AddConfigure(const NodeChange& change) {
    const ActionId hook = builder_.Add(MakeAction(ActionKind::kHook, group_, change));
    for (const ActionId before : leaving_) builder_.Wait(before, hook);
    result_.creations.push_back(hook);
  }

  void AddCreate(const NodeChange& change) {
    const ActionId create = builder_.Add(MakeAction(ActionKind::kCreate, group_, change));
    if (change.waits_for_slot) {
      for (const ActionId before : leaving_) builder_.Wait(create, before);
    }
    // A settled create makes what is counted already: an instance that may exist.
    if (!change.settle) ++more_;
    if (change.reason != Reason::kSizeUp) restored_.push_back(create);
    result_.creations.push_back(create);
    result_.starters.push_back(create);
  }

  void AddReplace(const NodeChange& change) {
    // A successor that is replaced itself goes before its own successor comes: a slot never has three instances, and
    // what it replaced stays until one is healthy.
    const bool destroy_first = destroy_first_ || !replaced_.empty();
    Pair pair{.change = &change};
    if (destroy_first) pair.first = pair.destroy = builder_.Add(OldHalf(group_, change));
    const ActionId create = pair.create = builder_.Add(NewHalf(group_, change));
    ActionId there = create;
    if (destroy_first) {
      builder_.Wait(create, pair.destroy);
      if (!destroy_first_ && change.old_counts) ++lost_;
    } else {
      pair.first = create;
    }
    if (gated_by_health_) there = AddGate(change.slot, change.incarnation, {create});
    pair.last = pair.there = there;
    if (!destroy_first && !change.keeps_old) {
      pair.last = pair.destroy = builder_.Add(OldHalf(group_, change));
      builder_.Wait(pair.destroy, there);
    }
    const auto before = last_of_.find(change.old_incarnation);
    if (before != last_of_.end() && (destroy_first || !change.keeps_old)) builder_.Wait(pair.destroy, before->second);
    for (const Replaced& replaced : std::exchange(replaced_, {})) {
      builder_.Wait(replaced.destroy, pair.last);
      pair.last = replaced.destroy;
      pair.surges = false;
    }
    result_.creations.push_back(there);
    result_.starters.push_back(pair.first);
    if (change.old_exists) {
      pairs_.push_back(pair);
      return;
    }
    // Provably gone: brought back at once, its remains are cleared away beside.
    if (!change.settle) ++more_;
    restored_.push_back(create);
  }

  // What an earlier run replaced waits for the successor that it has, unless that is replaced in turn. Until then it
  // takes up a lane: it is what that run made one more for.
  void LetGo() {
    for (const Replaced& replaced : std::exchange(replaced_, {})) {
      const ActionId destroy = replaced.destroy;
      const ActionId there = AddGate(replaced.change->slot, replaced.change->successor, {});
      builder_.Wait(destroy, there);
      if (destroy_first_) continue;
      pairs_.push_back({.change = replaced.change,
                        .first = destroy,
                        .last = destroy,
                        .destroy = destroy,
                        .there = there,
                        .lets_go = true,
                        .surges = false});
    }
  }

  ActionId AddGate(const model::Slot& slot, std::uint32_t incarnation, std::initializer_list<ActionId> after) {
    Action gate;
    gate.kind = ActionKind::kGate;
    gate.reason = Reason::kReplaced;
    gate.group = group_;
    gate.slot = slot;
    gate.incarnation = incarnation;
    const ActionId id = builder_.Add(std::move(gate));
    for (const ActionId before : after) builder_.Wait(id, before);
    return id;
  }

  // What takes up a lane already, then what is broken (it costs nothing), then what may exist already, then by slot.
  void AddLanes() {
    std::stable_sort(pairs_.begin(), pairs_.end(), [](const Pair& a, const Pair& b) {
      if (a.lets_go != b.lets_go) return a.lets_go;
      if (a.change->old_counts != b.change->old_counts) return !a.change->old_counts;
      return a.change->settle && !b.change->settle;
    });
    for (std::size_t i = lanes_; i < pairs_.size(); ++i) {
      if (pairs_[i].lets_go) continue;
      const ActionId before = pairs_[i - lanes_].last;
      builder_.Wait(pairs_[i].first, pauses_ ? AddPause({before}) : before);
    }
    if (destroy_first_) HoldUntilRestored();
  }

  // A gate of the whole group that waits for rollout.pause (apply/health_gate.h).
  ActionId AddPause(std::initializer_list<ActionId> after) {
    Action gate;
    gate.kind = ActionKind::kGate;
    gate.reason = Reason::kReplaced;
    gate.group = group_;
    const ActionId id = builder_.Add(std::move(gate));
    for (const ActionId before : after) builder_.Wait(id, before);
    return id;
  }

  // Blue-green: no old node goes before every new one is there and well.
  void GoTogether() {
    if (pairs_.empty()) return;
    const ActionId all = AddPause({});
    for (const Pair& pair : pairs_) {
      builder_.Wait(all, pair.there);
      if (pair.lets_go || !pair.change->keeps_old) builder_.Wait(pair.destroy, all);
    }
  }

  // Recreate: no new node comes before every old one is gone.
  void ComeTogether() {
    if (pairs_.empty()) return;
    const ActionId all = AddPause({});
    for (const Pair& pair : pairs_) {
      builder_.Wait(all, pair.destroy);
      if (!pair.lets_go) builder_.Wait(pair.create, all);
    }
  }

  // Taking a healthy node away while others are still missing would go below what maxUnavailable allows.
  void HoldUntilRestored() {
    const std::size_t heads = std::min<std::size_t>(lanes_, pairs_.size());
    std::vector<ActionId> waiting;
    for (std::size_t i = 0; i < heads; ++i) {
      if (pairs_[i].change->old_counts) waiting.push_back(pairs_[i].destroy);
    }
    held_heads_ = static_cast<std::uint32_t>(waiting.size());
    if (waiting.empty() || restored_.empty()) return;
    Action gate;
    gate.kind = ActionKind::kGate;
    gate.reason = Reason::kMissing;
    gate.group = group_;
    const ActionId id = builder_.Add(std::move(gate));
    for (const ActionId create : restored_) builder_.Wait(id, create);
    for (const ActionId destroy : waiting) builder_.Wait(destroy, id);
    gated_ = static_cast<std::uint32_t>(restored_.size());
  }

  void Bounds() {
    // Launch-first never lowers the number of live slots; a destroy-first lane lowers it by one while its head is a
    // healthy node, but only after all that was gone has been restored.
    std::uint32_t lowest = diff_.live;
    if (destroy_first_ && held_heads_ > gated_) lowest -= std::min(lowest, held_heads_ - gated_);
    result_.lowest_live = lowest - std::min(lowest, lost_);
    result_.highest_total = diff_.total + more_ + SurgeOfLanes();
  }

  // One more per lane, unless its head makes what is counted as possible already: then an old instance goes before
  // the lane makes the next one.
  [[nodiscard]] std::uint32_t SurgeOfLanes() const {
    if (destroy_first_) return 0;
    const auto heads = pairs_.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(lanes_, pairs_.size()));
    return static_cast<std::uint32_t>(
        std::count_if(pairs_.begin(), heads, [](const Pair& pair) { return pair.surges && !pair.change->settle; }));
  }

  GraphBuilder& builder_;
  const std::uint32_t group_;
  const GroupDiff& diff_;
  const std::uint32_t lanes_;
  const bool destroy_first_;
  const RolloutStrategy strategy_;
  const bool pauses_;
  const bool gated_by_health_;
  GroupActions result_;
  std::vector<Pair> pairs_;
  std::vector<ActionId> leaving_;              // what leaves the slot at hand
  std::map<std::uint32_t, ActionId> last_of_;  // of these the last destroy, by incarnation
  std::optional<std::uint32_t> leaving_of_;
  std::vector<Replaced> replaced_;  // of the slot at hand
  std::vector<ActionId> restored_;  // creates of what was gone before
  std::uint32_t lost_ = 0;          // healthy nodes that leave for good
  std::uint32_t more_ = 0;          // creates that wait for nothing of theirs
  std::uint32_t held_heads_ = 0;
  std::uint32_t gated_ = 0;
};

// The first property, by path, that names the node it belongs to.
std::optional<std::string> IdentityUse(const base::Json& value, const std::string& path) {
  if (value.is_string()) {
    auto references = model::InspectText(value.get_ref<const std::string&>());
    if (!references) return std::nullopt;
    if (references->node_name) return path + " uses node.name";
    if (references->node_ordinal) return path + " uses node.ordinal";
  } else if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      if (auto use = IdentityUse(member, path.empty() ? key : path + "." + key)) return use;
    }
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (auto use = IdentityUse(value[i], path + "[" + std::to_string(i) + "]")) return use;
    }
  }
  return std::nullopt;
}

}  // namespace

ReplaceOrdering DecideOrder(const model::GroupTarget& target, const model::RevisionRecord& revision,
                            const model::Manifest& manifest) {
  const model::RolloutPolicy& rollout = target.policy.rollout;
  if (rollout.strategy == RolloutStrategy::kRecreate) return {true, "rollout.strategy is recreate"};
  const bool may_surge = rollout.max_surge.RoundUp(target.size) > 0 || rollout.strategy == RolloutStrategy::kBlueGreen;
  if (rollout.order == model::ReplaceOrder::kDestroyFirst) return {true, "rollout.order says so"};
  if (!may_surge && target.size > 0) return {true, "rollout.maxSurge is 0"};
  if (rollout.order == model::ReplaceOrder::kLaunchFirst) return {};
  if (!target.logical_ids.empty()) return {true, "its nodes have logical ids"};
  auto properties = base::ParseJson(revision.properties);
  if (!properties || !properties->is_object()) return {};
  if (auto use = IdentityUse(*properties, "")) return {true, *use};
  for (const std::string& key : manifest.exclusive_properties) {
    if (properties->contains(key)) return {true, key + " can be had by one instance at a time only"};
  }
  return {};
}

GroupActions AddGroup(GraphBuilder& builder, std::uint32_t group, const GroupDiff& diff,
                      const model::GroupTarget& target, const OrderOptions& options) {
  return GroupOrder(builder, group, diff, target, options).Run();
}

void AddDependencies(GraphBuilder& builder, const std::vector<GroupActions>& groups,
                     const std::vector<Dependency>& dependencies) {
  std::vector<std::optional<ActionId>> created(groups.size());
  std::vector<std::optional<ActionId>> removed(groups.size());
  const auto gate_of = [&](std::uint32_t group, const std::vector<ActionId>& awaited, std::optional<ActionId>& gate) {
    if (gate) return *gate;
    Action action;
    action.kind = ActionKind::kGate;
    action.reason = Reason::kDependency;
    action.group = group;
    gate = builder.Add(std::move(action));
    for (const ActionId id : awaited) builder.Wait(*gate, id);
    return *gate;
  };
  for (const Dependency& dependency : dependencies) {
    const GroupActions& self = groups[dependency.group];
    for (const std::uint32_t other : dependency.creates_after) {
      if (self.starters.empty() || groups[other].creations.empty()) continue;
      const ActionId gate = gate_of(other, groups[other].creations, created[other]);
      for (const ActionId id : self.starters) builder.Wait(id, gate);
    }
    for (const std::uint32_t other : dependency.removes_after) {
      if (self.removals.empty() || groups[other].removals.empty()) continue;
      const ActionId gate = gate_of(other, groups[other].removals, removed[other]);
      for (const ActionId id : self.removals) builder.Wait(id, gate);
    }
  }
}

}  // namespace kadende::plan
