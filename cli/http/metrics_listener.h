// GET /metrics, for Prometheus and what else reads its format.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/http/http_listener.h"

namespace kadende::cli {

// `text` is asked from the listener's thread, at each scrape. `options.purpose` is filled in.
[[nodiscard]] base::Result<std::unique_ptr<HttpListener>> ListenForScrapes(HttpListenerOptions options,
                                                                           std::function<std::string()> text);

}  // namespace kadende::cli
