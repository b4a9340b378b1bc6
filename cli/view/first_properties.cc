#include "cli/view/first_properties.h"

#include <algorithm>
#include <utility>

#include "cli/view/style.h"
#include "engine/base/json.h"
#include "engine/base/text.h"

namespace kadende::cli {
namespace {

using base::Json;
using Properties = std::vector<model::PropertyChange>;

// Depth is bounded by the parser.
void AddLeaves(const std::string& path, const Json& value, Properties& out) {
  if (!value.is_object() || (value.empty() && !path.empty())) {
    out.push_back({path, {}, base::Canonical(value), false});
    return;
  }
  for (const auto& [key, inner] : value.items()) AddLeaves(path.empty() ? key : path + "." + key, inner, out);
}

}  // namespace

std::vector<model::PropertyChange> FirstProperties(const model::PlanGroup& group) {
  if (!group.is_new) return {};
  const auto revision = std::find_if(group.revisions.begin(), group.revisions.end(),
                                     [&](const auto& known) { return known.id == group.after.revision; });
  if (revision == group.revisions.end()) return {};
  Properties out;
  out.push_back({"resourcePlugin.name", {}, base::QuoteJson(revision->provider.name), false});
  if (!revision->provider.url.empty()) {
    out.push_back({"resourcePlugin.url", {}, base::QuoteJson(revision->provider.url), false});
  }
  const auto of_provider = static_cast<std::ptrdiff_t>(out.size());
  if (const auto properties = base::ParseJson(revision->properties)) AddLeaves({}, *properties, out);
  for (const auto& [key, value] : revision->labels) out.push_back({"labels." + key, {}, base::QuoteJson(value), false});
  std::sort(out.begin() + of_provider, out.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return out;
}

std::string CutValue(std::string_view value, std::size_t cells) {
  if (DisplayWidth(value) <= cells) return std::string(value);
  return Shorten(value, cells) + " (" + base::GroupDigits(value.size()) + " bytes)";
}

}  // namespace kadende::cli
