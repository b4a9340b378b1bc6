#include "cli/view/plugin_text.h"

#include <algorithm>

#include "engine/base/text.h"

namespace kadende::cli {
namespace {

constexpr std::size_t kHashShown = 12;

}  // namespace

std::string PinText(const model::PluginPin& pin) {
  std::string facts;
  for (const auto& [platform, hash] : pin.hashes) {
    facts += facts.empty() ? "sha256 " : ", ";
    if (pin.hashes.size() > 1) facts += base::EscapeTerminal(platform) + " ";
    facts += base::ToHex(hash).substr(0, kHashShown) + "...";
  }
  if (!pin.url.empty()) facts += (facts.empty() ? "" : ", ") + base::EscapeTerminal(pin.url);
  return base::EscapeTerminal(pin.name) + " " + base::EscapeTerminal(pin.version) + " (" + facts + ")";
}

std::uint32_t NotLookedAtGroups(const model::Plan& plan) {
  return static_cast<std::uint32_t>(
      std::count_if(plan.groups.begin(), plan.groups.end(),
                    [](const model::PlanGroup& group) { return !group.not_looked_at.empty(); }));
}

std::string NotLookedAtText(const model::PlanGroup& group) {
  return "not looked at: " + base::EscapeTerminal(group.not_looked_at) +
         "; its nodes are taken as recorded, and its properties were not checked";
}

}  // namespace kadende::cli
