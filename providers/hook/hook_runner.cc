#include "providers/hook/hook_runner.h"

#include <utility>

#include "engine/base/json.h"
#include "engine/base/text.h"
#include "providers/hook/facts.h"
#include "providers/hook/program.h"
#include "providers/http/client.h"

namespace kadende::providers {
namespace {

using base::Effect;
using base::ErrorCode;

constexpr std::size_t kMostAnswer = 4 * 1024;
constexpr int kNotYet = 503;

class Runner : public ports::HookRunner {
 public:
  explicit Runner(HookOptions options) : options_(std::move(options)), client_("kadende") {}

  base::Status Run(const model::Hook& hook, const ports::HookFacts& facts, const ports::CallContext& context) override {
    return hook.exec.empty() ? Post(hook, facts, context) : Exec(hook, facts, context);
  }

 private:
  base::Status Exec(const model::Hook& hook, const ports::HookFacts& facts, const ports::CallContext& context) const {
    hook::ProgramOptions program;
    program.command = hook.exec;
    program.environment = hook::EnvironmentFor(facts);
    program.directory = options_.base_directory;
    program.silence = hook.timeout;
    program.limit = std::min({hook.timeout * options_.most_timeouts, options_.longest, context.timeout});
    return hook::RunProgram(program, context.stop);
  }

  base::Status Post(const model::Hook& hook, const ports::HookFacts& facts, const ports::CallContext& context) {
    const std::string body = hook::JsonOf(facts);
    http::Request request;
    request.method = "POST";
    request.url = hook.url;
    request.headers = {{"Content-Type", "application/json"}};
    request.body = body;
    http::Limits limits;
    limits.timeout = std::min(hook.timeout, context.timeout);
    limits.stop = context.stop;
    limits.most_body = kMostAnswer;
    const auto answer = client_.Send(request, limits);
    if (!answer) return tl::unexpected(answer.error());
    if (answer->IsSuccess()) return {};
    std::string why = "status " + std::to_string(answer->status);
    if (const std::string said = hook::LastLine(answer->body); !said.empty()) why += ": " + said;
    return base::Fail(answer->status == kNotYet ? ErrorCode::kUnavailable : ErrorCode::kInternal, std::move(why),
                      Effect::kPossible);
  }

  const HookOptions options_;
  http::Client client_;
};

}  // namespace

std::unique_ptr<ports::HookRunner> MakeHookRunner(HookOptions options) {
  return std::make_unique<Runner>(std::move(options));
}

}  // namespace kadende::providers
