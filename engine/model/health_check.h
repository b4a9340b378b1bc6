// How the nodes of a group are looked at, and what is done about those that fail: `healthChecks` and `remediation`.
// Part of a group's policy, so changing it changes no node. Stored as JSON (policy_json.h).
//
// Texts may hold ${...}, filled in in two steps (check_texts.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.h"
#include "engine/model/count.h"

namespace kadende::model {

enum class CheckType : std::uint8_t {
  kProvider,   // what the provider says of the instance: always on, never written in a file
  kTcp,        // a connection is accepted
  kHttp,       // a request is answered as wanted
  kExec,       // a program exits with 0; 1 is unhealthy, anything else unknown
  kHeartbeat,  // the node says so itself, often enough
  kPushed,     // somebody says so: `kadende nodes report`
};
[[nodiscard]] std::string_view CheckTypeName(CheckType type);  // "tcp"
[[nodiscard]] std::optional<CheckType> ParseCheckType(std::string_view name);

struct StatusRange {
  std::uint16_t first = 200;
  std::uint16_t last = 399;
  bool operator==(const StatusRange&) const = default;
};

// Defaults: SEMANTICS section 2.
struct HealthCheck {
  std::string name;  // unique in its group; "tcp", "http-2" where none is given
  CheckType type = CheckType::kTcp;
  std::string url;                    // http
  std::string address;                // tcp: "host:port", "[::1]:80"
  std::vector<std::string> command;   // exec
  std::string method = "GET";         // http
  std::vector<StatusRange> statuses;  // http; empty: 200-399
  std::string body_contains;          // http; empty: the body is not looked at
  std::map<std::string, std::string> headers;
  bool verify_tls = true;
  base::Millis interval = std::chrono::seconds(10);
  base::Millis timeout = std::chrono::seconds(5);
  std::uint32_t healthy_after = 2;
  std::uint32_t unhealthy_after = 3;
  // Failures are ignored this long after the create, or until the first healthy.
  base::Millis initial_delay = std::chrono::minutes(5);
  base::Millis unhealthy_for = std::chrono::minutes(5);  // the state must hold this long before action
  // Unknown for this long counts as unhealthy, if the provider also denies the node. Never by itself.
  base::Millis unknown_for = std::chrono::minutes(10);
  // heartbeat, pushed: a report is worth this long; zero: three intervals.
  base::Millis ttl{0};

  bool operator==(const HealthCheck&) const = default;
};

enum class RemedyAction : std::uint8_t {
  kReplace,
  kRestart,  // not yet in force, as the two below: nothing is done, and that is said
  kReimage,
  kReconfigure,
  kExternal,  // somebody else heals; we only show
};
[[nodiscard]] std::string_view RemedyActionName(RemedyAction action);  // "replace"
[[nodiscard]] std::optional<RemedyAction> ParseRemedyAction(std::string_view name);

// Live nodes that may fail while automation acts: fewer, or more, and it does not.
struct UnhealthyRange {
  CountOrPercent min{0, false};   // percent rounds up
  CountOrPercent max{100, true};  // percent rounds down, never below 1

  bool operator==(const UnhealthyRange&) const = default;
};

// So many in a time, in bursts of that many (a token bucket).
struct RatePolicy {
  CountOrPercent count{10, true};  // percent rounds down, never below 1
  base::Millis per = std::chrono::minutes(10);

  bool operator==(const RatePolicy&) const = default;
};

// A slot whose replacements do not last.
struct RetryPolicy {
  std::uint32_t max = 5;                             // in a row; then it is left to a person
  base::Millis period = std::chrono::minutes(2);     // between two of them
  base::Millis lasts_after = std::chrono::hours(1);  // healthy for this long: the row is over

  bool operator==(const RetryPolicy&) const = default;
};

// A node that changes so often between healthy and failing is left to a person; no changes: never.
struct FlappingPolicy {
  std::uint32_t changes = 4;
  base::Millis within = std::chrono::minutes(30);

  bool operator==(const FlappingPolicy&) const = default;
};

// Defaults: SEMANTICS section 3.
struct RemediationPolicy {
  RemedyAction action = RemedyAction::kReplace;
  CountOrPercent max_unhealthy{40, true};                        // percent rounds down, never below 1
  CountOrPercent max_in_flight{10, true};                        // percent rounds down, never below 1
  std::optional<UnhealthyRange> unhealthy_range = std::nullopt;  // wins over max_unhealthy
  RatePolicy rate = {};
  CountOrPercent min_capacity{90, true};  // percent rounds up
  // Live nodes given up within an hour. Unset: 25 % of the group or 10, whichever is smaller, never below 1.
  std::optional<CountOrPercent> blast_cap = std::nullopt;
  RetryPolicy retry = {};
  FlappingPolicy flapping = {};
  base::Millis suspend_after = std::chrono::hours(24);  // of nothing but failures

  bool operator==(const RemediationPolicy&) const = default;
};

}  // namespace kadende::model
