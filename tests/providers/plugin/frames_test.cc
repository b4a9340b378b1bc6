#include <catch2/catch.hpp>

#include "providers/plugin/last_lines.h"
#include "providers/plugin/line_splitter.h"
#include "providers/plugin/message.h"

namespace kadende::tests {
namespace {

using providers::plugin::LastLines;
using providers::plugin::LineSplitter;
using Lines = std::vector<std::string>;

struct Fed {
  bool fits = false;
  Lines lines;
};

Fed Feed(LineSplitter& splitter, std::string_view bytes) {
  Fed fed;
  fed.fits = splitter.Feed(bytes, [&fed](std::string_view line) { fed.lines.emplace_back(line); });
  return fed;
}

TEST_CASE("lines come whole, however their bytes arrive") {
  LineSplitter splitter(100);
  CHECK(Feed(splitter, "a\nbc").lines == Lines{"a"});
  CHECK(splitter.rest() == "bc");
  CHECK(Feed(splitter, "d\r\n\n\r\ne\n").lines == Lines{"bcd", "e"});
  CHECK(splitter.rest().empty());
}

TEST_CASE("a line up to the limit is given out, a longer one is refused and what follows with it") {
  LineSplitter splitter(4);
  CHECK(Feed(splitter, "abcd\n").lines == Lines{"abcd"});
  CHECK(Feed(splitter, "ab").fits);
  const Fed fed = Feed(splitter, "cde\nf\n");
  CHECK_FALSE(fed.fits);
  CHECK(fed.lines.empty());
}

TEST_CASE("of error output the last lines are kept, cut to a length, and escaped where they are shown") {
  LastLines lines;
  CHECK(lines.Text().empty());
  CHECK(lines.Add("one\r\n\ntw") == Lines{"one"});
  CHECK(lines.Text() == "; the last of its standard error: one | tw");
  CHECK(lines.Add("o\x1b[2J\n").back() == "two\x1b[2J");
  CHECK(lines.Text() == "; the last of its standard error: one | two\\x1b[2J");
  for (int i = 0; i < 1000; ++i) lines.Add(std::string(1000, 'x') + "\n");
  CHECK(lines.Text().size() < 4000);
}

TEST_CASE("a method and its parameters are one line") {
  CHECK(providers::plugin::RequestLine(7, "destroy", R"({"id":"i"})") ==
        R"({"jsonrpc":"2.0","id":7,"method":"destroy","params":{"id":"i"}})"
        "\n");
  CHECK(providers::plugin::CancelLine(7) == R"({"jsonrpc":"2.0","method":"cancel","params":{"id":7}})"
                                            "\n");
}

TEST_CASE("an error of a plugin has no effect where nothing was to be changed, and an escaped message") {
  providers::plugin::RemoteError error{base::ErrorCode::kInternal, "bad\x1b[0m", {}, {}};
  CHECK(ToError(error, "p", false).effect == base::Effect::kNone);
  CHECK(ToError(error, "p", true).effect == base::Effect::kPossible);
  CHECK(ToError(error, "p", true).message == "plugin `p`: bad\\x1b[0m");
  error.effect = base::Effect::kNone;
  CHECK(ToError(error, "p", true).effect == base::Effect::kNone);
}

}  // namespace
}  // namespace kadende::tests
