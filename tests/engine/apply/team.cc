#include "tests/engine/apply/team.h"

#include <algorithm>
#include <set>
#include <utility>

#include "engine/base/text.h"

namespace kadende::test {

// The way from one machine to the cloud of all.
class Clone::Cloud : public ports::Provider {
 public:
  Cloud(Clone& clone, FakeProvider& cloud) : clone_(clone), cloud_(cloud) {}

  const model::Manifest& Manifest() const override { return cloud_.Manifest(); }
  base::Diagnostics Validate(std::string_view properties) override { return cloud_.Validate(properties); }
  base::Result<ports::ListPage> List(const ports::ListRequest& request, const ports::CallContext& context) override {
    return Through("look", [&] { return cloud_.List(request, context); });
  }
  base::Result<ports::DescribeResult> Describe(std::string_view scope_config, std::span<const std::string> ids,
                                               const ports::CallContext& context) override {
    return Through("look", [&] { return cloud_.Describe(scope_config, ids, context); });
  }
  base::Result<ports::CreateResult> Create(const ports::CreateRequest& request,
                                           const ports::CallContext& context) override {
    return Through("create", [&] { return cloud_.Create(request, context); });
  }
  base::Result<model::Instance> Update(const ports::UpdateRequest& request,
                                       const ports::CallContext& context) override {
    return Through("update", [&] { return cloud_.Update(request, context); });
  }
  base::Status Destroy(std::string_view scope_config, std::string_view id, std::string_view reason,
                       const ports::CallContext& context) override {
    return Through("destroy", [&] { return cloud_.Destroy(scope_config, id, reason, context); });
  }

 private:
  template <class Call>
  auto Through(std::string_view step, Call call) -> decltype(call()) {
    const Wire wire = clone_.Step(step);
    if (wire == Wire::kThrough) return call();
    if (wire == Wire::kUnheard) (void)call();
    const auto effect = wire == Wire::kDenied ? base::Effect::kNone : base::Effect::kPossible;
    return base::Fail(base::ErrorCode::kUnavailable, "no answer from the cloud", effect);
  }

  Clone& clone_;
  FakeProvider& cloud_;
};

class Clone::Clouds : public ports::ProviderSource {
 public:
  Clouds(Clone& clone, FakeProvider& cloud) : cloud_(clone, cloud) {}
  base::Result<ports::Provider*> Find(const model::ProviderRef& /*ref*/) override { return &cloud_; }

 private:
  Cloud cloud_;
};

Team::Team() {
  fake.manifest.listing = model::Listing::kAuthoritative;
  fake.manifest.idempotent_tokens = true;
}

Clone& Team::Add(const std::string& name) {
  return clones.emplace_back(*this, name);
}

std::string Team::World() const {
  std::multiset<std::string> names;
  for (const model::Instance& instance : fake.Instances()) {
    names.insert(model::NodeAddress{instance.owner.group, instance.owner.slot}.Display() + "#" +
                 std::to_string(instance.owner.incarnation));
  }
  return base::Join(std::vector<std::string>(names.begin(), names.end()), " ");
}

std::uint64_t Team::Serial() const {
  const auto tip = server.Find(server.Ref(MemoryBranch("shop")));
  return tip ? tip->summary.serial : 0;
}

std::size_t Team::RunRefs() const {
  return server.List("refs/kadende/run/").size();
}

void Team::Pass(base::Millis time) {
  // In pieces that nobody who is awake sleeps through.
  constexpr base::Millis kPiece = std::chrono::minutes(1);
  for (base::Millis left = time; left > base::Millis(0); left -= kPiece) {
    clock.Advance(std::min(left, kPiece));
    for (Clone& clone : clones) {
      if (!clone.dead() && !clone.suspended()) clone.remote.Beat();
    }
  }
}

Clone::Clone(Team& team, std::string name)
    : remote(repository, team.server, team.clock, name),
      team_(team),
      name_(std::move(name)),
      clouds_(std::make_unique<Clouds>(*this, team.fake)) {
  const auto on_disk = [this](std::string_view step) {
    const Wire wire = Step(step);
    return wire == Wire::kThrough ? base::Status()
                                  : base::Status(base::Fail(base::ErrorCode::kQuota, "the disk is full"));
  };
  store.OnCommit([on_disk](const model::StateChanges&) { return on_disk("store"); });
  history.before_commit = [on_disk] { return on_disk("publish"); };
  lines.before_change = [on_disk] { return on_disk("branch"); };
  remote.on_wire = [this](std::string_view what) { return Step(what); };
}

Wire Clone::Step(std::string_view step) {
  if (dead_) throw Killed();
  const auto on_step = team_.on_step;  // it may put another in its place
  const Wire wire = on_step ? on_step(*this, step) : Wire::kThrough;
  if (dead_) throw Killed();
  return wire;
}

void Clone::Revive() {
  dead_ = false;
  suspended_ = false;
}

model::Lineage Clone::Lineage() {
  const auto clusters = store.Clusters();
  return clusters && !clusters->empty() ? clusters->front().lineage : "";
}

model::ClusterState Clone::State() {
  auto state = store.Load(Lineage());
  return state ? std::move(*state) : model::ClusterState{};
}

apply::RunPorts Clone::Ports() {
  apply::RunPorts ports;
  ports.store = &store;
  ports.providers = clouds_.get();
  ports.observer = &observer;
  ports.clock = &team_.clock;
  ports.history = &history;
  ports.leadership = &leadership;
  ports.remote = &remote;
  ports.lines = &lines;
  ports.unclaimed_when_lost = unclaimed_when_lost;
  ports.pause = [this](base::Millis wait, const std::string& /*why*/) {
    if (Step("pause") == Wire::kThrough) team_.Pass(wait);
    return true;
  };
  return ports;
}

apply::RunRequest Clone::Request(const model::ClusterSpec& spec) {
  apply::RunRequest request;
  request.lineage = Lineage();
  request.spec = &spec;
  request.execute.parallelism = 1;
  request.execute.actor = name_;
  request.execute.retry.attempts = 1;
  return request;
}

base::Result<apply::RunResult> Clone::Run(const apply::RunRequest& request) {
  try {
    return apply::Run(request, Ports());
  } catch (const Killed&) {
    return base::Fail(base::ErrorCode::kCancelled, "killed");
  }
}

base::Result<apply::RunResult> Clone::Heal() {
  apply::RunRequest request = Request({});
  request.spec = nullptr;
  request.kind = model::RunKind::kWatch;
  request.plan.heal_only = true;
  request.execute.grow_backoff = true;
  return Run(request);
}

base::Result<apply::PullResult> Clone::Pull(bool take_remote) {
  try {
    return apply::Pull({"shop", Lineage(), name_, take_remote, {}}, Ports());
  } catch (const Killed&) {
    return base::Fail(base::ErrorCode::kCancelled, "killed");
  }
}

}  // namespace kadende::test
