#include "providers/schema/property_schema.h"

#include <catch2/catch.hpp>

namespace kadende::providers {
namespace {

constexpr const char* kSchema = R"({
  "type": "object",
  "required": ["image", "size"],
  "additionalProperties": false,
  "definitions": {"port": {"type": "integer", "minimum": 1, "maximum": 65535}},
  "properties": {
    "image": {"type": "string", "minLength": 1, "description": "what it runs"},
    "size": {"enum": ["small", "large"]},
    "ports": {"type": "array", "maxItems": 3, "items": {"$ref": "#/definitions/port"}},
    "disk": {"type": "object", "properties": {"gib": {"type": ["integer", "null"]}}, "additionalProperties": false},
    "zone": {"type": "string", "pattern": "^[a-z]+-[0-9]$"},
    "either": {"oneOf": [{"type": "integer"}, {"type": "object"}]}
  }
})";

// "path: message (remedy)", one a line.
std::string Found(const std::string& properties, const char* schema = kSchema) {
  auto parsed = PropertySchema::Parse(schema);
  REQUIRE(parsed);
  base::Diagnostics found = parsed->Check(properties);
  std::string text;
  for (const auto& item : found.items()) {
    text += item.path + ": " + item.message + (item.remedy.empty() ? "" : " (" + item.remedy + ")") + "\n";
  }
  return text;
}

TEST_CASE("properties that fit have no findings") {
  CHECK(Found(R"({"image":"a","size":"small","ports":[80],"disk":{"gib":null},"zone":"a-1","either":1})") == "");
}

TEST_CASE("a missing property is named, with what it is for") {
  CHECK(Found(R"({"size":"small"})") == ": `image` is missing (image: what it runs)\n");
}

TEST_CASE("a misspelt property is named at its place, with the nearest one") {
  CHECK(Found(R"({"image":"a","size":"small","prots":[1]})") ==
        "prots: unknown property `prots` (did you mean `ports`?)\n");
  CHECK(Found(R"({"image":"a","size":"small","disk":{"gbi":1}})") ==
        "disk.gbi: unknown property `gbi` (there are `gib`)\n");
}

TEST_CASE("a wrong type is named where it is, once") {
  CHECK(Found(R"({"image":1,"size":"small"})") == "image: `image` must be text, not a whole number (what it runs)\n");
  CHECK(Found(R"({"image":"a","size":"small","ports":[80,"x"]})") ==
        "ports[1]: `ports[1]` must be a whole number, not text\n");
  CHECK(Found(R"({"image":"a","size":"small","disk":{"gib":"x"}})") ==
        "disk.gib: `disk.gib` must be a whole number or null, not text\n");
}

TEST_CASE("choices, bounds and expressions are told in words") {
  CHECK(Found(R"({"image":"a","size":"smal"})") ==
        "size: `size` must not be `smal`; there are `small` and `large` (did you mean `small`?)\n");
  CHECK(Found(R"({"image":"a","size":"small","ports":[0]})") == "ports[0]: `ports[0]` must be at least 1\n");
  CHECK(Found(R"({"image":"a","size":"small","zone":"A"})") ==
        "zone: `zone` must match the expression ^[a-z]+-[0-9]$\n");
  CHECK(Found(R"({"image":"a","size":"small","ports":[1,2,3,4]})") == "ports: `ports` must have at most 3 items\n");
}

TEST_CASE("what is not known yet is not judged, and nothing that depends on it") {
  CHECK(Found(R"({"image":"${var.image}","size":"${var.size}","ports":["${9000 + node.ordinal}"],)"
              R"("disk":{"gib":"${var.gib}"},"zone":"${var.zone}","either":"${var.x}"})") == "");
  // What is known beside it still is.
  CHECK(Found(R"({"image":"${var.image}","size":"small","ports":["${node.ordinal}",0],"x":"${var.x}"})") ==
        "ports[1]: `ports[1]` must be at least 1\n"
        "x: unknown property `x` (there are `disk`, `either`, `image`, `ports`, `size` and `zone`)\n");
}

TEST_CASE("keys with odd characters keep their places") {
  CHECK(Found(R"({"a]b":{"0":1}})", R"({"properties":{"a]b":{"properties":{"0":{"type":"string"}}}}})") ==
        "a]b.0: `a]b.0` must be text, not a whole number\n");
}

TEST_CASE("a schema that leads nowhere or in a circle is refused") {
  for (const char* schema : {"[]", "{", R"({"$ref":"#/nowhere"})", R"({"$ref":"#"})",
                             R"({"properties":{"a":{"$ref":"https://example.org/x"}}})",
                             R"({"definitions":{"a":{"$ref":"#/definitions/b"},"b":{"$ref":"#/definitions/a"}},)"
                             R"("properties":{"x":{"$ref":"#/definitions/a"}}})"}) {
    INFO(schema);
    CHECK_FALSE(PropertySchema::Parse(schema));
  }
}

TEST_CASE("a long text does not bring the expressions down") {
  const std::string text(200'000, 'a');
  CHECK(Found(R"({"x":")" + text + R"("})", R"({"properties":{"x":{"type":"string","pattern":"^(a|b)*$"}}})") == "");
}

TEST_CASE("a schema that refers to itself below is followed as deep as the properties go") {
  const char* tree = R"({"properties":{"kids":{"type":"array","items":{"$ref":"#"}},"n":{"type":"integer"}}})";
  CHECK(Found(R"({"kids":[{"kids":[{"n":"x"}]}]})", tree) ==
        "kids[0].kids[0].n: `kids[0].kids[0].n` must be a whole number, not text\n");
}

}  // namespace
}  // namespace kadende::providers
