// What is known of the health of nodes. Made by engine/reconcile from what probes, providers and people report; kept in
// the working store (ports/health_store.h) for other processes to show, never published.
//
// Health is judged by the process that looks: what another process stored is shown, and gives "since when" and whether
// a node ever was healthy, but a node is unknown to a new watch until it has looked itself.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.h"
#include "engine/model/identity.h"

namespace kadende::model {

enum class HealthState : std::uint8_t {
  kInitializing,  // young, and not healthy yet: failures do not count
  kHealthy,
  kUnhealthy,
  kUnknown,  // nobody could look, or nobody has looked yet: never acted upon by itself
};
[[nodiscard]] std::string_view HealthStateName(HealthState state);  // "healthy"
[[nodiscard]] std::optional<HealthState> ParseHealthState(std::string_view name);

// What one look gave.
enum class Finding : std::uint8_t {
  kPass,
  kFail,
  kUnknown,  // the machinery of the look failed, not the node: no descriptors left, a program that cannot be started
};

struct Observation {
  Finding finding = Finding::kUnknown;
  std::string evidence;  // one line for a person: "connection refused", "status 500"; foreign text
  base::TimePoint at{};
};

// One check of one node.
struct CheckHealth {
  HealthState state = HealthState::kUnknown;
  std::uint32_t passes = 0;  // in a row
  std::uint32_t fails = 0;   // in a row
  base::TimePoint since{};   // of `state`
  base::TimePoint last_at{};
  base::TimePoint unknown_since{};  // of the present row of unknown findings; never: the last look told something
  std::string evidence;             // of the last look
  std::uint32_t unknowns = 0;       // in a row
  base::TimePoint healthy_at{};     // first healthy moment of the node; never: not yet
};

// What the passes of one watch remember of a node. Kept by the watching process alone (reconcile::CarryOver), neither
// stored nor believed from another process.
struct PassMemory {
  base::TimePoint first_at{};        // the first pass that saw it
  base::TimePoint denied_since{};    // since when the provider says that it does not work; never: it does not
  bool failing = false;              // as the last pass judged it
  std::uint32_t changes = 0;         // between healthy and failing, since `changing_since`
  base::TimePoint changing_since{};  // the first of them
  bool failed_create = false;        // that it never joined is counted in the group's CreateBackoff

  bool operator==(const PassMemory&) const = default;
};

// A node, over all its checks: unhealthy if one is, else unknown if one is, else initializing, else healthy.
struct NodeHealth {
  Slot slot;
  std::uint32_t incarnation = 0;
  HealthState state = HealthState::kUnknown;
  base::TimePoint since{};
  base::TimePoint joined_at{};  // first healthy moment; never: not yet
  std::string check;            // the one that decides; empty: none has looked
  std::string evidence;
  base::TimePoint last_at{};
  base::TimePoint next_at{};  // next look; never: nobody looks
  // Why nothing is done about an unhealthy node, and until when (never: until something changes); empty: not held back.
  std::string held_back;
  base::TimePoint held_until{};

  bool operator==(const NodeHealth&) const = default;
  base::TimePoint check_since{};  // since when `check` says so: countdowns start here; never: at `since`
  bool recovering = false;        // unhealthy or initializing, but the last look by `check` passed
  PassMemory memory;
  // How long watches have counted so far, for the next one to go on from: lengths of time, so that no clock that is
  // set in between ends a countdown early.
  base::Millis joining_for{0};  // waited for the first healthy moment; zero once it was healthy
  base::Millis denied_for{0};   // the provider has said without a break that it does not work
};

// The row of a node in rows that are sorted by slot and incarnation, or null. Logarithmic.
template <class Rows>
[[nodiscard]] auto* FindHealth(Rows& rows, const NodeRowKey& key) {
  const auto found = std::ranges::lower_bound(rows, key, {}, KeyOf<NodeHealth>);
  return found != rows.end() && KeyOf(*found) == key ? &*found : nullptr;
}

// What a person or a program said about a node.
struct HealthReport {
  std::string group;
  std::string slot_key;
  std::uint32_t incarnation = 0;
  bool healthy = false;
  std::string source;   // who said it
  std::string message;  // foreign text
  base::TimePoint at{};
  base::TimePoint until{};  // worth nothing after this
};

}  // namespace kadende::model
