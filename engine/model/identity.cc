#include "engine/model/identity.h"

#include <algorithm>

namespace kadende::model {
namespace {

constexpr std::size_t kLineageBytes = 16;  // 128 bits, 26 characters
constexpr std::size_t kTokenLetters = 4;   // of the token, in names

std::string Flatten(std::string_view path) {
  std::string flat(path);
  std::replace(flat.begin(), flat.end(), '/', '-');
  return flat;
}

}  // namespace

Lineage NewLineage() {
  return base::ToBase32(base::RandomBytes(kLineageBytes));
}

std::string Slot::Key() const {
  return logical_id.empty() ? std::to_string(ordinal) : logical_id;
}

std::string NodeAddress::Display() const {
  return group + "[" + slot.Key() + "]";
}

NodeQuery ParseNodeQuery(std::string_view text) {
  const std::size_t open = text.find('[');
  if (open == std::string_view::npos || open == 0 || text.back() != ']') return {{}, {}, std::string(text)};
  return {std::string(text.substr(0, open)), std::string(text.substr(open + 1, text.size() - open - 2)), {}};
}

std::string NodeKey(std::string_view lineage, std::string_view group_path, const Slot& slot) {
  std::string key;
  key.reserve(lineage.size() + group_path.size() + 12);
  return key.append(lineage).append("/").append(group_path).append("/").append(slot.Key());
}

Token MakeToken(std::string_view lineage, std::string_view group_path, const Slot& slot, std::uint32_t incarnation) {
  // No part may contain a newline (names are restricted), so the text has one reading.
  return base::Sha256(NodeKey(lineage, group_path, slot) + "\n" + std::to_string(incarnation));
}

std::string NodeName(std::string_view group_path, const Slot& slot) {
  return Flatten(group_path) + "-" + slot.Key();
}

std::string InstanceName(std::string_view cluster, std::string_view group_path, const Slot& slot, const Token& token) {
  return std::string(cluster) + "-" + NodeName(group_path, slot) + "-" + base::ToBase32(token).substr(0, kTokenLetters);
}

}  // namespace kadende::model
