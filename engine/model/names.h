// One table per enum: names by value and values by name.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace kadende::model {

template <class Enum, std::size_t kCount>
class NameTable {
 public:
  constexpr explicit NameTable(std::array<std::string_view, kCount> names) : names_(names) {}

  [[nodiscard]] constexpr std::string_view Name(Enum value) const {
    const auto index = static_cast<std::size_t>(value);
    return index < kCount ? names_[index] : std::string_view("unknown");
  }
  [[nodiscard]] constexpr std::optional<Enum> Parse(std::string_view name) const {
    for (std::size_t i = 0; i < kCount; ++i) {
      if (names_[i] == name) return static_cast<Enum>(i);
    }
    return std::nullopt;
  }

 private:
  std::array<std::string_view, kCount> names_;
};

}  // namespace kadende::model
