#include "engine/plan/assemble.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "engine/base/text.h"
#include "engine/plan/approval.h"
#include "engine/plan/diff.h"
#include "engine/plan/group_facts.h"
#include "engine/plan/holds.h"
#include "engine/plan/landing.h"
#include "engine/plan/policy_diff.h"
#include "engine/plan/refusals.h"
#include "engine/plan/revision_change.h"
#include "engine/plan/rollout.h"

namespace kadende::plan {
namespace {

using model::ActionKind;
using model::Reason;

std::uint32_t FloorOf(const model::GroupState& group) {
  std::uint32_t floor = group.record.incarnation_floor;
  for (const auto& [key, row] : group.nodes) floor = std::max(floor, key.incarnation);
  return floor;
}

void Count(const model::Action& action, model::ChangeCounts& counts) {
  switch (action.kind) {
    case ActionKind::kCreate:
      ++(action.replace ? counts.replace : counts.create);
      break;
    case ActionKind::kDestroy:
      if (!action.replace) ++counts.destroy;
      if (action.reason == Reason::kStray) ++counts.strays;
      break;
    case ActionKind::kUpdate:
    case ActionKind::kAdopt:
    case ActionKind::kHook:
    case ActionKind::kRestart:
      ++counts.update;
      break;
    case ActionKind::kGate:
    case ActionKind::kDrain:
    case ActionKind::kForget:
    case ActionKind::kSet:
      break;
  }
}

void Add(const model::ChangeCounts& from, model::ChangeCounts& to) {
  to.create += from.create;
  to.update += from.update;
  to.destroy += from.destroy;
  to.replace += from.replace;
  to.unchanged += from.unchanged;
  to.strays += from.strays;
}

class Assembler {
 public:
  Assembler(Planned& planned, const Requests& requests, ports::ProviderSource& providers, const PlanOptions& options,
            base::TimePoint now)
      : planned_(planned),
        plan_(planned.plan),
        moves_(requests.moves),
        replaces_(requests.replaces),
        judgement_(requests.judgement),
        providers_(providers),
        options_(options),
        now_(now) {}

  base::Status Run() {
    MoveViews();
    for (const auto& [key, intent] : planned_.state.intents) intents_[intent.node.group].push_back(&intent);
    const std::set<std::string> paths = Paths();
    if (auto checked = CheckTargets(options_.targets, paths); !checked) return checked;
    for (const std::string& path : Selected(paths)) AddGroup(path);
    AddDependencies(builder_, actions_, Dependencies());
    auto graph = builder_.Build();
    if (!graph) return tl::unexpected(graph.error());
    plan_.graph = std::move(*graph);
    for (const model::Action& action : plan_.graph.actions) Count(action, plan_.groups[action.group].counts);
    for (const model::PlanGroup& group : plan_.groups) Add(group.counts, plan_.counts);
    if (!options_.heal_only) MarkApprovals(limits_, plan_);
    return {};
  }

 private:
  // A renamed group is looked at under its old path and planned under its new one.
  void MoveViews() {
    for (const auto& [to, from] : moves_) {
      auto node = planned_.view.groups.extract(from);
      if (node.empty()) continue;
      GroupView& into = planned_.view.groups[to];
      GroupView& old = node.mapped();
      into.nodes = std::move(old.nodes);
      into.strays.insert(into.strays.end(), std::make_move_iterator(old.strays.begin()),
                         std::make_move_iterator(old.strays.end()));
      std::stable_sort(into.strays.begin(), into.strays.end(), [](const auto& a, const auto& b) {
        const auto key = [](const model::Ownership& owner) { return std::pair(owner.slot.ordinal, owner.incarnation); };
        return key(a.instance.owner) < key(b.instance.owner);
      });
      into.notes.insert(into.notes.end(), old.notes.begin(), old.notes.end());
      into.scopes.merge(old.scopes);
      if (into.frozen.empty()) into.frozen = std::move(old.frozen);
      if (into.not_looked_at.empty()) into.not_looked_at = std::move(old.not_looked_at);
      into.behind |= old.behind;
    }
  }

  // Every group that is wanted, or that still has something to it.
  std::set<std::string> Paths() const {
    std::set<std::string> paths;
    for (const auto& [path, group] : planned_.desired.groups) paths.insert(path);
    for (const auto& [path, view] : planned_.view.groups) {
      if (!view.nodes.empty() || !view.strays.empty() || !view.frozen.empty()) paths.insert(path);
    }
    for (const auto& [path, intents] : intents_) paths.insert(path);
    for (const auto& [path, group] : planned_.state.groups) {
      const bool in_force = !group.record.current.revision.IsZero() || !group.record.target.revision.IsZero();
      if (in_force && group.record.moved_to.empty()) paths.insert(path);
    }
    for (const auto& [to, from] : moves_) paths.erase(from);
    return paths;
  }

  // With --target: what was named and what that needs, because neither a web without its database nor a database taken
  // from under its web is what a person means.
  std::set<std::string> Selected(const std::set<std::string>& paths) {
    if (options_.targets.empty()) return paths;
    std::map<std::string, std::vector<std::string>> depends_on;
    for (const std::string& path : paths) {
      const auto desired = planned_.desired.groups.find(path);
      const model::GroupState* prior = PriorOf(path);
      if (desired != planned_.desired.groups.end()) {
        depends_on[path] = desired->second.target.policy.depends_on;
      } else if (prior != nullptr) {
        depends_on[path] = LastPolicy(prior->record).depends_on;
      }
    }
    Selection selection =
        SelectGroups(options_.targets, paths, depends_on, options_.destroy ? Direction::kDestroy : Direction::kCreate);
    for (const auto& [path, by] : selection.added) {
      plan_.notes.push_back(path +
                            " is included: " + (options_.destroy ? "it depends on " + by : by + " depends on it"));
    }
    return std::move(selection.paths);
  }

  const model::GroupState* PriorOf(const std::string& path) const {
    auto moved = moves_.find(path);
    auto found = planned_.state.groups.find(moved == moves_.end() ? path : moved->second);
    return found == planned_.state.groups.end() ? nullptr : &found->second;
  }

  void AddGroup(const std::string& path) {
    const auto index = static_cast<std::uint32_t>(plan_.groups.size());
    plan_.groups.emplace_back();
    GroupInput input = MakeInput(path, plan_.groups.back());
    GroupDiff diff = DiffGroup(input);
    model::PlanGroup& group = plan_.groups.back();
    Describe(input, diff, group);
    std::string landing =
        LandingNote(input, diff, group.removed ? group.before.policy : group.after.policy, providers_);
    if (!landing.empty()) group.notes.push_back(std::move(landing));
    const std::size_t before = builder_.size();
    const model::GroupTarget& target = input.desired != nullptr ? input.desired->target : group.before;
    GroupActions actions = plan::AddGroup(builder_, index, diff, target, {group.destroy_first, options_.heal_only});
    group.lowest_live = actions.lowest_live;
    group.highest_total = actions.highest_total;
    AddSet(index, input, builder_.size() > before);
    actions_.push_back(std::move(actions));
    for (model::Drift& drift : diff.drift) {
      drift.group = index;
      plan_.drift.push_back(std::move(drift));
    }
    Observe(input, index, diff.drift);
    RefuseProtected(path, diff.protected_nodes, plan_.diagnostics);
    if (!options_.heal_only) RefuseReplacements(input, diff, group, plan_.diagnostics);
    RefuseHeld(input, group, options_.destroy, plan_.diagnostics);
    limits_.push_back(Limits(input));
  }

  // What is in force counts beside what the file says: who loosens a rule does not get around it in the same plan.
  std::vector<model::CountOrPercent> Limits(const GroupInput& input) const {
    std::vector<model::CountOrPercent> limits;
    const auto add = [&limits](const std::optional<model::CountOrPercent>& limit) {
      if (limit) limits.push_back(*limit);
    };
    add(options_.destroy_more_than);
    if (input.desired != nullptr) add(input.desired->target.policy.destroy_more_than);
    if (input.prior == nullptr) return limits;
    add(input.prior->record.current.policy.destroy_more_than);
    add(input.prior->record.target.policy.destroy_more_than);
    return limits;
  }

  // What health says of a node that is replaced for it, where no listing has said the same: a version keeps it.
  void Observe(const GroupInput& input, std::uint32_t index, const std::vector<model::Drift>& known) {
    if (input.judgement == nullptr || input.prior == nullptr) return;
    std::set<std::uint32_t> told;
    for (const model::Drift& drift : known) told.insert(drift.slot.ordinal);
    for (const auto& [ordinal, why] : input.judgement->replace) {
      const model::NodeRecord* node = input.prior->Live(ordinal);
      if (node == nullptr || told.contains(ordinal)) continue;
      plan_.drift.push_back({index, node->slot, node->incarnation, Reason::kUnhealthy, node->instance_id, why});
    }
  }

  GroupInput MakeInput(const std::string& path, model::PlanGroup& group) {
    GroupView& view = planned_.view.groups[path];
    GroupInput input;
    input.path = path;
    input.prior = PriorOf(path);
    input.view = &view;
    input.heal_only = options_.heal_only;
    if (!options_.heal_only) input.secret_mark = &options_.secret_mark;
    input.now = now_;
    auto moved = moves_.find(path);
    input.moved = moved != moves_.end() && !options_.heal_only;
    if (moved != moves_.end()) {
      group.moved_from = moved->second;
      auto former = planned_.state.groups.find(path);
      if (former != planned_.state.groups.end()) input.incarnation_floor = FloorOf(former->second);
    }
    if (auto intents = intents_.find(moved == moves_.end() ? path : moved->second); intents != intents_.end()) {
      input.intents = intents->second;
    }
    if (auto replaces = replaces_.by_group.find(path); replaces != replaces_.by_group.end()) {
      input.replaces = replaces->second;
    }
    if (auto judged = judgement_.groups.find(path); judged != judgement_.groups.end())
      input.judgement = &judged->second;
    const auto& kept = options_.protected_groups;
    input.file_protects = std::find(kept.begin(), kept.end(), path) != kept.end();
    auto desired = planned_.desired.groups.find(path);
    if (desired != planned_.desired.groups.end()) {
      input.desired = &desired->second;
      NameScope(desired->second.revision, input);
      Order(desired->second, input, view, group);
    }
    return input;
  }

  // Only a listing can name the scope of a new revision, and of one that came to no node where it was first meant to.
  static void NameScope(model::RevisionRecord& revision, const GroupInput& input) {
    if (!revision.scope.empty()) return;
    const auto* recorded = input.prior == nullptr ? nullptr : input.prior->Revision(revision.id);
    if (auto learned = input.view->scopes.find(revision.id); learned != input.view->scopes.end()) {
      revision.scope = learned->second;
    } else if (recorded != nullptr) {
      revision.scope = recorded->scope;
    }
  }

  void Order(const DesiredGroup& desired, GroupInput& input, GroupView& view, model::PlanGroup& group) {
    auto provider = providers_.Find(desired.revision.provider);
    const bool untrusted = !provider && provider.error().code == base::ErrorCode::kDenied;
    if (!provider && !untrusted) {
      if (view.frozen.empty()) view.frozen = provider.error().message;
      return;
    }
    input.manifest = untrusted ? &UnknownManifest() : &(*provider)->Manifest();
    ReplaceOrdering ordering = DecideOrder(desired.target, desired.revision, *input.manifest);
    group.destroy_first = input.destroy_first = ordering.destroy_first;
    group.order_reason = std::move(ordering.reason);
    if (!options_.heal_only) RefuseTogether(desired, ordering.destroy_first, group.order_reason, plan_.diagnostics);
    if (untrusted) {
      view.not_looked_at = provider.error().message;
    } else if (!options_.heal_only) {
      Validate(desired, **provider);
      Advise(desired.revision, input, view);
    }
  }

  // Without an answer nobody knows what a change would do to the nodes, so nothing is done to them.
  void Advise(const model::RevisionRecord& wanted, GroupInput& input, GroupView& view) {
    auto* able = dynamic_cast<ports::PlanUpdates*>(&providers_);
    ports::PlanUpdate* provider = able == nullptr ? nullptr : able->FindPlanUpdate(wanted.provider);
    if (provider == nullptr || input.prior == nullptr) return;
    auto advice = AskForAdvice(*provider, *input.prior, wanted, {.stop = options_.refresh.stop});
    if (advice) {
      input.advice = std::move(*advice);
    } else if (view.frozen.empty()) {
      view.frozen = "whether its nodes can be updated in place is not known: " + advice.error().message;
    }
  }

  void Validate(const DesiredGroup& desired, ports::Provider& provider) {
    base::Diagnostics found = provider.Validate(desired.revision.properties);
    for (base::Diagnostic& diagnostic : found.mutable_items()) {
      const std::string root = "groups." + desired.path + ".resourceProperties";
      diagnostic.path = diagnostic.path.empty() ? root : root + "." + diagnostic.path;
    }
    plan_.diagnostics.Append(std::move(found));
  }

  void Describe(const GroupInput& input, GroupDiff& diff, model::PlanGroup& group) const {
    group.path = input.path;
    if (input.prior != nullptr) group.before = input.prior->record.current;
    if (input.desired != nullptr) group.after = input.desired->target;
    group.is_new = input.desired != nullptr && group.before.revision.IsZero();
    group.removed = input.desired == nullptr && !options_.heal_only;
    if (input.desired == nullptr && input.prior != nullptr) group.before.policy = LastPolicy(input.prior->record);
    group.frozen = input.view->frozen;
    group.not_looked_at = input.view->not_looked_at;
    group.notes = input.view->notes;
    group.notes.insert(group.notes.end(), diff.notes.begin(), diff.notes.end());
    group.holds = std::move(diff.holds);
    group.held = std::move(diff.held);
    group.rollout = diff.rollout;
    group.counts.unchanged = diff.unchanged;
    group.revisions = std::move(diff.revisions);
    if (input.desired == nullptr) return;
    const model::RevisionRecord& after = input.desired->revision;
    const bool listed = std::any_of(group.revisions.begin(), group.revisions.end(),
                                    [&](const auto& revision) { return revision.id == after.id; });
    if (!listed) group.revisions.push_back(after);
    if (group.is_new) return;
    group.policy_changes = PolicyChanges(group.before.policy, group.after.policy);
    const auto* before = input.prior->Revision(group.before.revision);
    if (before != nullptr && input.manifest != nullptr && before->id != after.id) {
      const UpdateVerdicts& verdicts = VerdictsFrom(input.advice, before->id);
      group.properties = CompareRevisions(*before, after, *input.manifest, verdicts).properties;
      AddReasons(verdicts, group.notes);
    }
    AddSecretChanges(diff.secret_changes, group.properties);
  }

  // A reference that is another, too, is shown as that.
  static void AddSecretChanges(const std::vector<model::PropertyChange>& secrets,
                               std::vector<model::PropertyChange>& properties) {
    const auto by_path = [](const auto& a, const auto& b) { return a.path < b.path; };
    for (const model::PropertyChange& change : secrets) {
      const auto place = std::lower_bound(properties.begin(), properties.end(), change, by_path);
      if (place == properties.end() || place->path != change.path) properties.insert(place, change);
    }
  }

  // What changes no node still has to be recorded, and is shown.
  void AddSet(std::uint32_t index, const GroupInput& input, bool acts) {
    const model::PlanGroup& group = plan_.groups[index];
    if (options_.heal_only || !group.frozen.empty() || group.IsHeld()) return;
    // Its old nodes wait for their turn: what it is to be is recorded already.
    const bool recorded = input.prior != nullptr && input.prior->record.target == group.after;
    if (!acts && group.rollout && recorded && plan_.renamed_from.empty() && group.moved_from.empty()) return;
    std::optional<Reason> reason;
    if (!group.policy_changes.empty()) {
      reason = Reason::kPolicyChanged;
    } else if (!plan_.renamed_from.empty() || (!group.moved_from.empty() && !acts)) {
      reason = Reason::kMoved;
    } else if (!acts && group.removed) {
      reason = Reason::kGroupRemoved;
    } else if (!acts && !(group.before == group.after)) {
      const bool unfinished = input.prior != nullptr && input.prior->record.target == group.after;
      reason = unfinished ? Reason::kInterrupted : Reason::kPolicyChanged;
    }
    if (!reason) return;
    model::Action action;
    action.kind = ActionKind::kSet;
    action.reason = *reason;
    action.group = index;
    builder_.Add(std::move(action));
  }

  std::vector<Dependency> Dependencies() const {
    std::vector<Dependency> all(plan_.groups.size());
    for (std::uint32_t i = 0; i < all.size(); ++i) all[i].group = i;
    for (std::uint32_t i = 0; i < all.size(); ++i) {
      const model::PlanGroup& group = plan_.groups[i];
      const bool gone = group.after.revision.IsZero();
      for (const std::string& path : (gone ? group.before : group.after).policy.depends_on) {
        for (const std::uint32_t other : GroupsAt(path)) {
          if (other == i) continue;
          if (!gone) all[i].creates_after.push_back(other);
          all[other].removes_after.push_back(i);
        }
      }
    }
    return all;
  }

  // The group of that path, or all below a folder. Groups are sorted by path, so a folder is one stretch of them.
  std::vector<std::uint32_t> GroupsAt(const std::string& path) const {
    std::vector<std::uint32_t> found;
    const auto by_path = [](const model::PlanGroup& group, const std::string& wanted) { return group.path < wanted; };
    const auto& groups = plan_.groups;
    const std::string folder = path + "/";
    auto exact = std::lower_bound(groups.begin(), groups.end(), path, by_path);
    if (exact != groups.end() && exact->path == path) {
      found.push_back(static_cast<std::uint32_t>(exact - groups.begin()));
    }
    for (auto it = std::lower_bound(groups.begin(), groups.end(), folder, by_path);
         it != groups.end() && it->path.starts_with(folder); ++it) {
      found.push_back(static_cast<std::uint32_t>(it - groups.begin()));
    }
    return found;
  }

  Planned& planned_;
  model::Plan& plan_;
  const Moves& moves_;
  const Replaces& replaces_;
  const Judgement& judgement_;
  ports::ProviderSource& providers_;
  const PlanOptions& options_;
  const base::TimePoint now_;
  GraphBuilder builder_;
  std::vector<GroupActions> actions_;
  std::vector<std::vector<model::CountOrPercent>> limits_;  // of approval, per group
  std::map<std::string, std::vector<const model::Intent*>> intents_;
};

}  // namespace

base::Status AssemblePlan(Planned& planned, const Requests& requests, ports::ProviderSource& providers,
                          const PlanOptions& options, base::TimePoint now) {
  return Assembler(planned, requests, providers, options, now).Run();
}

}  // namespace kadende::plan
