// One node that is looked at, and its group as the monitor keeps it. For health_monitor.cc only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/cluster_state.h"
#include "engine/model/event.h"
#include "engine/model/health.h"
#include "engine/ports/health_probe.h"

namespace kadende::reconcile {

struct FollowedGroup {
  std::string lineage;
  std::string cluster;  // name
  std::string path;
  std::string folder;            // where programs run
  std::uint32_t generation = 0;  // of `checks`
  std::vector<model::HealthCheck> checks;
  std::map<model::NodeRowKey, std::uint64_t> nodes;            // ids
  std::map<std::string, std::uint32_t, std::less<>> ordinals;  // of logical ids
};

struct FollowedCheck {
  model::CheckHealth health;
  base::TimePoint next_at{};                  // of the next look
  bool under_way = false;                     // a look has not come back yet
  std::optional<model::HealthReport> report;  // the newest, of checks that are told
  base::TimePoint heard_since{};              // since when somebody listens for this check's heartbeats
};

class FollowedNode {
 public:
  FollowedNode(std::uint64_t id, const FollowedGroup* group, const model::NodeRecord& row);

  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] const FollowedGroup& group() const { return *group_; }
  [[nodiscard]] const model::NodeHealth& health() const { return health_; }
  [[nodiscard]] const model::Token& token() const { return token_; }
  [[nodiscard]] std::vector<FollowedCheck>& checks() { return checks_; }
  [[nodiscard]] bool has_begun() const { return born_.has_value(); }

  // Address and instance as the row has them now. A node that was changed in place since (another revision) begins
  // anew at `now`: its initial delay, what was counted, and what it failed before the change. True: it did.
  bool Update(const model::NodeRecord& row, base::TimePoint now);
  // What an earlier process knew: counts for nothing but whether it ever was healthy.
  void Remember(const model::NodeHealth& stored);
  // The initial delay starts here.
  void Begin(base::TimePoint born) { born_ = born; }
  // The group's checks were replaced: what is known of a check that stayed the same stays known.
  void Adapt(const std::vector<model::HealthCheck>& before);

  // The state has changed if an event comes back.
  std::optional<model::Event> Take(std::uint32_t check, const model::Observation& seen);
  std::optional<model::Event> Lapse(std::uint32_t check, base::TimePoint at);

  // The look that `check` asks for; an Error where its texts cannot be filled in for this node.
  [[nodiscard]] base::Result<ports::ProbeRequest> Request(std::uint32_t check) const;
  [[nodiscard]] model::NodeHealth Seen() const;  // health with the next look

 private:
  std::optional<model::Event> Combined(base::TimePoint at);

  std::uint64_t id_;
  const FollowedGroup* group_;
  std::optional<base::TimePoint> born_;
  model::Token token_;
  base::Digest revision_;
  std::string address_;
  std::string instance_id_;
  std::vector<FollowedCheck> checks_;  // as the group's
  model::NodeHealth health_;
};

}  // namespace kadende::reconcile
