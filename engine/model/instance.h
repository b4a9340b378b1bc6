// What a provider has made, as a provider reports it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/digest.h"
#include "engine/base/time.h"
#include "engine/model/identity.h"

namespace kadende::model {

enum class InstanceStatus : std::uint8_t {
  kPending,  // accepted, not usable yet
  kRunning,
  kUnhealthy,    // exists, and the provider itself says that it does not work
  kStopped,      // exists, can be started again by its owner; not gone
  kTerminating,  // on its way out: counts as gone once terminated
  kTerminated,   // positively gone, though still listed
  kUnknown,      // listed, but the provider cannot tell: never acted upon
};
[[nodiscard]] std::string_view InstanceStatusName(InstanceStatus status);
[[nodiscard]] bool ParseInstanceStatus(std::string_view name, InstanceStatus* status);

// The tags by which an instance is ours. Providers store them as tags of their kind (prefix "kadende/").
struct Ownership {
  Lineage lineage;
  std::string cluster;  // name at the time of the create
  std::string group;    // path at the time of the create: a group may have been renamed since
  Slot slot;
  std::uint32_t incarnation = 0;
  Token token;
  base::Digest revision;
};

struct Instance {
  std::string id;  // the provider's, unique within its scope
  std::string name;
  Ownership owner;
  std::vector<std::pair<std::string, std::string>> labels;  // sorted by key; the user's
  InstanceStatus status = InstanceStatus::kUnknown;
  std::string status_reason;           // the provider's words; foreign text
  std::vector<std::string> addresses;  // first = the one that node.address means
  std::string attributes = "{}";       // canonical JSON object
  base::TimePoint created_at{};
};

}  // namespace kadende::model
