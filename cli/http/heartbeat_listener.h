// Hears the heartbeats of nodes (heartbeat.h) over an HttpListener. It is off unless asked for.
//
// Answers: 204 taken; 400 a body that is none; 401 no token, or nobody's; 404, 405 anything else; 413 more than 4 KiB.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/http/heartbeat.h"
#include "cli/http/http_listener.h"

namespace kadende::cli {

// False: nobody has this token. Called from the listener's thread.
using DeliverHeartbeat = std::function<bool(const Heartbeat& heartbeat)>;

// `options.purpose` is filled in.
[[nodiscard]] base::Result<std::unique_ptr<HttpListener>> ListenForHeartbeats(HttpListenerOptions options,
                                                                              DeliverHeartbeat deliver);

}  // namespace kadende::cli
