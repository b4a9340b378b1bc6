#include "providers/install/plugin_content.h"

#include <elf.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "engine/base/text.h"
#include "engine/model/plugin_pin.h"

namespace kadende::providers {
namespace {

constexpr std::size_t kTarMagicAt = 257;
constexpr const char* kUnpack = "; of archives tar.gz and zip are taken, else the file itself";

std::string ArchiveOf(std::string_view bytes) {
  const std::array<std::pair<std::string_view, std::string_view>, 6> magics = {
      {{"PK\x03\x04", "a zip archive"},
       {"\x1f\x8b", "gzip-compressed"},
       {std::string_view("\xfd"
                         "7zXZ",
                         5),
        "xz-compressed"},
       {"\x28\xb5\x2f\xfd", "zstd-compressed"},
       {"BZh", "bzip2-compressed"},
       {"!<arch>\n", "a package or static library"}}};
  for (const auto& [magic, name] : magics) {
    if (bytes.starts_with(magic)) return std::string(name);
  }
  return bytes.size() > kTarMagicAt && bytes.substr(kTarMagicAt).starts_with("ustar") ? "a tar archive" : "";
}

bool IsPage(std::string_view bytes) {
  std::string head(bytes.substr(0, 256));
  std::transform(head.begin(), head.end(), head.begin(), [](unsigned char c) { return std::tolower(c); });
  const std::size_t first = head.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return false;
  const std::string_view text = std::string_view(head).substr(first);
  return text.starts_with("<!doctype") || text.starts_with("<html") || text.starts_with("<?xml");
}

// The machine is a 16-bit number at one place in ELF files of all classes, in the byte order that the file names.
std::string MachineOf(std::string_view bytes) {
  const std::size_t at = offsetof(Elf64_Ehdr, e_machine);
  if (bytes.size() < at + 2) return "";
  const bool big = bytes[EI_DATA] == ELFDATA2MSB;
  const auto low = static_cast<unsigned char>(bytes[at + (big ? 1 : 0)]);
  const auto high = static_cast<unsigned char>(bytes[at + (big ? 0 : 1)]);
  const std::array<std::pair<int, std::string_view>, 7> machines = {{{EM_X86_64, "amd64"},
                                                                     {EM_AARCH64, "arm64"},
                                                                     {EM_386, "386"},
                                                                     {EM_ARM, "arm"},
                                                                     {EM_RISCV, "riscv64"},
                                                                     {EM_PPC64, "ppc64le"},
                                                                     {EM_S390, "s390x"}}};
  const int machine = low | (high << 8);
  for (const auto& [number, name] : machines) {
    if (number == machine) return std::string(name);
  }
  return "machine" + std::to_string(machine);
}

}  // namespace

base::Result<std::string> PlatformOf(std::string_view bytes) {
  const auto refuse = [](std::string what) { return base::Fail(base::ErrorCode::kInvalid, std::move(what)); };
  if (bytes.empty()) return refuse("the file is empty");
  if (bytes.starts_with(ELFMAG)) {
    const std::string machine = MachineOf(bytes);
    if (machine.empty()) return refuse("the file is cut off: it ends within the header of an ELF file");
    return "linux_" + machine;
  }
  if (bytes.starts_with("#!")) return std::string(model::kAnyPlatform);
  if (const std::string archive = ArchiveOf(bytes); !archive.empty()) return refuse("the file is " + archive + kUnpack);
  if (IsPage(bytes)) return refuse("what came is a web page, not a plugin: see where the download link itself leads");
  if (bytes.starts_with("MZ")) return refuse("the file is a program for Windows");
  return refuse("the file is no plugin: neither an ELF file nor a script that begins with #!");
}

}  // namespace kadende::providers
