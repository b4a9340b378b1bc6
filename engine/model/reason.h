// Why something changes: the closed set of machine reasons. Stored and shown; never renumber, only append.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kadende::model {

enum class Reason : std::uint8_t {
  kSizeUp = 0,              // "size_up"
  kSizeDown = 1,            // "size_down": also a logical id that was taken off the list
  kGroupRemoved = 2,        // "group_removed": the group left the file, or destroy was asked for
  kRevisionChanged = 3,     // "revision_changed"
  kUnhealthy = 4,           // "unhealthy"
  kMissing = 5,             // "missing": recorded, and confirmed absent
  kTerminated = 6,          // "terminated": listed as gone
  kStray = 7,               // "stray": ours, and given up by our state
  kTainted = 8,             // "tainted"
  kRequested = 9,           // "requested": --replace, a person's command
  kInterrupted = 10,        // "interrupted": left over from a run that was cut off
  kLabelsChanged = 11,      // "labels_changed"
  kPropertiesChanged = 12,  // "properties_changed": only mutable ones
  kPolicyChanged = 13,      // "policy_changed": changes no node
  kMoved = 14,              // "moved": the group was renamed
  kDependency = 15,         // "dependency": waits for another group
  kReplaced = 16,           // "replaced": the old instance of a replaced node
  kSecretChanged = 17,      // "secret_changed": the value of a secret that its properties use is another
};

[[nodiscard]] std::string_view ReasonName(Reason reason);
[[nodiscard]] std::optional<Reason> ParseReason(std::string_view name);

}  // namespace kadende::model
