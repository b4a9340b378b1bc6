// The bytes of a configuration file, addressed by line and column; makes ranges and excerpts of diagnostics.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/diagnostics.h"

namespace kadende::lang {

// Lines and columns count from 1, columns and lengths in characters, as in base::SourceRange.
struct Place {
  int line = 0;
  int column = 0;
  int length = 1;
};

// MEASURED, "yaml-cpp": a file of 10,000 lines is about 300 KB; larger groups come from `size`, not from lists.
inline constexpr std::size_t kMaxFileBytes = std::size_t{2} << 20;

// Borrows the bytes; they must outlive it.
class SourceText {
 public:
  SourceText(std::string_view bytes, std::string_view file);

  // Without a byte order mark; all offsets refer to this.
  [[nodiscard]] std::string_view bytes() const { return bytes_; }
  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] std::size_t LineCount() const { return starts_.size(); }
  [[nodiscard]] std::string_view Line(int line) const;  // without its end; empty outside the file
  [[nodiscard]] std::size_t LineStart(int line) const;  // byte offset

  [[nodiscard]] int LineOf(std::size_t offset) const;
  // `length_bytes` is cut at the end of the line.
  [[nodiscard]] Place PlaceOf(std::size_t offset, std::size_t length_bytes) const;
  [[nodiscard]] base::SourceRange Range(const Place& place) const;

  // Gives every diagnostic of this file its excerpt, except where the line is absurdly long.
  void FillExcerpts(base::Diagnostics* diagnostics) const;

  // Size, encoding and control characters: what must hold before a YAML scanner may see the bytes.
  [[nodiscard]] std::optional<base::Diagnostic> FindUnreadable() const;

 private:
  std::string_view bytes_;
  std::string file_;
  std::vector<std::size_t> starts_;  // offset of each line's first byte
};

// Code points of valid UTF-8.
[[nodiscard]] int CountCharacters(std::string_view text);

}  // namespace kadende::lang
