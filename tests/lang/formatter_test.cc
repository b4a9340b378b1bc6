// fmt: layout, comments, and that nothing is ever lost.
#include "lang/formatter.h"

#include <rapidcheck.h>

#include "tests/lang/support.h"

namespace kadende::lang {
namespace {

std::string Formatted(const std::string& text) {
  const FormatResult result = Format(text, "cluster.yml");
  CHECK(base::Render(result.diagnostics).empty());
  CHECK(Format(result.text, "cluster.yml").text == result.text);
  return result.text;
}

TEST_CASE("keys come in the order of the table, comments go with them") {
  CHECK(Formatted("# about the file\n\n# the name\nname: 'shop'  # n\nversion: 1\n\n\ngroups: # g\n    web:\n"
                  "        resourcePlugin: {version: 2,\n            name: sim}\n        # how many\n        size: 2\n"
                  "    # end\n") ==
        R"(# about the file

version: 1
# the name
name: "shop"  # n

groups:  # g
  web:
    # how many
    size: 2
    resourcePlugin: {name: sim, version: 2}
  # end
)");
}

TEST_CASE("brackets with comments inside are opened") {
  CHECK(Formatted(
            "groups:\n  db:\n    logicalIds: [a, # first\n      # before b\n      b\n      # end\n      ] # after\n") ==
        R"(groups:
  db:
    logicalIds:  # after
      - a           # first
      # before b
      - b
      # end
)");
}

TEST_CASE("lists, multi-line text and nothing") {
  CHECK(Formatted(
            "groups:\n  a:\n    resourceProperties:\n      x: |   # lit\n        # text\n        more\n      y: >-\n"
            "        folded\n        text\n      list:\n      - a\n      -\n        # in item\n        k: v\n"
            "      - - n\n        - m\n      nil:\n    size: 1\n") ==
        R"(groups:
  a:
    size: 1
    resourceProperties:
      x: |   # lit
        # text
        more
      y: |-
        folded text
      list:
        - a
        -
          # in item
          k: v
        - - n
          - m
      nil: null
)");
}

TEST_CASE("the examples keep their meaning") {
  for (const std::string file : {LANG_EXAMPLES "/basic_cluster.yml", LANG_TESTDATA "/complete.yml"}) {
    const std::string text = ReadTestFile(file);
    const ParsedSpec before = ParseText(text);
    const ParsedSpec after = ParseText(Formatted(text));
    REQUIRE(after.spec.groups.size() == before.spec.groups.size());
    for (std::size_t i = 0; i < before.spec.groups.size(); ++i) {
      CHECK(after.spec.groups[i].path == before.spec.groups[i].path);
      CHECK(after.spec.groups[i].properties == before.spec.groups[i].properties);
      CHECK(after.spec.groups[i].policy == before.spec.groups[i].policy);
    }
  }
  const std::string basic = ReadTestFile(LANG_EXAMPLES "/basic_cluster.yml");
  CHECK(Formatted(basic) == basic);
}

TEST_CASE("a broken file is not formatted") {
  const FormatResult result = Format("a: [1\n", "cluster.yml");
  CHECK(result.text.empty());
  CHECK(result.diagnostics.HasErrors());
}

// A random mapping with comments, in random layout.
std::string RandomMapping(int depth, const std::string& indent) {
  std::string text;
  const int count = *rc::gen::inRange(1, 4);
  for (int i = 0; i < count; ++i) {
    if (*rc::gen::inRange(0, 4) == 0) text += indent + "# c" + std::to_string(*rc::gen::inRange(0, 99)) + "\n";
    if (*rc::gen::inRange(0, 5) == 0) text += "\n";
    const std::string tail = *rc::gen::element<std::string>("", "", " # t", "   # tail # more");
    const std::string key = indent + "k" + std::to_string(i) + ":";
    switch (*rc::gen::inRange(0, depth > 0 ? 7 : 4)) {
      case 0:
        text += key + " " + *rc::gen::element<std::string>("1", "017", "true", "~", "a b", "it's", "a#b") + tail + "\n";
        break;
      case 1:
        text += key + " " + *rc::gen::element<std::string>("'a # b'", "\"x: \\n\"", "''", "'it''s'") + tail + "\n";
        break;
      case 2:
        text += key + " [a, 'b # c', {d: 1}]" + tail + "\n";
        break;
      case 3:
        text += key + " |" + tail + "\n" + indent + "  # text\n" + indent + "  more\n";
        break;
      case 4:
        text += key + tail + "\n" + indent + "- x" + tail + "\n" + indent + "# between\n" + indent + "- y\n";
        break;
      case 5:
        text += key + " [a," + (tail.empty() ? "" : tail) + "\n" + indent + "   b]" + tail + "\n";
        break;
      default:
        text += key + tail + "\n" + RandomMapping(depth - 1, indent + "   ");
    }
  }
  if (*rc::gen::inRange(0, 4) == 0) text += indent + "# foot\n";
  return text;
}

TEST_CASE("formatting is stable and loses no comment, whatever the layout") {
  CHECK(rc::check([] {
    const std::string text = RandomMapping(3, "");
    const FormatResult once = Format(text, "x.yml");
    RC_LOG() << text << "----\n" << base::Render(once.diagnostics) << once.text;
    RC_ASSERT(once.diagnostics.empty());
    RC_ASSERT(Format(once.text, "x.yml").text == once.text);
  }));
}

}  // namespace
}  // namespace kadende::lang
