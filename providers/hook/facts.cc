#include "providers/hook/facts.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "engine/base/json.h"

namespace kadende::providers::hook {
namespace {

constexpr std::size_t kLongestLine = 200;
// Marks of secrets are made with it: no program of a user needs it.
constexpr std::string_view kOurs = "KADENDE_STATE_KEY=";

std::vector<std::pair<std::string_view, std::string>> Variables(const ports::HookFacts& facts) {
  return {{"KADENDE_HOOK", facts.point},
          {"KADENDE_CLUSTER", facts.cluster},
          {"KADENDE_LINEAGE", facts.lineage},
          {"KADENDE_GROUP", facts.group},
          {"KADENDE_NODE", facts.node},
          {"KADENDE_ORDINAL", std::to_string(facts.ordinal)},
          {"KADENDE_LOGICAL_ID", facts.logical_id},
          {"KADENDE_INCARNATION", std::to_string(facts.incarnation)},
          {"KADENDE_INSTANCE_ID", facts.instance_id},
          {"KADENDE_ADDRESS", facts.address},
          {"KADENDE_ATTRIBUTES", facts.attributes},
          {"KADENDE_REASON", facts.reason},
          {"KADENDE_RUN", facts.run_id}};
}

}  // namespace

std::vector<std::string> EnvironmentFor(const ports::HookFacts& facts) {
  const auto added = Variables(facts);
  std::vector<std::string> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const std::string_view name = text.substr(0, text.find('='));
    const bool replaced = std::any_of(added.begin(), added.end(), [&](const auto& one) { return one.first == name; });
    if (!replaced && !text.starts_with(kOurs)) environment.emplace_back(text);
  }
  for (const auto& [name, value] : added) environment.push_back(std::string(name) + "=" + value);
  return environment;
}

std::string JsonOf(const ports::HookFacts& facts) {
  base::Json json = {
      {"hook", facts.point}, {"cluster", facts.cluster}, {"lineage", facts.lineage},         {"group", facts.group},
      {"node", facts.node},  {"ordinal", facts.ordinal}, {"incarnation", facts.incarnation}, {"reason", facts.reason},
      {"run", facts.run_id}};
  if (!facts.logical_id.empty()) json["logicalId"] = facts.logical_id;
  if (!facts.instance_id.empty()) json["instance"] = facts.instance_id;
  if (!facts.address.empty()) json["address"] = facts.address;
  if (const auto attributes = base::ParseJson(facts.attributes); attributes && !attributes->empty()) {
    json["attributes"] = *attributes;
  }
  return base::Canonical(json);
}

std::string LastLine(std::string_view output) {
  while (!output.empty()) {
    const std::size_t end = output.find_last_not_of(" \t\r\n");
    if (end == std::string_view::npos) return {};
    const std::size_t start = output.find_last_of('\n', end);
    const std::string_view line = output.substr(start == std::string_view::npos ? 0 : start + 1, kLongestLine);
    return std::string(line.substr(0, std::min(line.find('\n'), line.find('\r'))));
  }
  return {};
}

}  // namespace kadende::providers::hook
