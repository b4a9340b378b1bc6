// The tree of a file together with what a tree of values forgets: comments, blank lines and which collections were
// written in brackets. For the formatter alone.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lang/source_text.h"
#include "lang/yaml_reader.h"

namespace kadende::lang {

struct Note {
  std::string text;           // "# as written", without trailing blanks
  bool blank_before = false;  // an empty line stands before it
  int column = 0;             // where it was written
};

struct Block;

// A key with its value, or an item of a list.
struct Entry {
  const Member* member = nullptr;  // null: a list's item
  const Node* value = nullptr;
  std::size_t start = 0;  // byte offset of the key, or of the item's dash
  bool blank_before = false;
  std::vector<Note> lead;      // lines above
  std::vector<Note> trailing;  // behind, on the same line; more than one where the value had several lines
  Block* parent = nullptr;
  std::unique_ptr<Block> below;  // of mappings and lists
};

// A mapping or list.
struct Block {
  const Node* node = nullptr;
  Entry* owner = nullptr;  // null: the root
  std::vector<std::unique_ptr<Entry>> entries;
  std::vector<Note> foot;     // comments behind the last entry
  bool has_comments = false;  // brackets with comments inside cannot stay on one line
  std::size_t flow_end = 0;   // of the closing bracket
  bool one_line = true;       // brackets: opened and closed on one line
};

struct Layout {
  std::vector<Note> head;  // the file's own comment: above the first key, with an empty line between
  std::unique_ptr<Block> root;
  std::size_t comments = 0;
};

// `root` is a mapping or list without problems; both arguments must outlive the layout.
[[nodiscard]] Layout MakeLayout(const SourceText& source, const Node& root);

// The texts of all comments, in the file's order; finds the same ones as MakeLayout.
[[nodiscard]] std::vector<std::string> ListComments(const SourceText& source, const Node& root);

}  // namespace kadende::lang
