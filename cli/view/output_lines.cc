#include "cli/view/output_lines.h"

#include "engine/base/text.h"

namespace kadende::cli {
namespace {

constexpr std::size_t kLongestLine = 1U << 20U;  // a node that prints no line ends must not fill the memory

}  // namespace

void OutputLines::Add(std::string_view piece) {
  for (std::size_t end = piece.find('\n'); end != std::string_view::npos; end = piece.find('\n')) {
    begun_ += piece.substr(0, end);
    piece.remove_prefix(end + 1);
    Write(begun_);
    begun_.clear();
  }
  begun_ += piece;
  if (begun_.size() >= kLongestLine) Finish();
}

void OutputLines::Finish() {
  if (!begun_.empty()) Write(begun_);
  begun_.clear();
}

void OutputLines::Write(std::string_view line) {
  sink_(R"({"type":"line","node":)" + base::QuoteJson(node_) + R"(,"text":)" + base::QuoteJson(line) + "}\n");
}

}  // namespace kadende::cli
