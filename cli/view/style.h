// Terminal colours. Whether there are any is an option of each view; commands decide it (isatty, NO_COLOR, --no-color).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/time.h"

namespace kadende::cli {

enum class Color : std::uint8_t { kNone, kBold, kDim, kRed, kGreen, kYellow, kCyan };

// `text` as it is without `on`. The text must already be escaped (base::EscapeTerminal).
[[nodiscard]] std::string Paint(bool on, Color color, std::string_view text);

// Cells that a terminal gives to UTF-8 text: code points, wide ones (CJK, emoji) as two, combining ones as none.
[[nodiscard]] std::size_t DisplayWidth(std::string_view text);

// Padded with blanks to `width` cells; longer text is left alone.
[[nodiscard]] std::string PadRight(std::string_view text, std::size_t width);
[[nodiscard]] std::string PadLeft(std::string_view text, std::size_t width);

// Shortened to `width` cells with "…" at the end; shorter text is left alone.
[[nodiscard]] std::string Shorten(std::string_view text, std::size_t width);

// For people: "just now", "42s", "5m", "3h", "12d"; "-" for never.
[[nodiscard]] std::string Age(base::TimePoint from, base::TimePoint now);

}  // namespace kadende::cli
