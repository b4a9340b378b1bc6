#include "cli/view/node_rows.h"

#include <algorithm>

#include "cli/view/health_text.h"
#include "cli/view/style.h"
#include "engine/base/text.h"
#include "engine/plan/brake_words.h"
#include "engine/plan/holds.h"

namespace kadende::cli {
namespace {

const plan::GroupView* ViewOf(const plan::PriorView* view, const std::string& path) {
  if (view == nullptr) return nullptr;
  const auto found = view->groups.find(path);
  return found == view->groups.end() ? nullptr : &found->second;
}

const plan::NodeSight* SightOf(const plan::GroupView* view, const model::NodeRowKey& key) {
  if (view == nullptr) return nullptr;
  const auto found = view->nodes.find(key);
  return found == view->nodes.end() ? nullptr : &found->second;
}

std::string StatusOf(const model::NodeRecord& node, const plan::NodeSight* sight) {
  if (node.phase == model::NodePhase::kTombstone) return "tombstone";
  if (node.phase == model::NodePhase::kLeaving) return "leaving";
  if (sight == nullptr) return "live";
  switch (sight->sight) {
    case plan::Sight::kPresent:
      return std::string(model::InstanceStatusName(sight->status));
    case plan::Sight::kMissing:
      return "missing";
    case plan::Sight::kTerminated:
      return "terminated";
    case plan::Sight::kUnknown:
      return "unknown";
  }
  return "unknown";
}

// What the provider says of itself is beside it already.
std::string HealthNote(const model::NodeHealth& health, const plan::NodeSight* sight) {
  const bool of_provider = health.check == model::CheckTypeName(model::CheckType::kProvider);
  const bool said = of_provider && (health.state == model::HealthState::kHealthy ||
                                    (sight != nullptr && !sight->status_reason.empty()));
  std::string text = said ? std::string() : Evidence(health);
  if (health.held_back.empty() || health.state != model::HealthState::kUnhealthy) return text;
  text += text.empty() ? "left alone" : "; left alone";
  return health.held_until == base::TimePoint{} ? text + ", see below"
                                                : text + " until " + base::FormatRfc3339(health.held_until);
}

std::string NoteOf(const model::GroupState& group, const model::NodeRecord& node, const plan::NodeSight* sight,
                   const model::NodeHealth* health, base::TimePoint now) {
  std::vector<std::string> parts;
  if (node.tainted) parts.push_back(node.taint_reason.empty() ? "tainted" : "tainted: " + node.taint_reason);
  if (node.phase == model::NodePhase::kLive && node.revision != group.record.target.revision) {
    parts.emplace_back(group.record.target.revision.IsZero() ? "group removed" : "old revision");
  }
  for (const auto& hold : group.record.holds) {
    const bool holds = plan::IsInForce(hold, now) && hold.slot_key == node.slot.Key();
    if (holds) parts.push_back(plan::HoldSentence(hold));
  }
  if (sight != nullptr && sight->labels_differ) parts.emplace_back("labels differ");
  if (sight != nullptr && !sight->status_reason.empty()) parts.push_back(sight->status_reason);
  if (health != nullptr) {
    if (std::string note = HealthNote(*health, sight); !note.empty()) parts.push_back(std::move(note));
  }
  return base::Join(parts, "; ");
}

const std::vector<model::NodeHealth>* HealthOf(const NodesSeen& seen, const std::string& path) {
  if (seen.health == nullptr) return nullptr;
  const auto found = seen.health->find(path);
  return found == seen.health->end() ? nullptr : &found->second;
}

// Sentences about one group, in the order in which they matter to a reader.
class Notes {
 public:
  Notes(const std::string& path, const model::GroupState& group, base::TimePoint now, std::vector<std::string>& out)
      : path_(path), group_(group), record_(group.record), now_(now), out_(out) {}

  void Backoffs() {
    const model::CreateBackoff& creates = record_.backoff;
    if (creates.failures > 0) {
      std::string text = base::Count(creates.failures, "create") + " failed";
      if (creates.next_at > now_) text += ", next try at " + base::FormatRfc3339(creates.next_at);
      Add(text + ": " + creates.last_error);
    }
    const model::CreateBackoff& destroys = record_.destroy_backoff;
    if (destroys.next_at > now_) {
      Add(base::Count(destroys.failures, "destroy") + " failed, next try at " + base::FormatRfc3339(destroys.next_at) +
          ": " + destroys.last_error);
    }
  }

  void Holds() {
    for (const auto& hold : record_.holds) {
      if (!plan::IsInForce(hold, now_)) continue;
      // Where the slot has no node, nothing else says it.
      if (hold.slot_key.empty()) Add(plan::HoldSentence(hold));
      if (!hold.slot_key.empty() && !HasNode(hold.slot_key)) {
        Add("slot " + hold.slot_key + ", which has no node, is " + plan::HoldSentence(hold));
      }
    }
  }

  void Health(const std::vector<const model::NodeHealth*>& unhealthy, const HealthCounts& counts) {
    const std::vector<LeftAlone> left = GatherLeftAlone(path_, unhealthy);
    Brakes(left.empty());
    for (const LeftAlone& why : left) Add(LeftAloneText(why));
    if (counts.stale > 0 && counts.stale == counts.All()) {
      Add("last looked at " + Age(counts.last_at, now_) +
          " ago, and nobody looks now: health is as it was then; `kadende watch` looks");
    }
  }

  void UnfinishedRun() {
    if (record_.target == record_.current) return;
    Add(record_.target.revision.IsZero() ? "an unfinished run is removing it; `destroy` goes on with it, or `apply`"
                                         : "an unfinished run is moving it; `apply` goes on with it");
  }

  void View(const plan::GroupView& view) {
    if (!view.frozen.empty()) Add("frozen: " + view.frozen);
    for (const auto& note : view.notes) Add(note);
    for (const auto& stray : view.strays) {
      Add("stray " + stray.instance.id + " of slot " + stray.instance.owner.slot.Key() + ", incarnation " +
          std::to_string(stray.instance.owner.incarnation));
    }
  }

 private:
  void Add(const std::string& text) { out_.push_back(path_ + ": " + text); }

  void Brakes(bool with_remedy) {
    for (const model::Brake& brake : record_.brakes) {
      Add(plan::BrakedBy(brake, " (" + Age(brake.since, now_) + ")") + ": " + brake.detail +
          (with_remedy ? "; " + plan::BrakeRemedy(brake.kind, path_) : ""));
    }
    if (record_.release && now_ < record_.release->until) {
      Add("the brake is released by " + record_.release->actor + " until " +
          base::FormatRfc3339(record_.release->until) + ", for what was unhealthy at " +
          base::FormatRfc3339(record_.release->since));
    }
  }

  [[nodiscard]] bool HasNode(const std::string& slot_key) const {
    return std::any_of(group_.nodes.begin(), group_.nodes.end(), [&](const auto& row) {
      return row.second.phase != model::NodePhase::kTombstone && row.second.slot.Key() == slot_key;
    });
  }

  const std::string& path_;
  const model::GroupState& group_;
  const model::GroupRecord& record_;
  const base::TimePoint now_;
  std::vector<std::string>& out_;
};

}  // namespace

bool IsWanted(const std::string& path, const NodesTableOptions& options) {
  const std::string& only = options.group;
  return only.empty() || path == only || path.compare(0, only.size() + 1, only + "/") == 0;
}

void HealthCounts::Add(const NodeRow& row) {
  if (row.health == nullptr) return;
  switch (row.health->state) {
    case model::HealthState::kHealthy:
      ++healthy;
      break;
    case model::HealthState::kUnhealthy:
      ++unhealthy;
      break;
    case model::HealthState::kUnknown:
      ++unknown;
      break;
    case model::HealthState::kInitializing:
      ++initializing;
      break;
  }
  stale += row.stale ? 1 : 0;
  last_at = std::max(last_at, row.health->last_at);
}

std::string HealthCounts::Text() const {
  std::vector<std::string> parts;
  const auto add = [&parts](std::size_t count, const char* name) {
    if (count > 0) parts.push_back(base::GroupDigits(count) + " " + name);
  };
  add(unhealthy, "unhealthy");
  add(unknown, "unknown");
  add(initializing, "initializing");
  add(healthy, "healthy");
  return base::Join(parts, ", ");
}

std::vector<NodeRow> NodeRows(const NodesSeen& seen, const NodesTableOptions& options) {
  std::vector<NodeRow> rows;
  for (const auto& [path, group] : seen.state.groups) {
    if (!IsWanted(path, options)) continue;
    const plan::GroupView* view = ViewOf(seen.view, path);
    const std::vector<model::NodeHealth>* known = HealthOf(seen, path);
    for (const auto& [key, node] : group.nodes) {
      if (node.phase == model::NodePhase::kTombstone && !options.all) continue;
      const plan::NodeSight* sight = SightOf(view, key);
      const bool is_looked_at = known != nullptr && node.phase == model::NodePhase::kLive;
      const model::NodeHealth* health = is_looked_at ? model::FindHealth(*known, key) : nullptr;
      const bool stale = health != nullptr && IsStale(*health, group.record.target.policy, options.now);
      const std::string& address = sight != nullptr && !sight->address.empty() ? sight->address : node.address;
      rows.push_back({path, &node, StatusOf(node, sight), address, NoteOf(group, node, sight, health, options.now),
                      health, stale});
    }
  }
  return rows;
}

std::vector<std::string> GroupNotes(const NodesSeen& seen, const std::vector<NodeRow>& rows,
                                    const NodesTableOptions& options) {
  std::vector<std::string> notes;
  if (!seen.at_work.empty()) {
    notes.push_back("at work: " + seen.at_work + "; until it ends, watch looks at nodes and changes nothing");
  }
  auto row = rows.begin();
  for (const auto& [path, group] : seen.state.groups) {
    if (!IsWanted(path, options)) continue;
    HealthCounts counts;
    std::vector<const model::NodeHealth*> unhealthy;
    for (; row != rows.end() && row->group == path; ++row) {
      counts.Add(*row);
      if (row->IsUnhealthy()) unhealthy.push_back(row->health);
    }
    Notes sentences(path, group, options.now, notes);
    sentences.Backoffs();
    sentences.Holds();
    sentences.Health(unhealthy, counts);
    sentences.UnfinishedRun();
    if (const plan::GroupView* view = ViewOf(seen.view, path)) sentences.View(*view);
  }
  for (const auto& [key, intent] : seen.state.intents) {
    if (!IsWanted(intent.node.group, options)) continue;
    notes.push_back(intent.node.Display() + ": a " +
                    (intent.kind == model::IntentKind::kCreate ? "create" : "destroy") +
                    " is under way or was cut off, since " + base::FormatRfc3339(intent.written_at));
  }
  return notes;
}

}  // namespace kadende::cli
