// A table of text in columns, fitted to a terminal where there is one. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/view/style.h"

namespace kadende::cli {

struct TextColumn {
  std::string title;
  // Where it is narrow, columns are left out in this order, 1 first; 0: never.
  int leave_out = 0;
  // Before any is left out, cells of this column keep only so many of their last characters; 0: all of them.
  std::size_t tail = 0;
};

struct TextCell {
  std::string text;  // already escaped
  Color color = Color::kNone;
};

enum class Overflow : std::uint8_t { kWrap, kCut };

struct TextTableOptions {
  bool color = false;
  std::size_t width = 0;  // cells of the terminal; 0: no limit, one line a row
  Overflow overflow = Overflow::kWrap;
};

// The last column is the one that may be long: with a width it is wrapped below itself or cut.
class TextTable {
 public:
  explicit TextTable(std::vector<TextColumn> columns) : columns_(std::move(columns)) {}

  void Add(std::vector<TextCell> row) { rows_.push_back(std::move(row)); }  // a cell per column
  [[nodiscard]] std::size_t size() const { return rows_.size(); }

  // Title line and rows, without newlines. Measured over all rows, also where the caller shows some of them.
  [[nodiscard]] std::vector<std::string> Lines(const TextTableOptions& options) const;

 private:
  std::vector<TextColumn> columns_;
  std::vector<std::vector<TextCell>> rows_;
};

// Broken at blanks into pieces of at most `width` cells; a longer word is broken where it must.
[[nodiscard]] std::vector<std::string> WrapText(std::string_view text, std::size_t width);

}  // namespace kadende::cli
