#include "engine/plan/kept_attributes.h"

#include "engine/base/json.h"

namespace kadende::plan {

std::string KeptAttributes(std::string_view attributes, const model::Manifest& manifest) {
  if (manifest.kept_attributes.empty() || attributes == "{}") return "{}";
  auto all = base::ParseJson(attributes);
  base::Json kept = base::Json::object();
  if (!all || !all->is_object()) return "{}";
  for (const std::string& key : manifest.kept_attributes) {
    if (auto found = all->find(key); found != all->end()) kept[key] = *found;
  }
  return base::Canonical(kept);
}

}  // namespace kadende::plan
