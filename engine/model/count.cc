#include "engine/model/count.h"

namespace kadende::model {

std::uint32_t CountOrPercent::RoundDown(std::uint32_t of) const {
  return percent ? static_cast<std::uint32_t>(std::uint64_t{of} * value / 100) : value;
}

std::uint32_t CountOrPercent::RoundUp(std::uint32_t of) const {
  return percent ? static_cast<std::uint32_t>((std::uint64_t{of} * value + 99) / 100) : value;
}

std::string CountOrPercent::ToText() const {
  return std::to_string(value) + (percent ? "%" : "");
}

}  // namespace kadende::model
