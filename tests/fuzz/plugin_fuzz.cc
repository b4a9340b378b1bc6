// Any bytes from a plugin: they are cut into the same lines however they arrive, and each line is a message or refused;
// whatever an answer holds, reading it ends in a value or an error.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "providers/plugin/line_splitter.h"
#include "providers/plugin/manifest_codec.h"
#include "providers/plugin/message.h"
#include "providers/plugin/requests.h"

namespace {

using namespace kadende::providers::plugin;  // NOLINT: all of this file is about it

constexpr std::size_t kLargest = 4096;

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

struct Cut {
  std::vector<std::string> lines;
  bool fits = true;
  bool operator==(const Cut&) const = default;
};

Cut CutUp(std::string_view bytes, std::size_t step) {
  Cut cut;
  LineSplitter splitter(kLargest);
  while (!bytes.empty() && cut.fits) {
    cut.fits = splitter.Feed(bytes.substr(0, step), [&](std::string_view line) { cut.lines.emplace_back(line); });
    Require(splitter.rest().size() <= kLargest, "no more than one line is held");
    bytes.remove_prefix(std::min(step, bytes.size()));
  }
  return cut;
}

void ReadAsAnswers(const kadende::base::Json& value) {
  const std::vector<std::string> ids{"i-7"};
  static_cast<void>(ParseInitializeAnswer(value));
  static_cast<void>(ValidateAnswer(value));
  static_cast<void>(CreateAnswer(value, {}));
  static_cast<void>(UpdateAnswer(value, {}));
  const auto page = ListAnswer(value, {});
  if (page) Require(!page->scope.empty() || page->instances.empty(), "no place, no instances");
  const auto described = DescribeAnswer(value, ids, kadende::ports::Presence::kGone);
  if (described) Require(described->descriptions.size() == ids.size(), "a description for each id");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A vector marks the lines of a plugin; to the fuzzer they are lines like others.
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);  // NOLINT: bytes as characters
  const Cut whole = CutUp(bytes, size + 1);
  const Cut pieces = CutUp(bytes, 7);
  Require(whole.fits == pieces.fits, "what is too long does not depend on how it arrives");
  if (whole.fits) Require(whole == pieces, "lines do not depend on how they arrive");
  for (std::string_view line : whole.lines) {
    if (line.starts_with("< ")) line.remove_prefix(2);
    const auto message = ParseMessage(line);
    if (!message) {
      Require(!message.error().message.empty(), "a refusal says why");
      continue;
    }
    if (message->kind == MessageKind::kResult) ReadAsAnswers(message->value);
  }
  return 0;
}
