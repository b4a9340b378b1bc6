#include "providers/plugin/loader/output.h"

#include <fcntl.h>
#include <unistd.h>

#include "engine/base/text.h"
#include "providers/shim/files.h"

namespace kadende::providers::plugin {
namespace {

std::string Head(const std::string& id) {
  return R"({"jsonrpc":"2.0","id":)" + id;
}

}  // namespace

Output::Output() : fd_(::fcntl(1, F_DUPFD_CLOEXEC, 3)) {
  ::dup2(2, 1);
}

void Output::Result(const std::string& id, std::string_view result) {
  Send(Head(id) + R"(,"result":)" + std::string(result) + "}\n");
}

void Output::Error(const std::string& id, std::string_view code, std::string_view effect, std::string_view message) {
  std::string data = R"({"code":)" + base::QuoteJson(code);
  if (!effect.empty()) data += R"(,"effect":)" + base::QuoteJson(effect);
  Send(Head(id) + R"(,"error":{"code":-32000,"message":)" + base::QuoteJson(message) + R"(,"data":)" + data + "}}}\n");
}

void Output::UnknownMethod(const std::string& id, std::string_view method) {
  Send(Head(id) + R"(,"error":{"code":-32601,"message":)" + base::QuoteJson("no method " + std::string(method)) +
       "}}\n");
}

void Output::Notification(std::string_view method, const std::string& params) {
  Send(R"({"jsonrpc":"2.0","method":)" + base::QuoteJson(method) + R"(,"params":)" + params + "}\n");
}

void Output::Send(const std::string& line) {
  const std::lock_guard lock(mutex_);
  if (!shim::WriteAll(fd_, line)) ::_exit(0);  // the host is gone
}

}  // namespace kadende::providers::plugin
