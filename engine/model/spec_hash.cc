#include "engine/model/spec_hash.h"

namespace kadende::model {

base::Digest SpecHash(std::string_view text, const std::map<std::string, std::string>& variables) {
  std::string all(text);
  for (const auto& [name, value] : variables) all.append(1, '\0').append(name).append("=").append(value);
  return base::Sha256(all);
}

}  // namespace kadende::model
