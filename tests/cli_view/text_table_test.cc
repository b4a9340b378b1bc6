#include <catch2/catch.hpp>

#include "cli/view/screen.h"
#include "cli/view/text_table.h"

using namespace kadende::cli;

namespace {

using Lines = std::vector<std::string>;

TextTable Sample() {
  TextTable table({{"NODE"}, {"ID", 2, 4}, {"AGE", 1}, {"NOTE"}});
  table.Add({{"web[0]"}, {"abcdefgh"}, {"5m"}, {"one two three four"}});
  table.Add({{"web[1]"}, {"x"}, {"17m"}, {""}});
  return table;
}

TextTableOptions Width(std::size_t width, Overflow overflow = Overflow::kWrap) {
  return {false, width, overflow};
}

}  // namespace

TEST_CASE("without a width a row is a line") {
  CHECK(Sample().Lines({}) ==
        Lines{"NODE    ID        AGE  NOTE", "web[0]  abcdefgh  5m   one two three four", "web[1]  x         17m"});
}

TEST_CASE("where it is narrow, ids keep their ends, then columns are left out, then the note is wrapped") {
  CHECK(Sample().Lines(Width(40))[1] == "web[0]  …fgh  5m   one two three four");
  CHECK(Sample().Lines(Width(34))[1] == "web[0]  …fgh  one two three four");
  CHECK(Sample().Lines(Width(26))[1] == "web[0]  one two three four");
  CHECK(Sample().Lines(Width(23)) == Lines{"NODE    NOTE", "web[0]  one two three", "        four", "web[1]"});
}

TEST_CASE("a table that is cut has a line a row, however narrow") {
  CHECK(Sample().Lines(Width(14, Overflow::kCut)) == Lines{"NODE    NOTE", "web[0]  one t…", "web[1]"});
  CHECK(Sample().Lines(Width(5, Overflow::kCut)) == Lines{"NODE", "web[…", "web[…"});
}

TEST_CASE("colours are around cells, and change no width") {
  TextTable table({{"STATUS"}, {"NOTE"}});
  table.Add({{"up", Color::kGreen}, {"x"}});
  CHECK(table.Lines({true, 0, Overflow::kWrap})[1] == "\x1b[32mup      \x1b[0mx");
}

TEST_CASE("text is wrapped at blanks, and a word that is too long where it must") {
  CHECK(WrapText("", 5) == Lines{""});
  CHECK(WrapText("ab cd ef", 5) == Lines{"ab cd", "ef"});
  CHECK(WrapText("abcdef", 5) == Lines{"abcde", "f"});
  CHECK(WrapText("x abcdefghijk", 5) == Lines{"x", "abcde", "fghij", "k"});
  CHECK(WrapText("日本語", 4) == Lines{"日本", "語"});
}

TEST_CASE("a screen is drawn over, not cleared, until the window changes") {
  std::string bytes;
  Screen screen([&bytes](std::string_view text) { bytes = text; });
  screen.Draw({"a", "b"}, 80, 24);
  CHECK(bytes == "a\x1b[K\nb\x1b[K\n\x1b[J");
  screen.Draw({"c"}, 80, 24);
  CHECK(bytes == "\x1b[2Fc\x1b[K\n\x1b[J");
  screen.Draw({"d"}, 79, 24);
  CHECK(bytes == "\x1b[2J\x1b[Hd\x1b[K\n\x1b[J");
}
