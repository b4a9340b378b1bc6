#include "state/lmdb_keys.h"

namespace kadende::state {
namespace {

constexpr char kDirtyCluster = 'c';
constexpr char kDirtyGroup = 'g';
constexpr char kDirtyChunk = 'k';

template <class Integer>
void AppendBigEndian(std::string* out, Integer value) {
  for (int shift = static_cast<int>(sizeof value) * 8 - 8; shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>(static_cast<std::uint8_t>(value >> shift)));
  }
}

template <class Integer>
Integer ReadBigEndian(std::string_view bytes) {
  Integer value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) {
    value = static_cast<Integer>(value << 8) | static_cast<std::uint8_t>(bytes[i]);
  }
  return value;
}

}  // namespace

std::string ClusterPrefix(std::string_view lineage) {
  std::string key(lineage);
  key.push_back('\0');
  return key;
}

std::string ClusterTextKey(std::string_view lineage, ClusterText text) {
  return ClusterPrefix(lineage) + static_cast<char>(text);
}

std::string GroupKey(std::string_view lineage, std::string_view path) {
  return ClusterPrefix(lineage).append(path);
}

std::string RowPrefix(std::string_view lineage, std::string_view path) {
  std::string key;
  key.reserve(lineage.size() + path.size() + 10);
  key.append(lineage).push_back('\0');
  key.append(path).push_back('\0');
  return key;
}

std::string RowKey(std::string_view lineage, std::string_view path, model::NodeRowKey row) {
  std::string key = RowPrefix(lineage, path);
  AppendBigEndian(&key, row.ordinal);
  AppendBigEndian(&key, row.incarnation);
  return key;
}

std::string DirtyClusterKey(std::string_view lineage) {
  return ClusterPrefix(lineage) + kDirtyCluster;
}

std::string DirtyGroupKey(std::string_view lineage, std::string_view path) {
  return (ClusterPrefix(lineage) + kDirtyGroup).append(path);
}

std::string DirtyChunkKey(std::string_view lineage, const model::ChunkKey& chunk) {
  std::string key = (ClusterPrefix(lineage) + kDirtyChunk) + chunk.group;
  key.push_back('\0');
  AppendBigEndian(&key, chunk.chunk);
  return key;
}

std::string HealthKey(std::string_view lineage, std::string_view path, std::uint32_t chunk) {
  std::string key = RowPrefix(lineage, path);
  AppendBigEndian(&key, chunk);
  return key;
}

std::string ReportPrefix(std::string_view lineage, std::string_view path, std::string_view slot_key) {
  std::string key = RowPrefix(lineage, path);
  key.append(slot_key).push_back('\0');
  return key;
}

std::string ReportKey(std::string_view lineage, std::string_view path, std::string_view slot_key,
                      std::uint32_t incarnation) {
  std::string key = ReportPrefix(lineage, path, slot_key);
  AppendBigEndian(&key, incarnation);
  return key;
}

std::string EventKey(std::uint64_t id) {
  std::string key;
  AppendBigEndian(&key, id);
  return key;
}

bool ParseRowKey(std::string_view key, std::size_t prefix, std::string_view* path, model::NodeRowKey* row) {
  constexpr std::size_t kTail = 9;  // the zero byte, ordinal, incarnation
  if (key.size() < prefix + kTail || key[key.size() - kTail] != '\0') return false;
  *path = key.substr(prefix, key.size() - kTail - prefix);
  row->ordinal = ReadBigEndian<std::uint32_t>(key.substr(key.size() - 8));
  row->incarnation = ReadBigEndian<std::uint32_t>(key.substr(key.size() - 4));
  return true;
}

bool ParseDirtyKey(std::string_view key, std::size_t prefix, model::ClusterState* state) {
  if (key.size() <= prefix) return false;
  const char kind = key[prefix];
  const std::string_view rest = key.substr(prefix + 1);
  if (kind == kDirtyCluster) {
    state->dirty_cluster = true;
  } else if (kind == kDirtyGroup) {
    state->dirty_groups.emplace_hint(state->dirty_groups.end(), rest);
  } else if (kind == kDirtyChunk && rest.size() >= 5) {
    const auto chunk = ReadBigEndian<std::uint32_t>(rest.substr(rest.size() - 4));
    state->dirty_chunks.insert(state->dirty_chunks.end(), {std::string(rest.substr(0, rest.size() - 5)), chunk});
  } else {
    return false;
  }
  return true;
}

bool ParseHealthKey(std::string_view key, std::size_t prefix, std::string_view* path, std::uint32_t* chunk) {
  constexpr std::size_t kTail = 5;  // the zero byte, chunk
  if (key.size() < prefix + kTail || key[key.size() - kTail] != '\0') return false;
  *path = key.substr(prefix, key.size() - kTail - prefix);
  *chunk = ReadBigEndian<std::uint32_t>(key.substr(key.size() - 4));
  return true;
}

bool ParseReportKey(std::string_view key, std::size_t prefix, model::HealthReport* report) {
  constexpr std::size_t kTail = 5;  // the zero byte, incarnation
  const std::size_t path_end = key.find('\0', prefix);
  if (path_end == std::string_view::npos || key.size() < path_end + 1 + kTail) return false;
  if (key[key.size() - kTail] != '\0') return false;
  report->group = key.substr(prefix, path_end - prefix);
  report->slot_key = key.substr(path_end + 1, key.size() - kTail - path_end - 1);
  report->incarnation = ReadBigEndian<std::uint32_t>(key.substr(key.size() - 4));
  return true;
}

bool ParseEventKey(std::string_view key, std::uint64_t* id) {
  if (key.size() != sizeof *id) return false;
  *id = ReadBigEndian<std::uint64_t>(key);
  return true;
}

base::Status CheckKeys(std::string_view lineage, std::string_view path) {
  const bool has_zero = lineage.find('\0') != std::string_view::npos || path.find('\0') != std::string_view::npos;
  if (lineage.empty() || has_zero) {
    return base::Fail(base::ErrorCode::kInvalid,
                      "a lineage may not be empty, and neither it nor a group's path may "
                      "contain a zero byte");
  }
  // The longest key of a group is that of a row.
  if (lineage.size() + path.size() + 10 > kMaxKeyBytes) {
    return base::Fail(base::ErrorCode::kInvalid,
                      "group path `" + std::string(path.substr(0, 40)) +
                          "...` is too long for the store: " + std::to_string(path.size()) + " bytes, at most " +
                          std::to_string(kMaxKeyBytes - 10 - lineage.size()) + " are possible");
  }
  return {};
}

}  // namespace kadende::state
