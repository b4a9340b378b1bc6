// What a node says of itself in a heartbeat: read from its request, without any server.
//
//   POST /v1/heartbeat
//   Authorization: Bearer <the node's token, 52 characters>
//
//   {"healthy": false, "message": "disk full"}     may be missing: healthy
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/digest.h"
#include "engine/base/result.h"
#include "engine/model/identity.h"

namespace kadende::cli {

struct Heartbeat {
  base::Digest token_hash;  // HashToken of the token that it came with
  bool healthy = true;
  std::string message = {};  // foreign text, at most 200 bytes
};

// What a token is known by here. Nodes are looked up by it and never by the token itself, so that the time that a
// comparison takes tells a guesser nothing.
[[nodiscard]] base::Digest HashToken(const model::Token& token);

// From the value of the Authorization header. nullopt: no bearer token, or none of ours by its form.
[[nodiscard]] std::optional<base::Digest> TokenHashOf(std::string_view authorization);

// Fills in `healthy` and `message`. Unknown keys are passed over: a node may be newer than we are. The message of an
// Error is for the node's log.
[[nodiscard]] base::Status ReadHeartbeatBody(std::string_view body, Heartbeat* heartbeat);

}  // namespace kadende::cli
