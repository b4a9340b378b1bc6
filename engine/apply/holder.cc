#include "engine/apply/holder.h"

#include <unistd.h>

#include <utility>

namespace kadende::apply {

std::string Purpose(model::RunKind kind) {
  switch (kind) {
    case model::RunKind::kApply:
      return "apply";
    case model::RunKind::kWatch:
      return "watch";
    case model::RunKind::kDestroy:
      return "destroy";
    case model::RunKind::kEdit:
      return "edit";
  }
  return "run";
}

ports::Holder MakeHolder(const RunPorts& ports, const std::string& actor, std::string reason) {
  return {.actor = actor, .reason = std::move(reason), .pid = getpid(), .since = ports.clock->Now()};
}

}  // namespace kadende::apply
