// Where things are in a published tree, and what branches are called. FORMAT.md has the picture.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kadende::state {

inline constexpr std::string_view kBranchPrefix = "refs/heads/kadende/";

// A name as one part of a path or branch: letters, digits, '-', '_', '.' stay; all else, and whatever git or this
// layout would read differently ("nodes", "group.json", a leading dot, "..", an ending ".lock" or "."), becomes %XX.
[[nodiscard]] std::string EncodePart(std::string_view name);
[[nodiscard]] std::string DecodePart(std::string_view part);

[[nodiscard]] std::string BranchOf(std::string_view cluster);  // "refs/heads/kadende/shop"

[[nodiscard]] std::string GroupFolder(std::string_view path);  // "groups/data/db"
[[nodiscard]] std::string GroupFile(std::string_view path);    // "groups/data/db/group.json"
[[nodiscard]] std::string NodesFolder(std::string_view path);  // "groups/data/db/nodes"
// "groups/data/db/nodes/000000/00000003.jsonl"
[[nodiscard]] std::string ChunkFile(std::string_view path, std::uint32_t chunk);

}  // namespace kadende::state
