#include "tests/engine/apply/test_bed.h"

#include <set>

#include "engine/base/text.h"

namespace kadende::test {
namespace {

std::string_view PhaseName(model::NodePhase phase) {
  switch (phase) {
    case model::NodePhase::kLive:
      return "live";
    case model::NodePhase::kLeaving:
      return "leaving";
    case model::NodePhase::kTombstone:
      return "tombstone";
  }
  return "";
}

std::string Name(const std::string& group, const model::Slot& slot, std::uint32_t incarnation) {
  return model::NodeAddress{group, slot}.Display() + "#" + std::to_string(incarnation);
}

}  // namespace

TestBed::TestBed() {
  fake.manifest.listing = model::Listing::kAuthoritative;
  fake.manifest.idempotent_tokens = true;
  providers.Add(&fake);
}

model::ClusterSpec TestBed::Spec(const std::vector<std::pair<std::string, std::uint32_t>>& groups,
                                 const std::string& image) {
  model::ClusterSpec spec;
  spec.name = "shop";
  spec.version = "1";
  spec.text = image;
  for (const auto& [path, size] : groups) {
    spec.text += " " + path + ":" + std::to_string(size);
    model::GroupSpec group;
    group.path = path;
    group.size = size;
    group.provider.name = "fake";
    group.properties = R"({"image":")" + image + R"("})";
    spec.groups.push_back(std::move(group));
  }
  spec.hash = base::Sha256(spec.text);
  return spec;
}

model::Lineage TestBed::Lineage() {
  const auto clusters = store.Clusters();
  return clusters && !clusters->empty() ? clusters->front().lineage : "";
}

model::ClusterState TestBed::State() {
  auto state = store.Load(Lineage());
  return state ? std::move(*state) : model::ClusterState{};
}

apply::RunPorts TestBed::Ports() {
  apply::RunPorts ports;
  ports.store = &store;
  ports.providers = &providers;
  ports.observer = &observer;
  ports.clock = &clock;
  ports.history = &history;
  ports.leadership = &leadership;
  return ports;
}

apply::RunRequest TestBed::Request(const model::ClusterSpec& spec) {
  apply::RunRequest request;
  request.lineage = Lineage();
  request.spec = &spec;
  request.execute.parallelism = parallelism;
  request.execute.actor = "tester";
  request.execute.retry.base = base::Millis(1);
  return request;
}

base::Result<apply::RunResult> TestBed::Apply(const model::ClusterSpec& spec) {
  return apply::Run(Request(spec), Ports());
}

base::Result<apply::RunResult> TestBed::Destroy() {
  apply::RunRequest request = Request({});
  request.spec = nullptr;
  request.kind = model::RunKind::kDestroy;
  request.plan.destroy = true;
  return apply::Run(request, Ports());
}

std::string TestBed::Rows() {
  std::vector<std::string> rows;
  const model::ClusterState state = State();
  for (const auto& [path, group] : state.groups) {
    for (const auto& [key, node] : group.nodes) {
      if (node.phase == model::NodePhase::kTombstone) continue;
      rows.push_back(Name(path, node.slot, node.incarnation) + " " + std::string(PhaseName(node.phase)));
    }
  }
  for (const auto& [key, intent] : state.intents) {
    rows.push_back(Name(intent.node.group, intent.node.slot, intent.incarnation) +
                   (intent.kind == model::IntentKind::kCreate ? " create?" : " destroy?"));
  }
  return base::Join(rows, ", ");
}

std::string TestBed::World() {
  std::multiset<std::string> names;
  for (const model::Instance& instance : fake.Instances()) {
    names.insert(Name(instance.owner.group, instance.owner.slot, instance.owner.incarnation));
  }
  return base::Join(std::vector<std::string>(names.begin(), names.end()), " ");
}

std::string TestBed::Calls() {
  std::string text;
  for (const test::FakeCall& call : fake.Calls()) {
    if (call.kind == test::CallKind::kCreate || call.kind == test::CallKind::kDestroy) text += call.ToText() + "\n";
  }
  return text;
}

}  // namespace kadende::test
