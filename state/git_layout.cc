#include "state/git_layout.h"

#include <array>
#include <cstdio>

#include "engine/base/text.h"

namespace kadende::state {
namespace {

constexpr std::uint32_t kChunksPerFolder = 64;  // MEASURED, "git objects"
constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kLock = ".lock";

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// Dots that git refuses in branches, or gives a meaning.
bool IsRiskyDot(std::string_view name, std::size_t at) {
  const bool ends_in_lock = name.size() >= kLock.size() && name.substr(name.size() - kLock.size()) == kLock;
  return at == 0 || at + 1 == name.size() || name[at - 1] == '.' || (ends_in_lock && at == name.size() - kLock.size());
}

int HexValue(char c) {
  const std::size_t at = kHex.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

}  // namespace

std::string EncodePart(std::string_view name) {
  const bool reserved = name == "nodes" || name == "group.json";
  std::string part;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool plain = IsPlain(c) || (c == '.' && !IsRiskyDot(name, i));
    if (plain && !(reserved && i == 0)) {
      part += c;
      continue;
    }
    part += '%';
    part += kHex[static_cast<unsigned char>(c) >> 4];
    part += kHex[static_cast<unsigned char>(c) & 15];
  }
  return part;
}

std::string DecodePart(std::string_view part) {
  std::string name;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] == '%' && i + 2 < part.size()) {
      const int high = HexValue(part[i + 1]);
      const int low = HexValue(part[i + 2]);
      if (high >= 0 && low >= 0) {
        name += static_cast<char>(high << 4 | low);
        i += 2;
        continue;
      }
    }
    name += part[i];
  }
  return name;
}

std::string BranchOf(std::string_view cluster) {
  return std::string(kBranchPrefix) + EncodePart(cluster);
}

std::string GroupFolder(std::string_view path) {
  std::string folder = "groups";
  for (const auto& part : base::Split(path, '/')) folder += "/" + EncodePart(part);
  return folder;
}

std::string GroupFile(std::string_view path) {
  return GroupFolder(path) + "/group.json";
}

std::string NodesFolder(std::string_view path) {
  return GroupFolder(path) + "/nodes";
}

std::string ChunkFile(std::string_view path, std::uint32_t chunk) {
  std::array<char, 40> name{};
  std::snprintf(name.data(), name.size(), "/%06u/%08u.jsonl", chunk / kChunksPerFolder, chunk);
  return NodesFolder(path) + name.data();
}

}  // namespace kadende::state
