#include "cli/view/style.h"

#include <array>

namespace kadende::cli {
namespace {

constexpr std::array<std::string_view, 7> kCodes = {"", "1", "2", "31", "32", "33", "36"};

// Bytes of the code point at `at`; 1 for what is not UTF-8.
std::size_t Length(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  return at + length <= text.size() ? length : 1;
}

char32_t CodePoint(std::string_view text, std::size_t at, std::size_t length) {
  const auto lead = static_cast<unsigned char>(text[at]);
  char32_t code = length == 1 ? lead : lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) code = code << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
  return code;
}

// After Unicode's East Asian Width; the blocks that names are made of, not all of it.
std::size_t Cells(char32_t code) {
  const auto within = [code](char32_t from, char32_t to) { return code >= from && code <= to; };
  if (within(0x300, 0x36F) || within(0x200B, 0x200F) || within(0xFE00, 0xFE0F)) return 0;
  if (within(0x1100, 0x115F) || within(0x2E80, 0xA4CF) || within(0xAC00, 0xD7A3) || within(0xF900, 0xFAFF) ||
      within(0xFE30, 0xFE6F) || within(0xFF00, 0xFF60) || within(0xFFE0, 0xFFE6) || within(0x1F300, 0x1FAFF) ||
      within(0x20000, 0x3FFFD)) {
    return 2;
  }
  return 1;
}

}  // namespace

std::string Paint(bool on, Color color, std::string_view text) {
  if (!on || color == Color::kNone || text.empty()) return std::string(text);
  std::string out = "\x1b[";
  return out.append(kCodes[static_cast<std::size_t>(color)]).append("m").append(text).append("\x1b[0m");
}

std::size_t DisplayWidth(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = Length(text, at);
    width += Cells(CodePoint(text, at, length));
    at += length;
  }
  return width;
}

std::string PadRight(std::string_view text, std::size_t width) {
  std::string out(text);
  const std::size_t have = DisplayWidth(text);
  if (have < width) out.append(width - have, ' ');
  return out;
}

std::string PadLeft(std::string_view text, std::size_t width) {
  const std::size_t have = DisplayWidth(text);
  return std::string(have < width ? width - have : 0, ' ').append(text);
}

std::string Shorten(std::string_view text, std::size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  std::size_t used = 1;  // the ellipsis
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t length = Length(text, at);
    const std::size_t cells = Cells(CodePoint(text, at, length));
    if (used + cells > width) break;
    used += cells;
    at += length;
  }
  return width == 0 ? std::string() : std::string(text.substr(0, at)) + "\u2026";
}

std::string Age(base::TimePoint from, base::TimePoint now) {
  if (from == base::TimePoint{}) return "-";
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - from).count();
  if (seconds < 1) return "just now";
  if (seconds < 120) return std::to_string(seconds) + "s";
  if (seconds < 120 * 60) return std::to_string(seconds / 60) + "m";
  if (seconds < 48 * 3600) return std::to_string(seconds / 3600) + "h";
  return std::to_string(seconds / 86400) + "d";
}

}  // namespace kadende::cli
