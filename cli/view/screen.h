// A block of lines that is drawn again and again at the same place of a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/view/sink.h"

namespace kadende::cli {

// Not thread-safe. What was drawn last stays when it ends.
class Screen {
 public:
  explicit Screen(Sink sink) : sink_(std::move(sink)) {}

  // Draws over what is there, in one write and line by line, so that nothing flickers. The lines must fit: each within
  // `width` cells, all of them within one line less than `height`. A terminal of another size than before is cleared:
  // where it put the old lines is unknown.
  void Draw(const std::vector<std::string>& lines, std::size_t width, std::size_t height);

  // A cursor that jumps about disturbs. It is shown again by whoever ends the drawing, whatever the reason.
  static constexpr const char* kHideCursor = "\x1b[?25l";
  static constexpr const char* kShowCursor = "\x1b[?25h";

 private:
  Sink sink_;
  std::size_t drawn_ = 0;
  std::size_t width_ = 0;
  std::size_t height_ = 0;
};

}  // namespace kadende::cli
