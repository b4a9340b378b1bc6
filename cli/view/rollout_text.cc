#include "cli/view/rollout_text.h"

#include "engine/base/json.h"
#include "engine/base/text.h"
#include "engine/plan/rollout_turns.h"

namespace kadende::cli {
namespace {

constexpr std::size_t kShortRevision = 12;

std::string Short(const base::Digest& revision) {
  return revision.IsZero() ? std::string("none") : base::ToHex(revision).substr(0, kShortRevision);
}

bool IsOnItsWay(const model::GroupRecord& record) {
  if (!record.moved_to.empty() || record.target.revision.IsZero()) return false;
  return record.rollout || (!record.current.revision.IsZero() && record.current.revision != record.target.revision);
}

}  // namespace

RolloutRow RolloutRowOf(const model::GroupState& group) {
  const model::GroupRecord& record = group.record;
  RolloutRow row;
  row.group = record.path;
  row.strategy = std::string(model::StrategyName(record.target.policy.rollout.strategy));
  row.from = Short(record.current.revision);
  row.to = Short(record.target.revision);
  row.size = record.target.size;
  if (record.rollout) row.rollout = &*record.rollout;
  for (const auto& [key, node] : group.nodes) {
    if (node.phase == model::NodePhase::kLeaving) ++row.leaving;
    if (node.phase == model::NodePhase::kLive && node.revision == record.target.revision) ++row.renewed;
  }
  return row;
}

std::vector<RolloutRow> RolloutRows(const model::ClusterState& state) {
  std::vector<RolloutRow> rows;
  for (const auto& [path, group] : state.groups) {
    if (IsOnItsWay(group.record)) rows.push_back(RolloutRowOf(group));
  }
  return rows;
}

std::vector<std::string> RolloutLines(const RolloutRow& row) {
  std::vector<std::string> lines;
  if (row.rollout == nullptr && row.from == row.to) {
    lines.push_back(row.group + ": no rollout, all " + base::Count(row.size, "node") + " are to be of " + row.to);
    return lines;
  }
  const bool back = row.rollout != nullptr && row.rollout->back;
  std::string line =
      row.group + ": " + row.strategy + (back ? ", back to " + row.to : ", from " + row.from + " to " + row.to);
  line += "; " + std::to_string(row.renewed) + " of " + base::Count(row.size, "node") + " new";
  if (row.leaving > 0) line += ", " + base::Count(row.leaving, "old instance") + " leaving";
  lines.push_back(std::move(line));
  if (row.rollout == nullptr) {
    lines.emplace_back("  its run is unfinished: `kadende apply` goes on with it");
    return lines;
  }
  lines.push_back("  " + plan::RolloutSentence(row.group, *row.rollout));
  std::string began = "  begun " + base::FormatRfc3339(row.rollout->since);
  if (!row.rollout->actor.empty()) began += " by " + row.rollout->actor;
  lines.push_back(began + ", last progress " + base::FormatRfc3339(row.rollout->progress_at));
  return lines;
}

std::string RolloutJson(const RolloutRow& row) {
  base::Json json = {{"type", "rollout"}, {"group", row.group},    {"strategy", row.strategy},
                     {"from", row.from},  {"to", row.to},          {"renewed", row.renewed},
                     {"size", row.size},  {"leaving", row.leaving}};
  if (row.rollout != nullptr) {
    const model::Rollout& rollout = *row.rollout;
    json["stop"] = model::RolloutStopName(rollout.stop);
    json["why"] = rollout.why;
    json["actor"] = rollout.actor;
    json["since"] = base::FormatRfc3339(rollout.since, true);
    json["progressAt"] = base::FormatRfc3339(rollout.progress_at, true);
    if (rollout.until != base::TimePoint{}) json["until"] = base::FormatRfc3339(rollout.until, true);
    if (rollout.back) json["back"] = true;
  }
  return base::Canonical(json);
}

}  // namespace kadende::cli
