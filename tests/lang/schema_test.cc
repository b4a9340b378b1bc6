#include "lang/schema.h"

#include "engine/base/json.h"
#include "lang/keys.h"
#include "tests/lang/support.h"

namespace kadende::lang {
namespace {

void CheckListed(const Table& table, const std::string& schema, const std::string& reference, int depth = 0) {
  for (const Key& key : table.keys) {
    CAPTURE(key.name);
    CHECK(schema.find("\"" + std::string(key.name) + "\": {") != std::string::npos);
    CHECK(reference.find("| `" + std::string(key.name) + "` |") != std::string::npos);
    if (key.table != nullptr && depth < 4) CheckListed(*key.table, schema, reference, depth + 1);
  }
}

TEST_CASE("schema and reference list every key of the table") {
  CheckListed(ClusterTable(), JsonSchema(), ReferenceText());
}

TEST_CASE("every reference of the schema leads to a definition") {
  const auto schema = base::ParseJson(JsonSchema());
  REQUIRE(schema.has_value());
  CHECK((*schema)["$schema"] == "https://json-schema.org/draft/2020-12/schema");
  const std::string text = JsonSchema();
  const std::string mark = "\"#/$defs/";
  int found = 0;
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1), ++found) {
    const std::size_t begin = at + mark.size();
    CHECK((*schema)["$defs"].contains(text.substr(begin, text.find('"', begin) - begin)));
  }
  CHECK(found > 10);
}

}  // namespace
}  // namespace kadende::lang
