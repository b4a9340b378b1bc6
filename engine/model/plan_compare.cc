#include "engine/model/plan_compare.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "engine/base/text.h"

namespace kadende::model {
namespace {

constexpr std::string_view kHashVersion = "kadende plan 1";

// An action as a reviewer sees it. `rank`: of its group, by path, over all plans that are looked at.
struct Fact {
  std::uint32_t rank = 0;
  const PlanGroup* group = nullptr;
  const Action* action = nullptr;
};

base::Digest RevisionAt(const PlanGroup& group, std::uint16_t index) {
  return index < group.revisions.size() ? group.revisions[index].id : base::Digest{};
}

std::string_view StrayOf(const Action& action) {
  return action.reason == Reason::kStray ? std::string_view(action.instance_id) : std::string_view();
}

auto Key(const Fact& fact) {
  const Action& action = *fact.action;
  return std::tuple(fact.rank, action.slot.ordinal, action.kind, action.reason, action.replace,
                    std::string_view(action.slot.logical_id), StrayOf(action));
}

// Revisions are looked up last: few actions are alike up to there.
std::strong_ordering Compare(const Fact& a, const Fact& b) {
  if (const auto order = Key(a) <=> Key(b); order != 0) return order;
  const auto revisions = [](const Fact& fact) {
    return std::pair(RevisionAt(*fact.group, fact.action->from_revision),
                     RevisionAt(*fact.group, fact.action->to_revision));
  };
  return revisions(a) <=> revisions(b);
}

using Ranks = std::map<std::string_view, std::uint32_t>;

// Sorted; gates are an order, not a change.
std::vector<Fact> FactsOf(const Plan& plan, const Ranks& ranks) {
  std::vector<std::uint32_t> rank_of;
  for (const PlanGroup& group : plan.groups) rank_of.push_back(ranks.at(group.path));
  std::vector<Fact> facts;
  facts.reserve(plan.graph.actions.size());
  for (const Action& action : plan.graph.actions) {
    if (action.kind == ActionKind::kGate || action.group >= plan.groups.size()) continue;
    facts.push_back({rank_of[action.group], &plan.groups[action.group], &action});
  }
  const auto before = [](const Fact& a, const Fact& b) {
    const auto order = Compare(a, b);
    return order != 0 ? order < 0 : a.action->incarnation < b.action->incarnation;
  };
  if (!std::is_sorted(facts.begin(), facts.end(), before)) std::sort(facts.begin(), facts.end(), before);
  return facts;
}

Ranks RankGroups(std::initializer_list<const Plan*> plans) {
  Ranks ranks;
  for (const Plan* plan : plans) {
    for (const PlanGroup& group : plan->groups) ranks.emplace(group.path, 0);
  }
  std::uint32_t next = 0;
  for (auto& [path, rank] : ranks) rank = next++;
  return ranks;
}

// Lengths before texts, so that no two inputs read the same.
class Hashed {
 public:
  void Number(std::uint64_t value) {
    std::array<char, 8> bytes{};  // little-endian, whatever the machine's order
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(value >> (8 * i));
    bytes_.append(bytes.data(), bytes.size());
  }
  void Text(std::string_view text) {
    Number(text.size());
    bytes_ += text;
  }
  void Texts(const std::vector<std::string>& texts) {
    Number(texts.size());
    for (const std::string& text : texts) Text(text);
  }
  void Id(const base::Digest& digest) { bytes_.append(digest.bytes.begin(), digest.bytes.end()); }
  [[nodiscard]] base::Digest Sum() const { return base::Sha256(bytes_); }

 private:
  std::string bytes_;
};

void AddGroup(const PlanGroup& group, Hashed& out) {
  out.Text(group.path);
  out.Text(group.moved_from);
  out.Number((group.is_new ? 1 : 0) + (group.removed ? 2 : 0) + (group.frozen.empty() ? 0 : 4));
  out.Number(group.after.size);
  out.Texts(group.after.logical_ids);
  out.Id(group.after.revision);
  out.Texts(group.policy_changes);
}

// Where there are none nothing is added, so that plans without plugins keep the hashes that they had.
void AddPlugins(const PluginPins& plugins, Hashed& out) {
  out.Text("plugins");
  out.Number(plugins.size());
  for (const PluginPin& pin : plugins) {
    out.Text(pin.name);
    out.Text(pin.version);
    out.Text(pin.url);
    out.Number(pin.hashes.size());
    for (const auto& [platform, hash] : pin.hashes) {
      out.Text(platform);
      out.Id(hash);
    }
  }
}

// Neighbours are mostly of the same group, and go from and to the same revisions: these are written where they change,
// and a bit says so.
void AddActions(const std::vector<Fact>& facts, Hashed& out) {
  constexpr std::uint64_t kReplace = 1;
  constexpr std::uint64_t kSameRevisions = 2;
  constexpr std::uint64_t kSameGroup = 4;
  constexpr std::uint64_t kNamed = 8;
  base::Digest from;
  base::Digest to;
  std::uint32_t rank = 0;
  for (const Fact& fact : facts) {
    const Action& action = *fact.action;
    const base::Digest now_from = RevisionAt(*fact.group, action.from_revision);
    const base::Digest now_to = RevisionAt(*fact.group, action.to_revision);
    const bool same = now_from == from && now_to == to;
    const bool named = !action.slot.logical_id.empty() || !StrayOf(action).empty();
    const std::uint64_t bits = (action.replace ? kReplace : 0) | (same ? kSameRevisions : 0) |
                               (fact.rank == rank ? kSameGroup : 0) | (named ? kNamed : 0);
    out.Number((std::uint64_t{action.slot.ordinal} << 32U) | (static_cast<std::uint64_t>(action.kind) << 16U) |
               (static_cast<std::uint64_t>(action.reason) << 8U) | bits);
    if (fact.rank != rank) out.Number(rank = fact.rank);
    if (!same) {
      out.Id(from = now_from);
      out.Id(to = now_to);
    }
    if (!named) continue;
    out.Text(action.slot.logical_id);
    out.Text(StrayOf(action));
  }
}

std::string NodeOf(const Fact& fact) {
  return fact.action->kind == ActionKind::kSet ? fact.group->path
                                               : NodeAddress{fact.group->path, fact.action->slot}.Display();
}

std::string Describe(const Fact& fact) {
  const Action& action = *fact.action;
  std::string out = NodeOf(fact) + ": " + std::string(ActionKindName(action.kind));
  if (action.replace) out += " (replacement)";
  out += ", " + std::string(ReasonName(action.reason));
  const base::Digest to = RevisionAt(*fact.group, action.to_revision);
  if (!to.IsZero()) out += ", to revision " + base::ToHex(to).substr(0, 12);
  if (const auto stray = StrayOf(action); !stray.empty()) out += ", instance " + std::string(stray);
  return out;
}

// Sentences, of which the first are kept and the rest is counted.
class Sentences {
 public:
  void Add(std::string sentence) {
    if (sentences_.size() < PlanComparison::kNamed) {
      sentences_.push_back(std::move(sentence));
    } else {
      ++more_;
    }
  }
  [[nodiscard]] std::vector<std::string> Take(std::string_view what) {
    if (more_ > 0) sentences_.push_back("and " + base::GroupDigits(more_) + " more " + std::string(what));
    return std::move(sentences_);
  }

 private:
  std::vector<std::string> sentences_;
  std::uint64_t more_ = 0;
};

bool ActsOnInstance(const Action& action) {
  return action.kind != ActionKind::kCreate && action.kind != ActionKind::kSet && action.kind != ActionKind::kAdopt;
}

void CompareFacts(const Plan& reviewed, const Plan& now, Sentences& differences, Sentences& rebound) {
  const Ranks ranks = RankGroups({&reviewed, &now});
  const std::vector<Fact> before = FactsOf(reviewed, ranks);
  const std::vector<Fact> after = FactsOf(now, ranks);
  auto old = before.begin();
  auto fresh = after.begin();
  while (old != before.end() || fresh != after.end()) {
    const auto order = old == before.end()    ? std::strong_ordering::greater
                       : fresh == after.end() ? std::strong_ordering::less
                                              : Compare(*old, *fresh);
    if (order == 0) {
      const Action& action = *fresh->action;
      if (ActsOnInstance(action) && action.incarnation != old->action->incarnation) {
        rebound.Add(NodeOf(*fresh) + " was healed since this plan was reviewed: its instance is " +
                    (action.instance_id.empty() ? "another one" : action.instance_id) + " now");
      }
      ++old;
      ++fresh;
    } else if (order < 0) {
      differences.Add("no longer planned: " + Describe(*old++));
    } else {
      differences.Add("not in the reviewed plan: " + Describe(*fresh++));
    }
  }
}

std::string Quoted(const std::string& name) {
  return name.empty() ? "nothing" : "`" + name + "`";
}

std::string ListOf(const std::vector<std::string>& texts) {
  return texts.empty() ? "none" : base::Join(texts, ", ");
}

void CompareGroups(const Plan& reviewed, const Plan& now, Sentences& differences) {
  std::map<std::string_view, const PlanGroup*> shown;
  for (const PlanGroup& group : reviewed.groups) shown.emplace(group.path, &group);
  const auto say = [&](const PlanGroup& group, const std::string& what) { differences.Add(group.path + ": " + what); };
  for (const PlanGroup& group : now.groups) {
    const auto found = shown.find(group.path);
    if (found == shown.end()) {
      say(group, "the reviewed plan did not have this group");
      continue;
    }
    const PlanGroup& before = *found->second;
    shown.erase(found);
    if (group.moved_from != before.moved_from) {
      say(group, "it was renamed from " + Quoted(before.moved_from) + ", now from " + Quoted(group.moved_from));
    }
    if (group.frozen.empty() != before.frozen.empty()) {
      say(group, group.frozen.empty() ? "it is no longer frozen" : "it is frozen: " + group.frozen);
    }
    if (group.policy_changes != before.policy_changes) {
      say(group, "policy changes were " + ListOf(before.policy_changes) + "; now " + ListOf(group.policy_changes));
    }
    if (group.is_new != before.is_new) say(group, group.is_new ? "it is new by now" : "it is not new any more");
    if (group.removed != before.removed) say(group, group.removed ? "it is removed" : "it is not removed any more");
    if (group.after.size != before.after.size || group.after.logical_ids != before.after.logical_ids) {
      say(group, "it was to have " + base::Count(before.after.size, "node") + ", now " +
                     base::Count(group.after.size, "node"));
    }
    if (group.after.revision != before.after.revision) say(group, "its properties are to be others than shown");
  }
  for (const auto& [path, group] : shown) say(*group, "nothing is left to be done about this group");
}

// What was reviewed is what may run.
void ComparePlugins(const Plan& reviewed, const Plan& now, Sentences& differences) {
  for (const PluginPin& pin : now.plugins) {
    const PluginPin* before = FindPin(reviewed.plugins, pin.name);
    if (before == nullptr) differences.Add("plugin " + pin.name + " was not to run for the first time");
    if (before != nullptr && !(*before == pin)) differences.Add("plugin " + pin.name + " was pinned to another file");
  }
  for (const PluginPin& pin : reviewed.plugins) {
    if (FindPin(now.plugins, pin.name) == nullptr) {
      differences.Add("plugin " + pin.name + " does not run for the first time any more");
    }
  }
}

void CompareHeaders(const Plan& reviewed, const Plan& now, Sentences& differences) {
  if (reviewed.spec_hash != now.spec_hash) {
    differences.Add("the specification is not the one that the plan was made of");
  }
  if (reviewed.lineage != now.lineage) {
    differences.Add("the cluster's lineage was " + Quoted(reviewed.lineage) + ", now it is " + Quoted(now.lineage));
  }
  if (reviewed.cluster != now.cluster || reviewed.renamed_from != now.renamed_from) {
    differences.Add("the cluster was to be " + Quoted(reviewed.cluster) + ", renamed from " +
                    Quoted(reviewed.renamed_from) + "; now " + Quoted(now.cluster) + " from " +
                    Quoted(now.renamed_from));
  }
  if (reviewed.destroy != now.destroy) differences.Add("one plan is to destroy everything, the other is not");
  if (reviewed.abandons_run != now.abandons_run) {
    differences.Add(now.abandons_run ? "a run is unfinished by now" : "there is no unfinished run to abandon any more");
  }
  if (reviewed.targets != now.targets || reviewed.replaces != now.replaces) {
    differences.Add("--target or --replace name something else than in the reviewed plan");
  }
}

}  // namespace

base::Digest PlanHash(const Plan& plan) {
  Hashed out;
  out.Text(kHashVersion);
  out.Text(plan.cluster);
  out.Text(plan.renamed_from);
  out.Text(plan.lineage);
  out.Id(plan.spec_hash);
  out.Number((plan.destroy ? 1 : 0) + (plan.abandons_run ? 2 : 0));
  out.Texts(plan.targets);
  out.Texts(plan.replaces);
  if (!plan.plugins.empty()) AddPlugins(plan.plugins, out);
  out.Number(plan.groups.size());
  for (const PlanGroup& group : plan.groups) AddGroup(group, out);
  AddActions(FactsOf(plan, RankGroups({&plan})), out);
  return out.Sum();
}

PlanComparison ComparePlans(const Plan& reviewed, const Plan& now) {
  Sentences differences;
  Sentences rebound;
  CompareHeaders(reviewed, now, differences);
  ComparePlugins(reviewed, now, differences);
  CompareGroups(reviewed, now, differences);
  CompareFacts(reviewed, now, differences, rebound);
  PlanComparison result{differences.Take("differences"), rebound.Take("nodes that were healed")};
  // What no sentence above knows is a difference all the same.
  if (result.differences.empty() && PlanHash(reviewed) != PlanHash(now)) {
    result.differences.emplace_back("the plans differ in what they would do");
  }
  return result;
}

}  // namespace kadende::model
