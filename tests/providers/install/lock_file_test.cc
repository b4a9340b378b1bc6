#include "providers/install/lock_file.h"

#include <catch2/catch.hpp>

namespace kadende::providers {
namespace {

constexpr const char* kHash = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";

std::string ErrorsOf(const std::string& text) {
  base::Diagnostics diagnostics;
  static_cast<void>(ParseLock(text, "kadende.lock", diagnostics));
  return base::Render(diagnostics);
}

model::PluginPins SomePins() {
  model::PluginPins pins;
  model::PutPin(pins, {"zeta", "latest", "", {{"any", *base::DigestFromHex(kHash)}}});
  model::PutPin(pins, {"alpha",
                       "1.2.3",
                       "https://example.org/{os}_{arch}/plugin",
                       {{"linux_amd64", base::Sha256("a")}, {"linux_arm64", base::Sha256("b")}}});
  return pins;
}

TEST_CASE("pins are the same bytes whatever order they were put in") {
  const std::string text = FormatLock(SomePins());
  CHECK(text ==
        "# Which file each plugin is: written by `kadende provider install`, to be committed.\n"
        "kadende-lock 1\n"
        "\n"
        "plugin alpha\n"
        "  version 1.2.3\n"
        "  url https://example.org/{os}_{arch}/plugin\n"
        "  sha256 linux_amd64 " +
            base::ToHex(base::Sha256("a")) + "\n  sha256 linux_arm64 " + base::ToHex(base::Sha256("b")) +
            "\n"
            "\n"
            "plugin zeta\n"
            "  version latest\n"
            "  sha256 any " +
            kHash + "\n");
}

TEST_CASE("what was written is read") {
  base::Diagnostics diagnostics;
  CHECK(ParseLock(FormatLock(SomePins()), "f", diagnostics) == SomePins());
  CHECK(diagnostics.empty());
}

TEST_CASE("a misspelt key is named at its place") {
  CHECK(ErrorsOf("kadende-lock 1\nplugin a\n  verson 1\n  version 1\n  sha256 any " + std::string(kHash) + "\n") ==
        "kadende.lock:3:3: error: unknown key `verson`\n"
        "    3 |   verson 1\n"
        "      |   ^~~~~~\n"
        "    did you mean `version`?\n");
}

TEST_CASE("a hash that is none is named at its place") {
  CHECK(ErrorsOf("kadende-lock 1\nplugin a\n  version 1\n  sha256 any 12\n")
            .find("kadende.lock:4:14: error: this is no SHA-256") != std::string::npos);
}

TEST_CASE("a merge that was left undone says so and no more") {
  const std::string errors = ErrorsOf("kadende-lock 1\n<<<<<<< HEAD\nplugin a\n=======\nplugin b\n>>>>>>> other\n");
  CHECK(errors.find("kadende.lock:2:1: error: a merge of two branches was left undone here") == 0);
  CHECK(errors.find("error", errors.find("error") + 1) == std::string::npos);
}

TEST_CASE("a plugin without version or hash, or twice, is an error") {
  CHECK(ErrorsOf("kadende-lock 1\nplugin a\n  sha256 any " + std::string(kHash) + "\n").find("has no version") !=
        std::string::npos);
  CHECK(ErrorsOf("kadende-lock 1\nplugin a\n  version 1\n").find("kadende.lock:2:8: error: plugin `a` has no sha256") ==
        0);
  const std::string one = "plugin a\n  version 1\n  sha256 any " + std::string(kHash) + "\n";
  CHECK(ErrorsOf("kadende-lock 1\n" + one + one).find("kadende.lock:5:8: error: plugin `a` is here twice") == 0);
}

TEST_CASE("an address that may not be fetched from is an error at its place") {
  const std::string rest = "\n  version 1\n  sha256 any " + std::string(kHash) + "\n";
  CHECK(ErrorsOf("kadende-lock 1\nplugin a\n  url http://example.org/p" + rest).find("kadende.lock:3:7: error: ") == 0);
}

TEST_CASE("files of another kind, newer ones, and names that are paths are refused") {
  CHECK(ErrorsOf("{}\n").find("this is no lock file") != std::string::npos);
  CHECK(ErrorsOf("").find("this is no lock file") != std::string::npos);
  CHECK(ErrorsOf("kadende-lock 2\n").find("written by a newer kadende") != std::string::npos);
  CHECK(ErrorsOf("kadende-lock 1\nplugin ../../x\n").find("this can be no plugin's name") != std::string::npos);
}

TEST_CASE("any cut of a lock file is read without a crash, and never as a pin with another hash") {
  const std::string text = FormatLock(SomePins());
  for (std::size_t size = 0; size <= text.size(); ++size) {
    base::Diagnostics diagnostics;
    for (const model::PluginPin& pin : ParseLock(text.substr(0, size), "f", diagnostics)) {
      const model::PluginPins all = SomePins();
      for (const auto& [platform, hash] : pin.hashes) {
        CHECK(model::FindPin(all, pin.name)->hashes.at(platform) == hash);
      }
    }
  }
}

}  // namespace
}  // namespace kadende::providers
