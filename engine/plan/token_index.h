// Token -> number of an expected instance. A flat table with open addressing, because 100,000 look-ups are on the way
// of every plan and a token's bytes are a perfect hash already.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

#include "engine/model/identity.h"

namespace kadende::plan {

class TokenIndex {
 public:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  explicit TokenIndex(std::size_t capacity)
      : slots_(std::bit_ceil(capacity * 2 + 2)), mask_(static_cast<std::size_t>(slots_.size() - 1)) {}

  // At most `capacity` times. The token must outlive the index. The first of equal tokens wins.
  void Insert(const model::Token* token, std::uint32_t number) {
    std::size_t at = std::hash<model::Token>{}(*token) & mask_;
    for (; slots_[at].token != nullptr; at = (at + 1) & mask_) {
      if (*slots_[at].token == *token) return;
    }
    slots_[at] = {token, number};
  }

  [[nodiscard]] std::uint32_t Find(const model::Token& token) const {
    for (std::size_t at = std::hash<model::Token>{}(token)&mask_; slots_[at].token != nullptr; at = (at + 1) & mask_) {
      if (*slots_[at].token == token) return slots_[at].number;
    }
    return kNone;
  }

 private:
  struct Entry {
    const model::Token* token = nullptr;
    std::uint32_t number = kNone;
  };
  std::vector<Entry> slots_;
  std::size_t mask_;
};

}  // namespace kadende::plan
