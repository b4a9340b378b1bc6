// Requests of http looks, all on the prober's one loop. libcurl is behind it, in http_client.cc and
// http/curl_functions.* alone.
//
// Each look has a connection of its own: one that was kept open would say nothing of a server that takes no new ones.
// No proxy, no redirect is followed, no credentials are read from files: what is looked at is the node itself.
#pragma once

#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/model/health_check.h"
#include "providers/probe/look.h"

namespace kadende::providers::probe {

class HttpClient {
 public:
  // Loads libcurl. `ca_file`: as ProberOptions, empty: the system's. `loop` and `resolver` must outlive it.
  [[nodiscard]] static base::Result<std::unique_ptr<HttpClient>> Make(Loop& loop, Resolver& resolver,
                                                                      const std::string& ca_file);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // The client must outlive the look.
  [[nodiscard]] std::unique_ptr<Look> NewLook(model::HealthCheck check, Look::Finish finish);

 private:
  class Multi;
  class HttpLook;
  explicit HttpClient(std::unique_ptr<Multi> multi);
  std::unique_ptr<Multi> multi_;
};

}  // namespace kadende::providers::probe
