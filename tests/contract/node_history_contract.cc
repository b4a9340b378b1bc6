#include "tests/contract/node_history_contract.h"

#include <catch2/catch.hpp>
#include <utility>

#include "tests/contract/history_contract.h"

namespace kadende::tests {
namespace {

using base::ErrorCode;
using model::ClusterState;
using model::NodeQuery;

// One version after the other of the sample cluster.
class Line {
 public:
  explicit Line(ports::History& history) : history_(history), state_(SampleCluster()) {}

  ClusterState& state() { return state_; }
  void Publish(const std::string& subject, const std::string& plan = "{}") {
    const ports::PublishRequest request = {
        &state_, base::FromUnixMillis(1'763'800'000'000), subject, "", "ann@host", plan, {}};
    const auto result = history_.Publish(request);
    if (!result) FAIL(result.error().message);
    MarkPublished(&state_, *result);
  }
  void Touch(const std::string& group, std::uint32_t ordinal, const std::string& address) {
    model::NodeRecord node = SampleNode(state_, group, ordinal, 1);
    node.address = address;
    state_.Apply(model::NodeChanged{group, node});
  }

 private:
  ports::History& history_;
  ClusterState state_;
};

std::vector<std::uint64_t> Serials(const ports::NodeTrace& trace) {
  std::vector<std::uint64_t> serials;
  for (const auto& version : trace.versions) serials.push_back(version.commit.serial);
  return serials;
}

ports::NodeTrace Trace(ports::NodeHistory& nodes, const NodeQuery& query) {
  auto trace = nodes.Trace("shop", query);
  if (!trace) FAIL(trace.error().message);
  return *trace;
}

using Serial = std::vector<std::uint64_t>;

}  // namespace

void CheckNodeHistoryContract(const NodeHistoryFixtureFactory& make) {
  const auto fixture = make();
  ports::NodeHistory& nodes = fixture->Nodes();
  Line line(fixture->History());

  SECTION("a cluster that was never published") {
    CHECK(nodes.Trace("shop", {"web", "0", ""}).error().code == ErrorCode::kNotFound);
    CHECK(nodes.OfGroup("shop", "web", 0).error().code == ErrorCode::kNotFound);
  }
  SECTION("only versions that changed the node, newest first, whatever it is called") {
    line.Publish("one");
    line.Touch("web", 1, "10.1.1.1");
    line.Publish("two", "{\"of\":2}");
    line.Touch("web", 200, "10.2.2.2");  // another chunk
    line.Publish("three");
    line.Touch("web", 300, "10.3.3.3");
    line.Touch("web", 2, "10.3.3.4");  // the same chunk
    line.Publish("four");
    for (const NodeQuery& query : {NodeQuery{"web", "1", ""}, NodeQuery{"", "", "web-1"}}) {
      const auto trace = Trace(nodes, query);
      CHECK(trace.node.Display() == "web[1]");
      CHECK(Serials(trace) == Serial{2, 1});
      CHECK(trace.oldest_serial == 1);
      CHECK(trace.versions[0].commit.subject == "two");
      CHECK(trace.versions[0].plan.find("\"of\":2") != std::string::npos);
      REQUIRE(trace.versions[0].rows.size() == 1);
      CHECK(trace.versions[0].rows[0].address == "10.1.1.1");
      CHECK(trace.versions[0].rows[0].revision == line.state().groups.at("web").record.revisions[0].id);
      CHECK(trace.versions[0].group == "web");
    }
    CHECK(Serials(Trace(nodes, {"web", "300", ""})) == Serial{4, 1});
  }
  SECTION("logical ids") {
    line.Publish("one");
    line.Touch("web", 1, "10.1.1.1");
    line.Publish("two");
    model::NodeRecord node = SampleNode(line.state(), "data/db", 1, 1);
    node.address = "10.9.9.9";
    line.state().Apply(model::NodeChanged{"data/db", node});
    line.Publish("three");
    for (const NodeQuery& query : {NodeQuery{"data/db", "b", ""}, NodeQuery{"", "", "data-db-b"}}) {
      const auto trace = Trace(nodes, query);
      CHECK(trace.node.Display() == "data/db[b]");
      CHECK(Serials(trace) == Serial{3, 1});
    }
    // The ordinal is no name of a node that has an id.
    CHECK(nodes.Trace("shop", {"data/db", "1", ""}).error().code == ErrorCode::kNotFound);
  }
  SECTION("a node that is gone, with its group") {
    line.Publish("one");
    line.state().groups.erase("data/db");
    line.state().dirty_groups.insert("data/db");
    line.Publish("two");
    line.Touch("web", 1, "10.1.1.1");
    line.Publish("three");
    const auto trace = Trace(nodes, {"data/db", "a", ""});
    CHECK(Serials(trace) == Serial{2, 1});
    CHECK(trace.versions[0].rows.empty());
  }
  SECTION("a logical id of a group that came later and went earlier") {
    const model::GroupState group = line.state().groups.at("data/db");
    REQUIRE(group.record.current.logical_ids == std::vector<std::string>{"a", "b", "c"});
    const auto change = [&](const std::string& subject) {
      line.state().dirty_groups.insert("data/db");
      line.state().dirty_chunks.insert({"data/db", 0});
      line.Publish(subject);
    };
    line.state().groups.erase("data/db");
    change("one");
    line.state().groups.emplace("data/db", group);
    change("two");
    line.Touch("data/db", 1, "10.9.9.9");
    line.Publish("three");
    line.state().groups.erase("data/db");
    change("four");
    line.Touch("web", 1, "10.1.1.1");
    line.Publish("five");
    for (const NodeQuery& query : {NodeQuery{"data/db", "b", ""}, NodeQuery{"", "", "data-db-b"}}) {
      CHECK(Serials(Trace(nodes, query)) == Serial{4, 3, 2});
    }
  }
  SECTION("a group that was renamed is followed") {
    line.Publish("one");
    line.state().Apply(model::GroupMoved{"data/db", "base", base::FromUnixMillis(1'763'800'100'000)});
    line.Publish("two", R"({"groups":[{"path":"base","movedFrom":"data/db"}]})");
    const auto trace = Trace(nodes, {"base", "b", ""});
    REQUIRE_FALSE(trace.versions.empty());
    CHECK(trace.node.Display() == "base[b]");
    CHECK(trace.versions.back().commit.serial == 1);
    CHECK(trace.versions.back().group == "data/db");
  }
  SECTION("nodes that never were") {
    line.Publish("one");
    for (const NodeQuery& query : {NodeQuery{"web", "77", ""}, NodeQuery{"wbe", "0", ""}, NodeQuery{"data/db", "z", ""},
                                   NodeQuery{"", "", "web"}, NodeQuery{"", "", "web-x"}}) {
      const auto trace = nodes.Trace("shop", query);
      REQUIRE_FALSE(trace);
      CHECK(trace.error().code == ErrorCode::kNotFound);
    }
  }
  SECTION("versions that changed a group or a folder of groups") {
    line.Publish("one");
    line.Touch("web", 1, "10.1.1.1");
    line.Publish("two");
    model::NodeRecord node = SampleNode(line.state(), "data/db", 1, 1);
    node.address = "10.9.9.9";
    line.state().Apply(model::NodeChanged{"data/db", node});
    line.Publish("three");
    const auto of = [&](const char* group, std::uint32_t limit) {
      Serial serials;
      const auto commits = nodes.OfGroup("shop", group, limit);
      for (const auto& commit : *commits) serials.push_back(commit.serial);
      return serials;
    };
    CHECK(of("web", 0) == Serial{2, 1});
    CHECK(of("data/db", 0) == Serial{3, 1});
    CHECK(of("data", 0) == Serial{3, 1});
    CHECK(of("data", 1) == Serial{3});
    CHECK(of("nothing", 0).empty());
  }
}

}  // namespace kadende::tests
