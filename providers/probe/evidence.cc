#include "providers/probe/evidence.h"

#include <array>
#include <cerrno>
#include <system_error>

namespace kadende::providers::probe {
namespace {

constexpr std::size_t kLongest = 200;
constexpr std::string_view kBlanks(" \t\r\n\v\f\0", 7);

struct NodesFault {
  int error;
  std::string_view evidence;
};
constexpr std::array<NodesFault, 9> kNodesFaults = {{
    {ECONNREFUSED, "connection refused"},
    {ECONNRESET, "connection reset"},
    {ECONNABORTED, "connection aborted"},
    {EPIPE, "connection closed"},
    {ETIMEDOUT, "connection timed out"},
    // A router, or the neighbour table of this machine, says that nobody has the address; "network unreachable" is
    // about this machine's own routes.
    {EHOSTUNREACH, "host unreachable"},
    {EHOSTDOWN, "host down"},
    {EPROTO, "protocol error"},
    {ENOPROTOOPT, "protocol not available"},
}};

}  // namespace

std::string Shorten(std::string_view line) {
  if (line.size() <= kLongest) return std::string(line);
  std::size_t end = kLongest;
  // Back to the beginning of a character: 10xxxxxx continues one. More than three of them are no UTF-8.
  while (end > kLongest - 4 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;
  return std::string(line.substr(0, end));
}

std::string LastLine(std::string_view text) {
  const std::size_t last = text.find_last_not_of(kBlanks);
  if (last == std::string_view::npos) return {};
  text = text.substr(0, last + 1);
  text.remove_prefix(text.find_last_of("\r\n") + 1);  // npos + 1 is 0
  text.remove_prefix(text.find_first_not_of(kBlanks));
  return Shorten(text);
}

Outcome ConnectionFailed(int error) {
  for (const auto& [known, evidence] : kNodesFaults) {
    if (known == error) return {model::Finding::kFail, std::string(evidence)};
  }
  return {model::Finding::kUnknown, Shorten("cannot connect from here: " + std::system_category().message(error))};
}

Outcome TimedOut(base::Millis timeout) {
  return {model::Finding::kFail, "no answer within " + base::FormatDuration(timeout)};
}

}  // namespace kadende::providers::probe
