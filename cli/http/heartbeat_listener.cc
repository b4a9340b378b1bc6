#include "cli/http/heartbeat_listener.h"

#include <utility>

namespace kadende::cli {
namespace {

constexpr std::size_t kMostBody = 4 * 1024;

HttpAnswer Unauthorized() {
  return {401, "the token is missing, or no node's\n", "text/plain; charset=utf-8", "WWW-Authenticate", "Bearer"};
}

class HeartbeatService : public HttpService {
 public:
  explicit HeartbeatService(DeliverHeartbeat deliver) : deliver_(std::move(deliver)) {}

  [[nodiscard]] std::string_view path() const override { return "/v1/heartbeat"; }
  [[nodiscard]] std::vector<std::string_view> methods() const override { return {"POST"}; }
  [[nodiscard]] std::size_t most_body() const override { return kMostBody; }

  std::optional<HttpAnswer> Refuse(const HttpRequest& head) override {
    if (TokenHashOf(head.authorization)) return std::nullopt;
    return Unauthorized();
  }

  HttpAnswer Answer(const HttpRequest& request) override {
    Heartbeat heartbeat;
    const auto token_hash = TokenHashOf(request.authorization);
    if (!token_hash) return Unauthorized();
    heartbeat.token_hash = *token_hash;
    if (const base::Status read = ReadHeartbeatBody(request.body, &heartbeat); !read) {
      return {400, read.error().message + "\n"};
    }
    if (!deliver_(heartbeat)) return Unauthorized();
    return {204, {}};
  }

 private:
  const DeliverHeartbeat deliver_;
};

}  // namespace

base::Result<std::unique_ptr<HttpListener>> ListenForHeartbeats(HttpListenerOptions options, DeliverHeartbeat deliver) {
  options.purpose = "heartbeats";
  return HttpListener::Open(options, std::make_unique<HeartbeatService>(std::move(deliver)));
}

}  // namespace kadende::cli
