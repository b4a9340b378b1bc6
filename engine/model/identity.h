// Who is who: lineage, node, slot, incarnation, token, and the names made of them. All of this is stored and
// sent to providers, so a change here is a new stored format.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/digest.h"

namespace kadende::model {

// Random identity of a cluster, made at its first apply and kept in state alone: 26 characters of base32 (128
// bits). Instances are tagged with it; nothing without it is ever ours.
using Lineage = std::string;
[[nodiscard]] Lineage NewLineage();

// SHA-256 over (lineage, node key, incarnation): the same facts give the same token on any machine, so a create
// that is repeated after a crash asks for the same instance.
using Token = base::Digest;

// A stable place in a group. In a group of `size` the ordinal is its name; in a group of logicalIds the id is,
// and the ordinal is a number that the id keeps for life (lowest free at its first use).
struct Slot {
  std::uint32_t ordinal = 0;
  std::string logical_id;  // empty in groups of `size`

  [[nodiscard]] std::string Key() const;  // "3" or "a"
  auto operator<=>(const Slot&) const = default;
};

// One incarnation of a slot. Sorted as rows are stored: by slot, then incarnation.
struct NodeRowKey {
  std::uint32_t ordinal = 0;
  std::uint32_t incarnation = 0;
  auto operator<=>(const NodeRowKey&) const = default;
};

// Of anything that has a slot and an incarnation: records, health, drift.
template <class Row>
[[nodiscard]] NodeRowKey KeyOf(const Row& row) {
  return {row.slot.ordinal, row.incarnation};
}

// A node of a cluster: group path and slot. Shown as "data/db[a]" or "web[0]".
struct NodeAddress {
  std::string group;
  Slot slot;

  [[nodiscard]] std::string Display() const;
  auto operator<=>(const NodeAddress&) const = default;
};

// What a user may write for a node: "web[0]", "data/db[a]", or its node.name "data-db-a". Only split here;
// whether it exists is for the caller to look up. The bracket form yields group and slot key; anything
// else yields an empty group and the text as name.
struct NodeQuery {
  std::string group;
  std::string slot_key;
  std::string name;
};
[[nodiscard]] NodeQuery ParseNodeQuery(std::string_view text);

// "<lineage>/<group path>/<slot key>"
[[nodiscard]] std::string NodeKey(std::string_view lineage, std::string_view group_path, const Slot& slot);

[[nodiscard]] Token MakeToken(std::string_view lineage, std::string_view group_path, const Slot& slot,
                              std::uint32_t incarnation);

// `node.name`: the path with '-' for '/', then the slot: "group2-sub-group1-0".
[[nodiscard]] std::string NodeName(std::string_view group_path, const Slot& slot);

// Provider-side name: cluster, path, slot, and four letters of the token that keep two incarnations apart:
// "shop-web-0-k3fq".
[[nodiscard]] std::string InstanceName(std::string_view cluster, std::string_view group_path, const Slot& slot,
                                       const Token& token);

}  // namespace kadende::model
