// One file from its address, piece by piece: https, http to this machine, or file. Bounded in size and time; every
// redirect is held to the same rule.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/base/time.h"

namespace kadende::providers {

struct DownloadOptions {
  std::string authorities;  // PEM file of certificate authorities; empty: the system's
  base::Millis timeout = std::chrono::minutes(15);
  base::Millis stalled = std::chrono::seconds(30);
  std::stop_token stop = {};
};

class Downloader {
 public:
  explicit Downloader(DownloadOptions options) : options_(std::move(options)) {}

  using Sink = std::function<base::Status(std::string_view)>;
  // Errors name the address and the remedy; the sink's own come back as they are.
  [[nodiscard]] base::Status Fetch(const std::string& url, const Sink& sink) const;

  // Where the address leads to, one step on; nullopt: it is the file's own. kInvalid: a redirect to where none may
  // lead.
  [[nodiscard]] base::Result<std::optional<std::string>> Redirect(const std::string& url) const;

 private:
  const DownloadOptions options_;
};

}  // namespace kadende::providers
