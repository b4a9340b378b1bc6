#include "cli/complete_names.h"

#include <filesystem>
#include <set>

#include "cli/planning.h"
#include "engine/model/identity.h"

namespace kadende::cli {
namespace {

constexpr std::size_t kMostNames = 500;  // of nodes, before groups are offered instead

std::vector<model::ClusterState> States(Session& session, const std::string& cluster) {
  std::vector<model::ClusterState> states;
  std::vector<ports::ClusterSummary> wanted;
  if (cluster.empty()) {
    if (auto all = session.Clusters()) wanted = std::move(*all);
  } else if (auto one = session.Find(cluster)) {
    wanted.push_back(std::move(*one));
  } else {
    return States(session, "");  // a file, or a name that is misspelt: better too much than nothing
  }
  for (const auto& summary : wanted) {
    if (auto state = session.Load(summary.lineage)) states.push_back(std::move(*state));
  }
  return states;
}

Candidates Clusters(Session& session) {
  Candidates found;
  auto clusters = session.Clusters();
  if (!clusters) return found;
  for (const auto& cluster : *clusters) found.words.push_back({cluster.name, "cluster"});
  return found;
}

// Groups and the folders that hold them.
Candidates Groups(Session& session, const std::string& cluster) {
  std::set<std::string> paths;
  for (const auto& state : States(session, cluster)) {
    for (const auto& [path, group] : state.groups) {
      for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
        paths.insert(path.substr(0, slash));
      }
      paths.insert(path);
    }
  }
  Candidates found;
  for (const auto& path : paths) found.words.push_back({path, "group"});
  return found;
}

// As web[0] for who has begun to write it so, else as web-0, which no shell needs quoted.
Candidates Nodes(Session& session, const std::string& cluster, const std::string& prefix) {
  const bool brackets = prefix.find('[') != std::string::npos;
  Candidates found;
  std::set<std::string> groups;
  for (const auto& state : States(session, cluster)) {
    for (const auto& [path, group] : state.groups) {
      for (const auto& [key, node] : group.nodes) {
        if (node.phase != model::NodePhase::kLive) continue;
        std::string name = brackets ? model::NodeAddress{path, node.slot}.Display() : model::NodeName(path, node.slot);
        if (!name.starts_with(prefix)) continue;
        groups.insert(name.substr(0, name.find_last_of(brackets ? '[' : '-') + 1));
        if (found.words.size() < kMostNames) {
          found.words.push_back({std::move(name), state.cluster.name});
        } else {
          found.open = true;
        }
      }
    }
  }
  // Too many to choose from: their groups first. Within one group the next digits tell them apart well enough.
  if (found.open && groups.size() > 1) {
    found.words.clear();
    for (const std::string& group : groups) found.words.push_back({group, "nodes"});
  }
  return found;
}

}  // namespace

Candidates StoredNames::Names(const Question& question) {
  std::error_code error;
  CommonOptions common;
  common.state = question.state;
  SessionOptions options;
  options.state_directory = StateDirectory(common, std::filesystem::current_path(error).string());
  if (!std::filesystem::exists(options.state_directory, error)) return {};
  auto session = Session::Open(std::move(options));
  if (!session) return {};
  switch (question.kind) {
    case Kind::kCluster:
      return Clusters(**session);
    case Kind::kGroup:
      return Groups(**session, question.cluster);
    case Kind::kNode:
      return Nodes(**session, question.cluster, question.prefix);
  }
  return {};
}

}  // namespace kadende::cli
