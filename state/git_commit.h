// Commits as bytes: what one says (ports::CommitSummary) and its place in the line.
//
// Message: subject, blank, body (the plan's text), blank, trailers Kadende-*. Bytes depend on the input alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/ports/history.h"
#include "state/git_repository.h"

namespace kadende::state {

inline constexpr std::string_view kRunTrailer = "Kadende-Run";
// "<serial> <commit>": what the store had published last, where a history without it was made anew.
inline constexpr std::string_view kLostTrailer = "Kadende-History-Lost";

struct Commit {
  ports::CommitSummary summary;
  ObjectId tree;
  std::optional<ObjectId> parent;
};

struct CommitRequest {
  ObjectId tree;
  std::optional<ObjectId> parent;
  Identity identity;
  std::uint64_t serial = 0;
  const ports::PublishRequest* publish = nullptr;
  std::string lost = {};  // kLostTrailer; empty: none
};
[[nodiscard]] std::string EncodeCommit(const CommitRequest& request);

[[nodiscard]] base::Result<Commit> ReadCommit(const GitRepository& repository, const ObjectId& id);

}  // namespace kadende::state
