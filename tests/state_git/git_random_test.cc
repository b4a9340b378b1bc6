// Random changes, published: what is read back is what state says, at every version.
#include <catch2/catch.hpp>
#include <random>

#include "engine/base/digest.h"
#include "engine/model/identity.h"
#include "tests/contract/history_contract.h"
#include "tests/state_git/support.h"

using namespace kadende;
using namespace kadende::tests;

namespace {

class Changes {
 public:
  explicit Changes(unsigned seed) : random_(seed) {}

  void One(model::ClusterState* state) {
    const std::string path = kPaths[Pick(4)];
    const auto found = state->groups.find(path);
    if (found == state->groups.end()) {
      model::GroupRecord record;
      record.path = path;
      model::RevisionRecord revision;
      revision.id = base::Sha256(path);
      revision.provider.name = "sim";
      record.revisions = {revision};
      record.current.size = Pick(10);
      record.current.revision = revision.id;
      record.target = record.current;
      state->Apply(model::GroupRecorded{record});
      return;
    }
    const std::uint32_t ordinal = Pick(2) == 0 ? Pick(6) : Pick(20'000);
    switch (Pick(6)) {
      case 0:
      case 1:
      case 2:
        state->Apply(model::NodeCreated{path, SampleNode(*state, path, path == "data/db" ? ordinal % 20 : ordinal,
                                                         found->second.HighestIncarnation(ordinal) + 1)});
        return;
      case 3: {
        if (found->second.nodes.empty()) return;
        const auto row = found->second.nodes.begin();
        const model::NodeRecord node = row->second;
        state->Apply(model::NodeGone{path, node.slot, node.incarnation, base::FromUnixMillis(Pick(1'000'000))});
        return;
      }
      case 4: {
        model::GroupRecord record = found->second.record;
        record.target.size = Pick(100);
        record.backoff.failures = Pick(3);
        record.brakes.clear();
        if (Pick(2) == 0) record.brakes.push_back({model::BrakeKind::kMaxUnhealthy, "3 of 4", base::FromUnixMillis(5)});
        record.release.reset();
        if (Pick(2) == 0)
          record.release = model::Release{"ann", base::FromUnixMillis(5), base::FromUnixMillis(Pick(2))};
        state->Apply(model::GroupRecorded{record});
        return;
      }
      default:
        Rename(state, path);
    }
  }

 private:
  void Rename(model::ClusterState* state, const std::string& from) {
    if (Pick(5) != 0) return;
    const std::string to = kPaths[Pick(4)];
    if (to == from || state->groups.contains(to)) return;
    state->Apply(model::GroupMoved{from, to, base::FromUnixMillis(1)});
  }
  std::uint32_t Pick(std::uint32_t below) {
    return std::uniform_int_distribution<std::uint32_t>(0, below - 1)(random_);
  }

  static constexpr const char* kPaths[] = {"web", "data/db", "data/nodes", "x"};
  std::mt19937 random_;
};

}  // namespace

TEST_CASE("random changes read back as they were published") {
  const unsigned seed = GENERATE(1U, 2U, 3U);
  CAPTURE(seed);
  const ScratchFolder folder;
  MakeFolder(folder / "repo");
  Git(folder / "repo", "init -q .");
  const auto history = OpenHistory(folder / "state", folder / "repo");
  Changes changes(seed);
  model::ClusterState state = SampleCluster();
  std::vector<std::string> versions;
  for (int version = 0; version < 40; ++version) {
    for (int i = 0; i < 5; ++i) changes.One(&state);
    const auto result = history->Publish(
        {&state, base::FromUnixMillis(1'763'800'000'000), "apply", "", "ann", std::to_string(version)});
    if (!result) FAIL(result.error().message);
    CHECK(result->warnings.empty());
    MarkPublished(&state, *result);
    versions.push_back(Dump(state));
    CHECK(Dump(history->Read("shop", "HEAD")->state) == versions.back());
  }
  for (std::size_t i = 0; i < versions.size(); i += 7) {
    CHECK(Dump(history->Read("shop", std::to_string(i + 1))->state) == versions[i]);
  }
  CheckFsck(folder / "state/history.git");
  CheckFsck(folder / "repo");
  CHECK(Git(folder / "repo", "rev-parse kadende/shop") == state.cluster.commit);
}
