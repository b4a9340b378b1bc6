// Optional ability of a provider ("planUpdate" in its manifest): whether a change of properties is made in place or
// needs another instance, where the manifest's mutable properties are not all that there is to say (a disk that can
// only grow).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/ports/provider.h"

namespace kadende::ports {

struct PlanUpdateRequest {
  // Canonical JSON objects. Strings may hold ${...} where a value is not known yet.
  std::string_view before;
  std::string_view after;
  std::vector<std::string> paths;  // of all that differs ("size", "disks[0].gb"), sorted
};

struct UpdateVerdict {
  std::string path;  // one of the request's
  bool replace = false;
  std::string reason;  // one sentence, or empty; foreign text
};

class PlanUpdate {
 public:
  virtual ~PlanUpdate() = default;
  // Pure, as Provider::Validate: the same request gives the same verdicts. Paths that it does not name are for the
  // manifest to decide.
  [[nodiscard]] virtual base::Result<std::vector<UpdateVerdict>> Judge(const PlanUpdateRequest& request,
                                                                       const CallContext& context) = 0;
};

// What a ProviderSource is besides, where it knows providers with this ability.
class PlanUpdates {
 public:
  virtual ~PlanUpdates() = default;
  // Of a provider that Find has given; owned as that is. Null: it has none.
  [[nodiscard]] virtual PlanUpdate* FindPlanUpdate(const model::ProviderRef& ref) = 0;
};

}  // namespace kadende::ports
