#include "cli/commands/diff.h"

#include "cli/opened_cluster.h"
#include "cli/planning.h"
#include "cli/revision_text.h"
#include "cli/view/state_diff_text.h"
#include "state/git_text_diff.h"

namespace kadende::cli {
namespace {

struct Asked {
  std::string cluster;  // empty: the only one
  std::string from;
  std::string to = "HEAD";
};

base::Error Invalid(std::string message) {
  return {base::ErrorCode::kInvalid, std::move(message), {}, {}};
}

// "3", "3 5", "3..5", "3 shop", "shop@3 shop@5", "shop@3 5": the cluster is said at most once, or the same twice.
base::Result<Asked> Understand(const DiffOptions& options) {
  std::string first = options.from;
  std::string second = options.to;
  Asked asked;
  asked.cluster = options.cluster;
  if (const std::size_t dots = first.find(".."); dots != std::string::npos) {
    if (!asked.cluster.empty()) return tl::unexpected(Invalid("A..B already says both versions"));
    asked.cluster = second;
    second = first.substr(dots + 2);
    first.resize(dots);
  } else if (asked.cluster.empty() && !second.empty() && second.find('@') == std::string::npos &&
             !LooksLikeRevision(second)) {
    std::swap(asked.cluster, second);
  }
  const auto take = [&asked](const std::string& text, std::string& revision) {
    RevisionText parsed = ParseRevisionText(text);
    if (!parsed.revision.empty()) revision = std::move(parsed.revision);
    if (parsed.cluster.empty() || parsed.cluster == asked.cluster) return true;
    if (!asked.cluster.empty()) return false;
    asked.cluster = std::move(parsed.cluster);
    return true;
  };
  asked.from = "HEAD";
  if (!take(first, asked.from) || !take(second, asked.to)) {
    return tl::unexpected(Invalid("both versions must be of one cluster"));
  }
  return asked;
}

base::Result<std::string> SpecDiff(const ports::HistoricState& before, const ports::HistoricState& after) {
  const auto name = [](const ports::HistoricState& version) {
    return "spec.yaml (serial " + std::to_string(version.commit.serial) + ")";
  };
  return state::UnifiedDiff(before.state.cluster.spec_text, after.state.cluster.spec_text, name(before), name(after));
}

}  // namespace

void DefineDiff(CommandSetup& setup, DiffOptions& options) {
  setup.Add({"A", "", "The older version: a serial, commit or HEAD~n, alone or as CLUSTER@REV, or A..B", {}, true},
            &options.from);
  setup.Add({"B", "", "The newer version; default: the last one published", {}, false}, &options.to);
  setup.Add({"CLUSTER", "", "Name, id or lineage; default: the only cluster", {}, false}, &options.cluster);
  DefineOffline(setup, options.offline);
}

int RunDiff(const DiffOptions& options, Console& console) {
  auto asked = Understand(options);
  if (!asked) return console.Fail(asked.error());
  auto session = OpenHere(console, false);
  if (!session) return console.Fail(session.error());
  auto name = NameInSharedHistory(**session, console, asked->cluster, options.offline);
  if (!name) return console.Fail(name.error());
  auto before = (*session)->history().Read(*name, asked->from);
  if (!before) return console.Fail(before.error());
  auto after = (*session)->history().Read(*name, asked->to);
  if (!after) return console.Fail(after.error());
  auto spec = SpecDiff(*before, *after);
  if (!spec) return console.Fail(spec.error());
  const VersionsCompared versions{*before, *after, *spec};
  if (console.common().json) {
    console.Out(StateDiffJson(versions));
    return kExitOk;
  }
  if (console.common().quiet) {
    console.Out(StateDiffSummary(CompareStates(before->state, after->state), !spec->empty()) + "\n");
    return kExitOk;
  }
  StateDiffTextOptions text;
  text.color = console.color_out();
  text.verbose = console.common().verbose;
  text.now = (*session)->clock().Now();
  console.Out(StateDiffText(versions, text));
  return kExitOk;
}

}  // namespace kadende::cli
