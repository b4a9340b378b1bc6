#include "lang/source_text.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace kadende::lang {
namespace {

// Bytes of the sequence that starts at `at`, or 0 where it is not UTF-8 (overlong forms and surrogates included).
std::size_t SequenceLength(std::string_view bytes, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char lead = byte(at);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || at + length > bytes.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = byte(at + 1);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool beyond = (lead == 0xED && second > 0x9F) || (lead == 0xF4 && second > 0x8F);
  return overlong || beyond ? 0 : length;
}

bool IsForbidden(std::string_view bytes, std::size_t at) {
  const auto c = static_cast<unsigned char>(bytes[at]);
  if (c == '\r') return at + 1 >= bytes.size() || bytes[at + 1] != '\n';
  return (c < 0x20 && c != '\t' && c != '\n') || c == 0x7F;
}

std::string Hex(char c) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "0x%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
  return text.data();
}

// Render shows a window of it; a file that is one line would be copied into each of its diagnostics.
constexpr std::size_t kLongestExcerpt = 16'384;

}  // namespace

int CountCharacters(std::string_view text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

SourceText::SourceText(std::string_view bytes, std::string_view file) : bytes_(bytes), file_(file) {
  if (bytes_.starts_with("\xEF\xBB\xBF")) bytes_.remove_prefix(3);
  starts_.push_back(0);
  if (bytes_.size() > kMaxFileBytes) return;  // nothing will be addressed
  for (std::size_t at = bytes_.find('\n'); at != std::string_view::npos; at = bytes_.find('\n', at + 1)) {
    starts_.push_back(at + 1);
  }
}

std::size_t SourceText::LineStart(int line) const {
  if (line < 1) return 0;
  const auto index = static_cast<std::size_t>(line - 1);
  return index < starts_.size() ? starts_[index] : bytes_.size();
}

std::string_view SourceText::Line(int line) const {
  const std::size_t start = LineStart(line);
  std::string_view text = bytes_.substr(start, bytes_.find('\n', start) - start);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

int SourceText::LineOf(std::size_t offset) const {
  return static_cast<int>(std::upper_bound(starts_.begin(), starts_.end(), offset) - starts_.begin());
}

Place SourceText::PlaceOf(std::size_t offset, std::size_t length_bytes) const {
  offset = std::min(offset, bytes_.size());
  const int line = LineOf(offset);
  const std::size_t start = LineStart(line);
  const std::string_view text = Line(line);
  const std::size_t within = std::min(offset - start, text.size());
  return {line, CountCharacters(text.substr(0, within)) + 1,
          std::max(1, CountCharacters(text.substr(within, length_bytes)))};
}

base::SourceRange SourceText::Range(const Place& place) const {
  return {file_, place.line, place.column, place.length};
}

void SourceText::FillExcerpts(base::Diagnostics* diagnostics) const {
  for (base::Diagnostic& item : diagnostics->mutable_items()) {
    if (item.range.line <= 0 || item.range.file != file_) continue;
    const std::string_view line = Line(item.range.line);
    if (line.size() > kLongestExcerpt) continue;
    item.excerpt = line;
  }
}

std::optional<base::Diagnostic> SourceText::FindUnreadable() const {
  base::Diagnostic problem;
  problem.range.file = file_;
  if (bytes_.size() > kMaxFileBytes) {
    problem.message = "the file has " + std::to_string(bytes_.size()) + " bytes, more than the limit of 2 MiB";
    problem.remedy = "many equal nodes are one group with a `size`, not many entries";
    return problem;
  }
  for (std::size_t at = 0; at < bytes_.size();) {
    const std::size_t length = SequenceLength(bytes_, at);
    if (length != 0 && !IsForbidden(bytes_, at)) {
      at += length;
      continue;
    }
    problem.range = Range(PlaceOf(at, 1));
    problem.message = length == 0 ? "the byte " + Hex(bytes_[at]) + " is not UTF-8"
                                  : "the control character " + Hex(bytes_[at]) + " cannot be in a configuration file";
    problem.remedy = "is this a text file? Save it as UTF-8";
    return problem;
  }
  return std::nullopt;
}

}  // namespace kadende::lang
