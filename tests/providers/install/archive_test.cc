// Archives as they come, and as nobody should have made them. They are made by Python's tarfile and zipfile.
#include "providers/install/archive.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "providers/install/file_bytes.h"
#include "providers/install/plugin_cache.h"

namespace kadende::providers {
namespace {

namespace fs = std::filesystem;

// A folder with an archive that `body`, some lines of Python, has made; gone at the end.
class Made {
 public:
  explicit Made(const std::string& body) {
    std::string name = (fs::temp_directory_path() / "kadende-archive-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder_ = name;
    std::ofstream(Path("make.py")) << "import io, sys, tarfile, zipfile\n"
                                      "path = sys.argv[1]\n"
                                      "def tar(entries, mode='w:gz'):\n"
                                      "    with tarfile.open(path, mode) as out:\n"
                                      "        for name, text, kind in entries:\n"
                                      "            info = tarfile.TarInfo(name)\n"
                                      "            info.type, info.mode, info.size = kind, 0o4755, len(text)\n"
                                      "            info.linkname = '/etc/passwd'\n"
                                      "            out.addfile(info, io.BytesIO(text.encode()))\n"
                                      "F = tarfile.REGTYPE\n"
                                   << body;
    const std::string command = "python3 " + Path("make.py") + " " + Path("made");
    REQUIRE(std::system(command.c_str()) == 0);  // NOLINT: a test of one thread
    auto read = ReadBytes(Path("made"), std::size_t{64} << 20U);
    REQUIRE(read);
    bytes = *read;
  }
  Made(const Made&) = delete;
  Made& operator=(const Made&) = delete;
  ~Made() { fs::remove_all(folder_); }

  [[nodiscard]] std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  [[nodiscard]] std::string Refusal(const ArchiveLimits& limits = {}) const {
    auto done = Unpack(bytes, Path("out"), limits);
    return done ? "" : done.error().message;
  }
  [[nodiscard]] std::string Content(const std::string& name) const { return *ReadBytes(Path(name), 1000); }

  std::string bytes;

 private:
  fs::path folder_;
};

bool Has(const std::string& text, const std::string& part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
  return text.find(part) != std::string::npos;
}

const char* const kGood = "tar([('x/kadende-provider-x', '#!/bin/sh\\n', F), ('x/lib/a.py', 'a', F)])\n";

TEST_CASE("a tar.gz and a zip are unpacked, and their plugin is found") {
  const std::string body =
      GENERATE(as<std::string>(), kGood,
               "z = zipfile.ZipFile(path, 'w')\n"
               "def add(name, text):\n"
               "    info = zipfile.ZipInfo(name); info.external_attr = 0o100755 << 16; info.create_system = 3\n"
               "    z.writestr(info, text, zipfile.ZIP_DEFLATED)\n"
               "add('./x/kadende-provider-x', '#!/bin/sh\\n'); add('x/lib/a.py', 'a'); z.close()\n");
  const Made made(body);
  CHECK(IsArchive(made.bytes));
  CHECK(made.Refusal().empty());
  CHECK(*PluginAmong(made.Path("out")) == made.Path("out/x/kadende-provider-x"));
  CHECK(made.Content("out/x/lib/a.py") == "a");
  CHECK(CompareUnpacked(made.bytes, made.Path("out"), {}));
  const auto mode = fs::status(made.Path("out/x/kadende-provider-x")).permissions();
  CHECK((mode & fs::perms::set_uid) == fs::perms::none);
  CHECK((mode & fs::perms::owner_write) == fs::perms::none);
}

TEST_CASE("what would write outside of its folder, or be no file, is refused") {
  const auto [body, why] = GENERATE(table<std::string, std::string>({
      {"tar([('../evil', 'x', F)])", "leads out of its folder: `../evil`"},
      {"tar([('a/../../evil', 'x', F)])", "leads out of its folder"},
      {"tar([('/tmp/kadende-evil', 'x', F)])", "the absolute path `/tmp/kadende-evil`"},
      {"tar([('a', '', tarfile.SYMTYPE), ('a/evil', 'x', F)])", "`a`, which is a link or a device"},
      {"tar([('a', '', tarfile.LNKTYPE)])", "which is a link or a device"},
      {"tar([('a', '', tarfile.CHRTYPE)])", "which is a link or a device"},
      {"tar([('a', '', tarfile.FIFOTYPE)])", "which is a link or a device"},
      {"tar([('a', 'x', F), ('a', 'y', F)])", "holds `a` twice"},
      {"tar([('a', 'x', F), ('a/b', 'y', F)])", "cannot make"},
      {"tar([('a\\x1b[31m', 'x', F)])", "characters that no file should have"},
      {"tar([('a/' * 30 + 'b', 'x', F)])", "too many folders"},
      {"tar([('b' * 99 + '/' + 'a' * 99 + '/' + 'c' * 400, 'x', F)])", "a path that is too long"},
      {"tar([])", "holds no file"},
      {"open(path, 'wb').write(b'\\x1f\\x8b' + b'nonsense' * 100)", "damaged"},
      {"tar([('a', 'x' * 100000, F)]); b = open(path, 'rb').read(); open(path, 'wb').write(b[:len(b) // 2])",
       "damaged"},
      {"z = zipfile.ZipFile(path, 'w'); z.writestr('../evil', 'x'); z.close()", "leads out of its folder"},
  }));
  const Made made(body + "\n");
  INFO(body);
  CHECK(Has(made.Refusal(), why));
  CHECK_FALSE(fs::exists(made.Path("evil")));
  CHECK_FALSE(fs::exists("/tmp/kadende-evil"));
}

TEST_CASE("what is small here and large there, or very many, is refused") {
  const Made bomb("tar([('a', '0' * 30000000, F)])\n");
  CHECK(bomb.bytes.size() < 100'000);
  CHECK(Has(bomb.Refusal({std::uint64_t{1} << 20U, 10}), "holds more than 1 MiB"));
  const Made many("tar([(f'f{i}', '', F) for i in range(50)])\n");
  CHECK(Has(many.Refusal({std::uint64_t{1} << 20U, 10}), "holds more than 10 files"));
}

TEST_CASE("an archive has one plugin") {
  const Made none("tar([('README', 'x', F)])\n");
  CHECK(none.Refusal().empty());
  CHECK(Has(PluginAmong(none.Path("out")).error().message, "holds no plugin"));
  const Made two("tar([('x/plugin', 'x', F), ('y/plugin.so', 'x', F)])\n");
  CHECK(two.Refusal().empty());
  CHECK(Has(PluginAmong(two.Path("out")).error().message, "holds several plugins: plugin and plugin.so"));
}

// The archive as the cache keeps it.
base::Digest Keep(const Made& made, const PluginCache& cache) {
  auto incoming = IncomingPlugin::Begin(cache);
  REQUIRE(incoming);
  REQUIRE(incoming->Write(made.bytes));
  auto content = incoming->Finish();
  REQUIRE(content);
  CHECK(content->platform == "any");
  REQUIRE(incoming->Keep(content->hash, ""));
  return content->hash;
}

TEST_CASE("what was unpacked is held against the archive before it is started") {
  const Made made(kGood);
  const PluginCache cache(made.Path("cache"));
  const base::Digest hash = Keep(made, cache);
  const std::string files = cache.folder() + "/" + base::ToHex(hash) + "/files";
  auto found = cache.Verified(hash);
  REQUIRE(found);
  CHECK(found->path == files + "/x/kadende-provider-x");
  const auto corrupt = [&] { return cache.Verified(hash).error().code == base::ErrorCode::kCorrupt; };
  const std::string library = files + "/x/lib/a.py";
  SECTION("a file beside it is another") {
    fs::permissions(library, fs::perms::owner_all);
    std::ofstream(library) << "b";
    CHECK(corrupt());
  }
  SECTION("a file is longer") {
    fs::permissions(library, fs::perms::owner_all);
    std::ofstream(library, std::ios::app) << "b";
    CHECK(corrupt());
  }
  SECTION("a file lacks") {
    fs::remove(library);
    CHECK(corrupt());
  }
  SECTION("a file is more") {
    std::ofstream(files + "/x/sitecustomize.py") << "evil";
    CHECK(corrupt());
  }
  SECTION("a file is a link") {
    fs::rename(library, made.Path("elsewhere"));
    fs::create_symlink(made.Path("elsewhere"), library);
    CHECK(corrupt());
  }
  SECTION("the archive is another") {
    const std::string archive = cache.folder() + "/" + base::ToHex(hash) + "/archive";
    fs::permissions(archive, fs::perms::owner_all);
    std::ofstream(archive, std::ios::app) << "x";
    CHECK(corrupt());
  }
  SECTION("it is fetched again over what is damaged") {
    fs::remove(library);
    CHECK(Keep(made, cache) == hash);
    CHECK(cache.Verified(hash));
  }
}

TEST_CASE("an archive that is refused leaves nothing in the cache, and a killed one what the next removes") {
  const Made made("tar([('plugin', '#!', F), ('../evil', 'x', F)])\n");
  const PluginCache cache(made.Path("cache"));
  {
    auto incoming = IncomingPlugin::Begin(cache);
    REQUIRE(incoming);
    REQUIRE(incoming->Write(made.bytes));
    CHECK_FALSE(incoming->Finish());
  }
  CHECK(fs::is_empty(cache.folder()));
  fs::create_directories(cache.folder() + "/incoming-abcdef.files/x");
  CHECK(IncomingPlugin::Begin(cache));
  CHECK(fs::is_empty(cache.folder()));
}

}  // namespace
}  // namespace kadende::providers
