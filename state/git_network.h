// The network steps of a remote, each of them bounded: fetch, list, push. What a push did is never believed where it
// did not say so itself: its end is looked up in a new listing.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "state/git_address.h"
#include "state/git_answers.h"

namespace kadende::state {

using RefList = std::map<std::string, std::string>;  // object ids in hex by full name

// A ref that is to go from exactly `from` to `to`; empty: it does not exist.
struct RefUpdate {
  std::string ref;
  std::string from;
  std::string to;
};

struct PushRequest {
  std::vector<RefUpdate> updates;  // all or none
  // Whether a listing shows that this push took effect, though it did not say so.
  std::function<bool(const RefList&)> took_effect;
  std::vector<std::string> also_list = {};  // further refs that took_effect wants to see
  const char* fault_before = "";            // names of fault points
  const char* fault_after = "";
};

struct PushReport {
  // kConflict: a ref is not at `from`, nothing was changed. Effect::kPossible: it could not be found out what happened.
  base::Status status;
  std::optional<RefList> seen;  // where it was looked up
};

// Not thread-safe; cheap to make.
class GitNetwork {
 public:
  // `repository`: our own, which has what is pushed. `limit` is for each step with all its attempts. `stop` ends a step
  // early, with kCancelled.
  GitNetwork(std::string repository, GitAddress address, base::Millis limit, std::stop_token stop = {});

  // Refspecs with a pattern each, so that what the remote does not have is not an error, but removed here.
  [[nodiscard]] base::Status Fetch(const std::vector<std::string>& refspecs);
  // Full names; those that do not exist are left out.
  [[nodiscard]] base::Result<RefList> List(const std::vector<std::string>& refs);
  [[nodiscard]] PushReport Push(const PushRequest& request);

  [[nodiscard]] const std::string& shown() const { return address_.shown; }

 private:
  [[nodiscard]] base::Result<GitOutput> Run(std::vector<std::string> arguments, base::Millis limit);
  [[nodiscard]] base::Error Unreachable(const base::Error& error) const;
  [[nodiscard]] std::optional<PushReport> LookUp(const PushRequest& request, const base::Result<GitOutput>& push);

  const std::string repository_;
  const GitAddress address_;
  const base::Millis limit_;
  const std::stop_token stop_;
};

}  // namespace kadende::state
