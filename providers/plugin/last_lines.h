// The last lines of what a plugin wrote to standard error, for the message that says how it ended. Bounded, however
// much it writes. Not thread-safe.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace kadende::providers::plugin {

class LastLines {
 public:
  // Returns the lines that are whole now.
  std::vector<std::string> Add(std::string_view bytes);

  // "; the last of its standard error: line | line", escaped; empty where it wrote nothing.
  [[nodiscard]] std::string Text() const;

 private:
  std::deque<std::string> lines_;
  std::string rest_;  // of a line that has not ended
};

}  // namespace kadende::providers::plugin
