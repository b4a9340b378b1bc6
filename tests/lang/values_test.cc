#include "lang/values.h"

#include <unistd.h>

#include <filesystem>

#include "lang/file_source.h"
#include "tests/lang/support.h"

namespace kadende::lang {
namespace {

TEST_CASE("plain scalars") {
  CHECK(ClassifyPlain("~") == ScalarType::kNull);
  CHECK(ClassifyPlain("True") == ScalarType::kBoolean);
  CHECK(ClassifyPlain("-0") == ScalarType::kInteger);
  CHECK(ClassifyPlain("1e3") == ScalarType::kNumber);
  for (const std::string text : {"yes", "017", "0x1", "1.2.3", ".inf", "1_0", "-", "+", ".", "e5", "-.e1"}) {
    CAPTURE(text);
    CHECK(ClassifyPlain(text) == ScalarType::kText);
  }
}

TEST_CASE("counts and percentages") {
  CHECK(ReadCountOrPercent("10%") == model::CountOrPercent{10, true});
  CHECK(ReadCountOrPercent("3") == model::CountOrPercent{3, false});
  for (const std::string text : {"101%", "-1", "+1", "1.5", "%", "", "03"}) CHECK_FALSE(ReadCountOrPercent(text));
}

TEST_CASE("version comparisons") {
  CHECK(Satisfies(*ReadVersions(">= 0.1, < 2"), "0.1.0"));
  CHECK_FALSE(Satisfies(*ReadVersions("> 0.1"), "0.1.0"));
  CHECK(Satisfies(*ReadVersions("0.1"), "0.1.0"));
  CHECK(Satisfies(*ReadVersions("!=1.0.0"), "1.0.1"));
  for (const std::string text : {"", "~> 1", ">= x", "1.2.3.4", ">= 1,", "=> 1"}) CHECK_FALSE(ReadVersions(text));
}

TEST_CASE("names are safe as file names, host names and git references") {
  for (const std::string name : {"a", "my-custom.group_1", "0"}) CHECK_FALSE(CheckName(name));
  for (const std::string name : {"", "-a", ".a", "a..b", "a.", "a/b", "a.lock", "\xC3\xA4"}) CHECK(CheckName(name));
  CHECK(CheckName(std::string(64, 'a')) == "has 64 characters; 63 are allowed");
  CHECK_FALSE(CheckGroupPath("data/db"));
  CHECK(CheckGroupPath("data//db"));
}

TEST_CASE("HTTP statuses") {
  CHECK(IsStatusRange("200-299"));
  CHECK(IsStatusRange("404"));
  for (const std::string text : {"299-200", "99", "600", "200-", "x"}) CHECK_FALSE(IsStatusRange(text));
}

TEST_CASE("a file that cannot be read says why") {
  const auto folder = std::filesystem::temp_directory_path() / ("kadende-lang-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const std::string missing = (folder / "none.yml").string();
  CHECK(FileSource(missing, {}).Read().error().message == "cannot read " + missing + ": there is no such file");
  CHECK(FileSource(missing, {}).Read().error().code == base::ErrorCode::kNotFound);
  CHECK(FileSource(folder.string(), {}).Read().error().message ==
        "cannot read " + folder.string() + ": it is a folder; name a file in it");
  const std::string large = (folder / "large.yml").string();
  std::ofstream(large) << std::string(3 << 20, 'x');
  CHECK(FileSource(large, {}).Read().error().message.find("larger than the limit of 2 MiB") != std::string::npos);
  const std::string good = (folder / "good.yml").string();
  std::ofstream(good) << Cluster("  web: {size: 1, resourcePlugin: {name: sim}}\n");
  FileSource source(good, {});
  const auto read = source.Read();
  REQUIRE(read.has_value());
  CHECK(read->spec.name == "shop");
  CHECK(source.positions().at("groups.web.size").line == 4);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace kadende::lang
