#include "cli/http/metrics_listener.h"

#include <utility>

namespace kadende::cli {
namespace {

class MetricsService : public HttpService {
 public:
  explicit MetricsService(std::function<std::string()> text) : text_(std::move(text)) {}

  [[nodiscard]] std::string_view path() const override { return "/metrics"; }
  [[nodiscard]] std::vector<std::string_view> methods() const override { return {"GET", "HEAD"}; }
  HttpAnswer Answer(const HttpRequest& /*request*/) override {
    return {200, text_(), "text/plain; version=0.0.4; charset=utf-8"};
  }

 private:
  const std::function<std::string()> text_;
};

}  // namespace

base::Result<std::unique_ptr<HttpListener>> ListenForScrapes(HttpListenerOptions options,
                                                             std::function<std::string()> text) {
  options.purpose = "metrics";
  return HttpListener::Open(options, std::make_unique<MetricsService>(std::move(text)));
}

}  // namespace kadende::cli
