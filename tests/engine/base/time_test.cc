#include "engine/base/time.h"

#include <catch2/catch.hpp>

namespace kadende::base {

TEST_CASE("durations read what people write") {
  CHECK(ParseDuration("10s") == Millis(10'000));
  CHECK(ParseDuration("1h30m") == Millis(5'400'000));
  CHECK(ParseDuration("7d") == Millis(604'800'000));
  CHECK(ParseDuration("250ms") == Millis(250));
  CHECK(ParseDuration("0s") == Millis(0));
}

TEST_CASE("durations refuse what would be a guess") {
  for (const char* text : {"", "10", "s", "1x", "10s5m", "1h1h", "-5s", "1.5h", "10 s", "99999999999d", "1m "}) {
    CAPTURE(text);
    CHECK_FALSE(ParseDuration(text));
  }
}

TEST_CASE("formatted durations read back") {
  for (const std::int64_t millis : {0LL, 1LL, 999LL, 1'000LL, 90'000LL, 86'400'000LL, 90'061'001LL}) {
    CHECK(ParseDuration(FormatDuration(Millis(millis))) == Millis(millis));
  }
  CHECK(FormatDuration(Millis(90'000)) == "1m30s");
}

TEST_CASE("times are RFC 3339 in UTC") {
  const TimePoint time = FromUnixMillis(1'795'334'626'007);
  CHECK(FormatRfc3339(time, true) == "2026-11-22T08:03:46.007Z");
  CHECK(ParseRfc3339("2026-11-22T08:03:46.007Z") == time);
  CHECK(ParseRfc3339(FormatRfc3339(time)) == FromUnixMillis(1'795'334'626'000));
  CHECK_FALSE(ParseRfc3339("2026-13-22T08:03:46Z"));
  CHECK_FALSE(ParseRfc3339("2026-11-22"));
}

}  // namespace kadende::base
