#include "providers/plugin/last_lines.h"

#include <algorithm>

#include "engine/base/text.h"

namespace kadende::providers::plugin {
namespace {

constexpr std::size_t kMostLines = 8;
constexpr std::size_t kLongestLine = 400;

}  // namespace

std::vector<std::string> LastLines::Add(std::string_view bytes) {
  std::vector<std::string> whole;
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    rest_.append(piece.substr(0, kLongestLine - std::min(rest_.size(), kLongestLine)));
    if (end == std::string_view::npos) break;
    bytes.remove_prefix(end + 1);
    if (rest_.ends_with('\r')) rest_.pop_back();
    if (!rest_.empty()) whole.push_back(std::move(rest_));
    rest_.clear();
  }
  for (const std::string& line : whole) {
    lines_.push_back(line);
    if (lines_.size() > kMostLines) lines_.pop_front();
  }
  return whole;
}

std::string LastLines::Text() const {
  std::string text;
  const auto add = [&text](const std::string& line) {
    text += (text.empty() ? "" : " | ") + base::EscapeTerminal(line);
  };
  std::for_each(lines_.begin(), lines_.end(), add);
  if (!rest_.empty()) add(rest_);
  return text.empty() ? text : "; the last of its standard error: " + text;
}

}  // namespace kadende::providers::plugin
