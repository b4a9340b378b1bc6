#include "engine/model/spec.h"

namespace kadende::model {

base::Millis GroupPolicy::Bake() const {
  constexpr base::Millis kBakeOfCheckedGroups = std::chrono::seconds(30);  // SEMANTICS 4
  return rollout.bake.value_or(checks.empty() ? base::Millis(0) : kBakeOfCheckedGroups);
}

}  // namespace kadende::model
