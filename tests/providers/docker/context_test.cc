// What docker's own configuration says: contexts, and programs that know passwords.
#include "providers/docker/context.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>

#include "engine/base/digest.h"
#include "providers/docker/credential_helper.h"
#include "providers/docker/registry_auth.h"

namespace kadende::providers::docker {
namespace {

namespace fs = std::filesystem;

// A configuration folder of docker, gone at the end.
class Config {
 public:
  Config() {
    std::string name = (fs::temp_directory_path() / "kadende-docker-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder = name;
    variables["DOCKER_CONFIG"] = folder;
  }
  Config(const Config&) = delete;
  Config& operator=(const Config&) = delete;
  ~Config() { fs::remove_all(folder); }

  void Write(const std::string& name, const std::string& text) const {
    fs::create_directories(fs::path(folder + "/" + name).parent_path());
    std::ofstream(folder + "/" + name) << text;
  }
  void AddContext(const std::string& name, const std::string& endpoint, bool tls) const {
    const std::string hash = base::ToHex(base::Sha256(name));
    Write("contexts/meta/" + hash + "/meta.json",
          R"({"Name":")" + name + R"(","Endpoints":{"docker":)" + endpoint + "}}");
    if (tls) Write("contexts/tls/" + hash + "/docker/ca.pem", "x");
  }
  [[nodiscard]] Environment Variables() const {
    return [this](const char* name) {
      const auto found = variables.find(name);
      return found == variables.end() ? std::string() : found->second;
    };
  }

  std::string folder;
  std::map<std::string, std::string> variables;
};

TEST_CASE("the context in use says where the engine is, unless the property or DOCKER_HOST does") {
  Config config;
  config.AddContext("far", R"({"Host":"tcp://engine:2376","SkipTLSVerify":false})", true);
  config.AddContext("near", R"({"Host":"unix:///run/near.sock"})", false);
  config.Write("config.json", R"({"currentContext":"far"})");
  const auto far = FindEndpoint("", config.Variables());
  REQUIRE(far);
  CHECK(far->base_url == "https://engine:2376");
  CHECK(far->tls.verify);
  CHECK(far->tls.key.starts_with(config.folder + "/contexts/tls/"));
  config.variables["DOCKER_CONTEXT"] = "near";
  CHECK(FindEndpoint("", config.Variables())->unix_socket == "/run/near.sock");
  CHECK(FindEndpoint("tcp://a:1", config.Variables())->host == "a");
  config.variables["DOCKER_HOST"] = "tcp://b:1";
  CHECK(FindEndpoint("", config.Variables())->host == "b");
}

TEST_CASE("a context that does not verify, one that is not there, and the default one") {
  Config config;
  config.AddContext("lax", R"({"Host":"tcp://engine:2376","SkipTLSVerify":true})", true);
  config.variables["DOCKER_CONTEXT"] = "lax";
  CHECK_FALSE(FindEndpoint("", config.Variables())->tls.verify);
  config.variables["DOCKER_CONTEXT"] = "nowhere";
  const auto lacking = FindEndpoint("", config.Variables());
  REQUIRE_FALSE(lacking);
  CHECK(lacking.error().message.find("the docker context `nowhere` (DOCKER_CONTEXT) is not in") == 0);
  config.variables["DOCKER_CONTEXT"] = "default";
  CHECK(*ChosenContext(config.Variables()) == std::nullopt);
}

TEST_CASE("who pulls is asked of the program that docker would ask") {
  Config config;
  config.Write("docker-credential-mine",
               "#!/bin/sh\n[ \"$1\" = get ] || exit 9\nread -r registry\n"
               "case $registry in\n"
               "a.example) echo '{\"ServerURL\":\"a\",\"Username\":\"u\",\"Secret\":\"p\"}' ;;\n"
               "b.example) echo 'credentials not found in native keychain'; exit 1 ;;\n"
               "slow.example) sleep 100 ;;\n"
               "*) echo 'the keychain is locked'; exit 1 ;;\nesac\n");
  fs::permissions(config.folder + "/docker-credential-mine", fs::perms::owner_all);
  const std::string path = ::getenv("PATH") == nullptr ? "" : ::getenv("PATH");
  ::setenv("PATH", (config.folder + ":" + path).c_str(), 1);
  config.Write("config.json", R"({"credsStore":"lost","credHelpers":{"a.example":"mine","b.example":"mine"},
                                  "auths":{"b.example":{"auth":"dTpw"}}})");
  Properties properties;
  properties.image = "a.example/x";
  const std::string a = base::ToBase64(R"({"password":"p","serveraddress":"a.example","username":"u"})");
  CHECK(*RegistryAuth(properties, config.Variables()) == a);
  properties.image = "b.example/x";  // the program knows nobody, the file does
  CHECK_FALSE(RegistryAuth(properties, config.Variables())->empty());
  properties.image = "c.example/x";
  const auto lost = RegistryAuth(properties, config.Variables());
  REQUIRE_FALSE(lost);
  CHECK(lost.error().message.find("`docker-credential-lost`, which docker's config.json names for c.example, cannot be "
                                  "started") == 0);
  CHECK(AskHelper("mine", "d.example").error().message.find("failed: the keychain is locked") != std::string::npos);
  CHECK(AskHelper("mine", "slow.example", std::chrono::milliseconds(50)).error().code == base::ErrorCode::kTimeout);
  CHECK(AskHelper("../mine", "a.example").error().code == base::ErrorCode::kInvalid);
  ::setenv("PATH", path.c_str(), 1);
}

}  // namespace
}  // namespace kadende::providers::docker
