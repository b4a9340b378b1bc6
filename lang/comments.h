// Finds the comments of a file by scanning its bytes, and where brackets close. Scalars in quotes and block scalars are
// skipped with the tree's help: everywhere else a `#` behind a blank is a comment.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lang/source_text.h"
#include "lang/yaml_reader.h"

namespace kadende::lang {

struct Comment {
  std::size_t offset = 0;
  int line = 0;
  int column = 0;
  std::string text;
  bool own_line = false;
  bool blank_before = false;
  std::vector<std::size_t> inside;  // offsets of the open brackets around it, outermost first
};

struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct Scan {
  std::vector<Comment> comments;
  std::vector<Span> opaque;                     // quoted and block scalars, sorted
  std::map<std::size_t, std::size_t> flow_end;  // opening bracket -> closing bracket
};

[[nodiscard]] Scan ScanComments(const SourceText& source, const Node& root);

[[nodiscard]] bool IsBlank(std::string_view line);

}  // namespace kadende::lang
