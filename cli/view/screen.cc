#include "cli/view/screen.h"

namespace kadende::cli {

void Screen::Draw(const std::vector<std::string>& lines, std::size_t width, std::size_t height) {
  std::string bytes;
  if (drawn_ > 0 && (width != width_ || height != height_)) {
    bytes = "\x1b[2J\x1b[H";
  } else if (drawn_ > 0) {
    bytes = "\x1b[" + std::to_string(drawn_) + "F";
  }
  for (const std::string& line : lines) bytes += line + "\x1b[K\n";
  bytes += "\x1b[J";  // what was longer before
  sink_(bytes);
  drawn_ = lines.size();
  width_ = width;
  height_ = height;
}

}  // namespace kadende::cli
