#include "state/git_readme.h"

#include "engine/base/text.h"
#include "state/git_layout.h"

namespace kadende::state {
namespace {

constexpr std::size_t kShortRevision = 12;

void AppendGroup(const std::string& path, const model::GroupState& group, std::string* out) {
  const model::GroupTarget& target = group.record.target;
  if (target.revision.IsZero()) return;  // left the file; its tombstones stay
  const model::RevisionRecord* revision = group.Revision(target.revision);
  out->append("| [").append(base::EscapeMarkdown(path)).append("](").append(GroupFolder(path)).append(") | ");
  out->append(std::to_string(target.size)).append(" | ");
  out->append(revision == nullptr ? "" : base::EscapeMarkdown(revision->provider.name)).append(" | `");
  out->append(base::ToHex(target.revision).substr(0, kShortRevision)).append("` |\n");
}

}  // namespace

std::string EncodeReadme(const model::ClusterState& state) {
  const std::string name = base::EscapeMarkdown(state.cluster.name);
  std::string out =
      "# " + name + "\n\nThe published state of the cluster " + name +
      ". `kadende` writes this branch, one commit for each run: who, when and why is in the commits, and "
      "a commit's changes are what the run did. Do not edit it: change the cluster's file and apply that.\n";
  out += "\n| group | size | provider | revision |\n|---|---|---|---|\n";
  for (const auto& [path, group] : state.groups) AppendGroup(path, group, &out);
  out +=
      "\n| file | what |\n|---|---|\n"
      "| [spec.yaml](spec.yaml) | the file as it was applied |\n"
      "| [plan.json](plan.json) | what the last run planned, and what it had observed |\n"
      "| [meta.json](meta.json) | name, lineage, values of variables |\n"
      "| `groups/<path>/group.json` | size, policy and properties by revision |\n"
      "| `groups/<path>/nodes/*/*.jsonl` | the nodes, one a line |\n"
      "\n`kadende log`, `kadende diff`, `kadende blame NODE` and `kadende show CLUSTER@REV` read it.\n";
  return out;
}

}  // namespace kadende::state
