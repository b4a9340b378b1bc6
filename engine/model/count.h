// A count, or a share of a group's size: `1` or `10%`.
#pragma once

#include <cstdint>
#include <string>

namespace kadende::model {

struct CountOrPercent {
  std::uint32_t value = 0;
  bool percent = false;

  [[nodiscard]] std::uint32_t RoundDown(std::uint32_t of) const;
  [[nodiscard]] std::uint32_t RoundUp(std::uint32_t of) const;
  [[nodiscard]] std::string ToText() const;
  bool operator==(const CountOrPercent&) const = default;
};

}  // namespace kadende::model
