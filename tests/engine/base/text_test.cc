#include "engine/base/text.h"

#include <catch2/catch.hpp>

#include "engine/base/diagnostics.h"
#include "engine/base/json.h"

namespace kadende::base {

TEST_CASE("the nearest key is suggested only when it is near") {
  const std::vector<std::string> keys = {"size", "labels", "resourcePlugin"};
  CHECK(Nearest("siez", keys) == "size");
  CHECK(Nearest("resourcePlugn", keys) == "resourcePlugin");
  CHECK_FALSE(Nearest("banana", keys));
  CHECK_FALSE(Nearest("", keys));
}

TEST_CASE("broken UTF-8 is found") {
  CHECK(IsValidUtf8("gr\xC3\xBC\xC3\x9F"));
  CHECK_FALSE(IsValidUtf8("\xC0\xAF"));          // overlong
  CHECK_FALSE(IsValidUtf8("\xED\xA0\x80"));      // surrogate
  CHECK_FALSE(IsValidUtf8("\xF5\x80\x80\x80"));  // beyond Unicode
  CHECK_FALSE(IsValidUtf8("\xE2\x82"));          // cut off
}

TEST_CASE("a hostile name cannot steer a terminal") {
  CHECK(EscapeTerminal("a\x1b[31mred\n") == "a\\x1b[31mred\\x0a");
  CHECK(EscapeTerminal("\xE2\x80\xAE"
                       "evil") == "\\u{202e}evil");
  CHECK(EscapeTerminal("\xff") == "\\xff");
}

TEST_CASE("a hostile name cannot break out of Markdown or HTML") {
  CHECK(EscapeMarkdown("`a` <b> | [x](y)\n") == "\\`a\\` &lt;b&gt; \\| \\[x\\](y)\\x0a");
  CHECK(EscapeMarkdown("https://evil.example www.evil.example $x$") ==
        "https&#58;//evil.example www&#46;evil.example &#36;x&#36;");
  CHECK(EscapeHtml("<a href=\"x\">'&") == "&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
}

TEST_CASE("JSON strings are quoted as JSON asks") {
  const std::string text = "a\"b\\c\n\x01 gr\xC3\xBC";
  CHECK(ParseJson(QuoteJson(text)).value().get<std::string>() == text);
}

TEST_CASE("counts read as sentences") {
  CHECK(Count(1, "node") == "1 node");
  CHECK(Count(100'000, "node") == "100,000 nodes");
  CHECK(Count(2, "entry", "entries") == "2 entries");
}

TEST_CASE("a diagnostic shows place, cause, mark and remedy") {
  Diagnostic diagnostic{Severity::kError,         "unknown key `siez`",   "groups.web.siez",
                        {"cluster.yml", 7, 5, 4}, "did you mean `size`?", "    siez: 2"};
  CHECK(Render(diagnostic) ==
        "cluster.yml:7:5: error: unknown key `siez` (groups.web.siez)\n"
        "    7 |     siez: 2\n"
        "      |     ^~~~\n"
        "    did you mean `size`?\n");
}

TEST_CASE("the mark of a very long line stays in view") {
  Diagnostic diagnostic{Severity::kError,  "bad", "",
                        {"f", 1, 5000, 3}, "",    std::string(4999, ' ') + "bad" + std::string(4000, 'x')};
  const std::string text = Render(diagnostic);
  CHECK(text.size() < 500);
  CHECK(text.find("^~~") != std::string::npos);
}

TEST_CASE("JSON refuses what other readers silently accept") {
  CHECK(ParseJson(R"({"a":1,"a":2})").error().message == "not valid JSON: duplicate key \"a\"");
  CHECK_FALSE(ParseJson(std::string(200, '[')));
  CHECK_FALSE(ParseJson("{} {}"));
  CHECK(Canonical(ParseJson(R"({"b":1, "a":[true,null]})").value()) == R"({"a":[true,null],"b":1})");
}

}  // namespace kadende::base
