// Small text helpers that more than one room needs. Look here before writing another.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kadende::base {

[[nodiscard]] std::vector<std::string> Split(std::string_view text, char separator);
[[nodiscard]] std::string Join(std::span<const std::string> parts, std::string_view separator);
[[nodiscard]] std::optional<std::int64_t> ParseInt(std::string_view text);  // whole text, decimal, optional '-'

[[nodiscard]] bool IsValidUtf8(std::string_view text);

// The candidate nearest to `word` by edit distance, if near enough to be a typing error (at most a third of
// the word's length, rounded up); ties go to the first in `candidates`.
[[nodiscard]] std::optional<std::string> Nearest(std::string_view word, std::span<const std::string> candidates);

// Foreign strings (names and messages from files, providers, nodes) are escaped for where they are shown, so
// that none can forge output. Each keeps printable UTF-8 text readable.
[[nodiscard]] std::string EscapeTerminal(std::string_view text);  // control and bidi characters become \xNN or \u{N}
[[nodiscard]] std::string EscapeMarkdown(std::string_view text);  // also ` * _ | < > [ ] and newlines
[[nodiscard]] std::string EscapeHtml(std::string_view text);
[[nodiscard]] std::string QuoteJson(std::string_view text);  // with the quotes

// "3 nodes", "1 node".
[[nodiscard]] std::string Count(std::uint64_t n, std::string_view singular, std::string_view plural = {});
// 100000 -> "100,000".
[[nodiscard]] std::string GroupDigits(std::uint64_t n);

}  // namespace kadende::base
