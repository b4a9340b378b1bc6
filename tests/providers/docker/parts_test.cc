#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "engine/base/json.h"
#include "engine/model/identity.h"
#include "providers/docker/creator.h"
#include "providers/docker/registry_auth.h"
#include "providers/docker/streams.h"
#include "providers/docker/tags.h"
#include "providers/docker/tar.h"

namespace kadende::providers::docker {
namespace {

class Folder {
 public:
  Folder() { REQUIRE(::mkdtemp(path_.data()) != nullptr); }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  void Write(const std::string& name, const std::string& text) const { std::ofstream(path_ + "/" + name) << text; }

 private:
  std::string path_ = std::filesystem::temp_directory_path() / "kadende-docker.XXXXXX";
};

TEST_CASE("tar itself unpacks what is packed, long names and odd sizes too") {
  const Folder folder;
  const std::string deep = "/" + std::string(90, 'd') + "/" + std::string(90, 'e') + "/" + std::string(60, 'f');
  const std::string all = MakeTar({{"/etc/a", "text\n", 0640}, {"/b", std::string(1024, 'x'), 0755}, {deep, "", 0644}});
  folder.Write("all.tar", all);
  REQUIRE(std::system(("cd " + folder.path() + " && tar -xpf all.tar").c_str()) == 0);
  std::string text;
  std::getline(std::ifstream(folder.path() + "/etc/a"), text);
  CHECK(text == "text");
  CHECK(std::filesystem::file_size(folder.path() + "/b") == 1024);
  CHECK(std::filesystem::exists(folder.path() + deep));
  struct stat found = {};
  REQUIRE(::stat((folder.path() + "/etc/a").c_str(), &found) == 0);
  CHECK((found.st_mode & 07777U) == 0640);
}

TEST_CASE("tags read back as they were written, whatever is in them") {
  Tags tags;
  tags.owner.lineage = model::NewLineage();
  tags.owner.cluster = "shop";
  tags.owner.group = "web/front";
  tags.owner.slot = {3, "a"};
  tags.owner.incarnation = 7;
  tags.owner.token = model::MakeToken(tags.owner.lineage, tags.owner.group, tags.owner.slot, 7);
  tags.owner.revision = base::Sha256("x");
  tags.labels = {{"empty", ""}, {"kadende/lineage", "forged"}, {"tier", "\"a\" \xC3\xA4"}};
  tags.restart = "always";
  tags.network = "front";
  const auto read = FromLabels(ToLabels(tags));
  REQUIRE(read);
  CHECK(read->owner.lineage == tags.owner.lineage);
  CHECK(read->owner.slot == tags.owner.slot);
  CHECK(read->owner.incarnation == 7);
  CHECK(read->owner.token == tags.owner.token);
  CHECK(read->owner.revision == tags.owner.revision);
  CHECK(read->labels == tags.labels);
  CHECK(read->restart == "always");
  CHECK(read->network == "front");
  CHECK_FALSE(FromLabels(base::Json::object()));
  auto damaged = ToLabels(tags);
  damaged["kadende/token"] = "x";
  CHECK_FALSE(FromLabels(damaged));
}

TEST_CASE("a label of the properties never takes the place of a tag") {
  Properties properties;
  properties.image = "a";
  properties.labels = {{"kadende/lineage", "forged"}, {"mine", "1"}};
  Tags tags;
  tags.owner.lineage = "ours";
  const auto body = base::ParseJson(CreateBody(properties, tags));
  REQUIRE(body);
  CHECK((*body)["Labels"]["kadende/lineage"] == "ours");
  CHECK((*body)["Labels"]["mine"] == "1");
}

TEST_CASE("names carry the number of their tags") {
  CHECK(SplitName("shop-web-0-k3fq.u2").number == 2);
  CHECK(SplitName("shop-web-0-k3fq.u2").name == "shop-web-0-k3fq");
  CHECK(SplitName("shop.u").number == 0);
  CHECK(SplitName("shop.u0").name == "shop.u0");
  CHECK(JoinName({"a", 0}) == "a");
  CHECK(JoinName({"a", 3}) == "a.u3");
  CHECK(NoteNumber(NoteName(std::string(64, 'a'), 12)) == 12);
  CHECK_FALSE(NoteNumber("data-3"));
}

TEST_CASE("output comes in frames, cut anywhere") {
  const std::string frames("\1\0\0\0\0\0\0\3abc\2\0\0\0\0\0\0\0\2\0\0\0\0\0\0\2de", 8 + 3 + 8 + 8 + 2);
  for (std::size_t step = 1; step <= frames.size(); ++step) {
    std::string output;
    OutputStream stream(true, [&](std::string_view part) { output += part; });
    for (std::size_t at = 0; at < frames.size(); at += step) stream.Take(std::string_view(frames).substr(at, step));
    CHECK(output == "abcde");
  }
}

TEST_CASE("a pull is told by its layers, and its error is kept") {
  std::string last;
  PullNews news("app:1", [&](const std::string& sentence) { last = sentence; });
  news.Take(R"({"status":"Pulling from app","id":"1"})"
            "\n"
            R"({"status":"Downloading","id":"a","progressDetail":{"current":5000000,"total":9}})"
            "\n{\"status\":\"Pull com");
  news.Take("plete\",\"id\":\"b\"}\nno json\n");
  news.End();
  CHECK(last == "pulling app:1: 1 of 2 layers, 5 MB");
  CHECK(news.error().empty());
  news.Take("{\"error\":\"denied\"}\n");
  CHECK(news.error() == "denied");
}

TEST_CASE("who pulls is in docker's own configuration, for its registry alone") {
  CHECK(RegistryOf("nginx") == "docker.io");
  CHECK(RegistryOf("team/app:1") == "docker.io");
  CHECK(RegistryOf("registry.example:5000/a/b") == "registry.example:5000");
  CHECK(RegistryOf("localhost/a") == "localhost");
  const Folder folder;
  folder.Write("config.json", R"({"auths":{"https://registry.example/v1/":{"auth":"dTpw"}}})");
  const Environment environment = [&](const char* name) {
    return std::string(name) == "DOCKER_CONFIG" ? folder.path() : std::string();
  };
  Properties properties;
  properties.image = "registry.example/a";
  // {"password":"p","serveraddress":"registry.example","username":"u"}
  const std::string header = "eyJwYXNzd29yZCI6InAiLCJzZXJ2ZXJhZGRyZXNzIjoicmVnaXN0cnkuZXhhbXBsZSIsInVzZXJuYW1lIjoidSJ9";
  CHECK(*RegistryAuth(properties, environment) == header);
  properties.image = "other.example/a";
  CHECK(*RegistryAuth(properties, environment) == "");
  properties.image = "registry.example/a";
  properties.registry_user = "u";
  properties.registry_password = "p";
  CHECK(*RegistryAuth(properties, environment) == header);
  properties.registry_user = "";
  folder.Write("config.json", "not json");
  CHECK_FALSE(RegistryAuth(properties, environment));
}

}  // namespace
}  // namespace kadende::providers::docker
