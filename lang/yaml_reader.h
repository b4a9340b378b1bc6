// Step "read": YAML bytes -> a tree of our own with positions. The only file of this program that knows yaml-cpp is
// yaml_reader.cc.
//
// The language is a safe subset of YAML 1.2: no anchors, aliases, merge keys, tags, further documents, duplicate or
// compound keys. Each of these is an error with its position. Limits: kMaxFileBytes, kMaxDepth, kMaxNodes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/diagnostics.h"
#include "lang/source_text.h"

namespace kadende::lang {

inline constexpr std::size_t kMaxDepth = 100;
inline constexpr std::size_t kMaxNodes = 250'000;  // scalars, sequences and mappings; bounds memory to about 60 MB

enum class NodeKind : std::uint8_t { kNull, kScalar, kSequence, kMapping };

struct Member;

struct Node {
  NodeKind kind = NodeKind::kNull;
  bool quoted = false;       // a scalar in quotes or a block scalar: text whatever it looks like
  bool flow = false;         // a collection in brackets
  std::uint32_t offset = 0;  // of its first byte in SourceText::bytes()
  Place place;
  std::string text;             // scalars
  std::vector<Node> items;      // sequences
  std::vector<Member> members;  // mappings, in the file's order

  [[nodiscard]] const Member* Find(std::string_view key) const;
  // The text of a plain scalar that reads as null (`null`, `~`, nothing) is of kind kNull.
  [[nodiscard]] bool IsNull() const { return kind == NodeKind::kNull; }
};

struct Member {
  std::string key;
  bool key_quoted = false;
  std::uint32_t key_offset = 0;
  Place key_place;
  Node value;

  // Where a finding about this member is shown: scalars at the value, collections at their key.
  [[nodiscard]] const Place& Where() const;
};

// Meaningful without errors. An empty file has a root of kind kNull.
struct Document {
  Node root;
  base::Diagnostics diagnostics;  // without excerpts
  bool too_deep = false;          // reading ended at kMaxDepth
};
[[nodiscard]] Document ReadYaml(const SourceText& source);

// "a mapping", "a list", "nothing", "the text `x`", "the value `x`": for messages.
[[nodiscard]] std::string DescribeNode(const Node& node);

}  // namespace kadende::lang
