#include "engine/base/time.h"

#include <array>
#include <cstdio>
#include <limits>

namespace kadende::base {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t millis;
};
// Falling order: the order in which they must stand.
constexpr std::array<Unit, 5> kUnits = {{{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::int64_t kMaxMillis = 100LL * 366 * 86'400'000;

bool ReadDigits(std::string_view text, std::size_t& at, std::size_t count, int& value) {
  if (at + count > text.size()) return false;
  value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const char c = text[at + i];
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  at += count;
  return true;
}

bool ReadChar(std::string_view text, std::size_t& at, char wanted) {
  if (at >= text.size() || text[at] != wanted) return false;
  ++at;
  return true;
}

}  // namespace

std::string FormatRfc3339(TimePoint time, bool with_millis) {
  const auto days = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss<Millis> clock(time - days);
  std::array<char, 40> buffer{};
  const int written = std::snprintf(
      buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  std::string out(buffer.data(), static_cast<std::size_t>(written));
  if (with_millis) {
    std::snprintf(buffer.data(), buffer.size(), ".%03d", static_cast<int>(clock.subseconds().count()));
    out += buffer.data();
  }
  return out + "Z";
}

std::optional<TimePoint> ParseRfc3339(std::string_view text) {
  std::size_t at = 0;
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int millis = 0;
  const bool ok = ReadDigits(text, at, 4, year) && ReadChar(text, at, '-') && ReadDigits(text, at, 2, month) &&
                  ReadChar(text, at, '-') && ReadDigits(text, at, 2, day) && ReadChar(text, at, 'T') &&
                  ReadDigits(text, at, 2, hour) && ReadChar(text, at, ':') && ReadDigits(text, at, 2, minute) &&
                  ReadChar(text, at, ':') && ReadDigits(text, at, 2, second);
  if (!ok || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  if (ReadChar(text, at, '.') && !ReadDigits(text, at, 3, millis)) return std::nullopt;
  if (!ReadChar(text, at, 'Z') || at != text.size()) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok()) return std::nullopt;
  return TimePoint(std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(hour) +
                   std::chrono::minutes(minute) + std::chrono::seconds(second) + Millis(millis));
}

std::optional<Millis> ParseDuration(std::string_view text) {
  std::size_t at = 0;
  std::size_t next_unit = 0;
  std::int64_t total = 0;
  if (text.empty()) return std::nullopt;
  while (at < text.size()) {
    std::int64_t number = 0;
    const std::size_t digits = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
      number = number * 10 + (text[at++] - '0');
      if (number > kMaxMillis) return std::nullopt;
    }
    if (at == digits) return std::nullopt;
    std::size_t name_end = at;
    while (name_end < text.size() && text[name_end] >= 'a' && text[name_end] <= 'z') ++name_end;
    const std::string_view name = text.substr(at, name_end - at);
    while (next_unit < kUnits.size() && kUnits[next_unit].name != name) ++next_unit;
    if (next_unit == kUnits.size()) return std::nullopt;
    if (number > kMaxMillis / kUnits[next_unit].millis) return std::nullopt;
    total += number * kUnits[next_unit++].millis;
    if (total > kMaxMillis) return std::nullopt;
    at = name_end;
  }
  return Millis(total);
}

std::string FormatDuration(Millis duration) {
  std::int64_t rest = duration.count();
  if (rest == 0) return "0s";
  std::string out = rest < 0 ? "-" : "";
  if (rest < 0)
    rest = rest == std::numeric_limits<std::int64_t>::min() ? std::numeric_limits<std::int64_t>::max() : -rest;
  for (const Unit& unit : kUnits) {
    if (rest < unit.millis) continue;
    out += std::to_string(rest / unit.millis);
    out += unit.name;
    rest %= unit.millis;
  }
  return out;
}

}  // namespace kadende::base
