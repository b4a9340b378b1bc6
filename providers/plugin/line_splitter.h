// Cuts what a plugin sends into lines: the frames of the protocol. Holds no more than one line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kadende::providers::plugin {

class LineSplitter {
 public:
  explicit LineSplitter(std::size_t largest) : largest_(largest) {}

  // Calls `take(line)` for each whole line, without its end ("\n" or "\r\n") and without empty ones. False: a line is
  // longer than allowed; nothing after it is given out.
  template <class F>
  [[nodiscard]] bool Feed(std::string_view bytes, F take) {
    while (!bytes.empty()) {
      const std::size_t end = bytes.find('\n');
      const std::string_view piece = bytes.substr(0, end);
      if (rest_.size() + piece.size() > largest_) return false;
      if (end == std::string_view::npos) {
        rest_.append(piece);
        return true;
      }
      bytes.remove_prefix(end + 1);
      if (rest_.empty()) {
        Give(piece, take);
        continue;
      }
      rest_.append(piece);
      Give(rest_, take);
      Forget();
    }
    return true;
  }

  // A line that has begun and not ended.
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  template <class F>
  static void Give(std::string_view line, F& take) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) take(line);
  }

  // One large answer must not keep its memory for ever.
  void Forget() {
    constexpr std::size_t kKept = 64 * 1024;
    rest_.clear();
    if (rest_.capacity() > kKept) rest_.shrink_to_fit();
  }

  const std::size_t largest_;
  std::string rest_;
};

}  // namespace kadende::providers::plugin
