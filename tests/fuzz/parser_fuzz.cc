// Any bytes: parsing ends, never crashes, says something about what it refuses; formatting is stable and keeps the
// meaning.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "lang/formatter.h"
#include "lang/parser.h"

namespace {

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);  // NOLINT: bytes as characters
  const auto parsed = kadende::lang::Parse(bytes, {"fuzz.yml", {}});
  const std::string shown = kadende::base::Render(parsed.diagnostics);
  Require(parsed.diagnostics.empty() == shown.empty(), "every finding is shown");
  if (!parsed.diagnostics.HasErrors()) Require(parsed.spec.text == bytes, "the spec keeps the file");
  const auto formatted = kadende::lang::Format(bytes, "fuzz.yml");
  if (formatted.diagnostics.HasErrors()) return 0;
  Require(kadende::lang::Format(formatted.text, "fuzz.yml").text == formatted.text, "formatting is stable");
  const auto again = kadende::lang::Parse(formatted.text, {"fuzz.yml", {}});
  Require(again.diagnostics.HasErrors() == parsed.diagnostics.HasErrors(), "formatting keeps errors");
  if (parsed.diagnostics.HasErrors()) return 0;
  Require(again.spec.groups.size() == parsed.spec.groups.size(), "formatting keeps groups");
  for (std::size_t i = 0; i < parsed.spec.groups.size(); ++i) {
    Require(again.spec.groups[i].properties == parsed.spec.groups[i].properties, "formatting keeps properties");
    Require(again.spec.groups[i].policy == parsed.spec.groups[i].policy, "formatting keeps policies");
  }
  return 0;
}
