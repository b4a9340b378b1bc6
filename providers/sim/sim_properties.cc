#include "providers/sim/sim_properties.h"

#include "engine/base/json.h"

namespace kadende::providers {
namespace {

// Index behind the string literal that starts at `at`; npos where it does not end.
std::size_t SkipString(std::string_view json, std::size_t at) {
  for (++at; at < json.size(); ++at) {
    if (json[at] == '\\') {
      ++at;
    } else if (json[at] == '"') {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

std::size_t SkipSpace(std::string_view json, std::size_t at) {
  while (at < json.size() && (json[at] == ' ' || json[at] == '\t' || json[at] == '\n' || json[at] == '\r')) ++at;
  return at;
}

std::optional<std::string> CloudByParser(std::string_view properties) {
  const auto json = base::ParseJson(properties);
  if (!json || !json->is_object()) return std::nullopt;
  const auto found = json->find("cloud");
  if (found == json->end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

}  // namespace

std::optional<std::string> CloudOf(std::string_view json) {
  int depth = 0;
  for (std::size_t at = 0; at < json.size();) {
    const char c = json[at];
    if (c != '"') {
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      ++at;
      continue;
    }
    const std::size_t end = SkipString(json, at);
    if (end == std::string_view::npos) return std::nullopt;
    const bool is_cloud = depth == 1 && json.substr(at, end - at) == "\"cloud\"";
    at = end;
    if (!is_cloud) continue;
    const std::size_t colon = SkipSpace(json, at);
    if (colon >= json.size() || json[colon] != ':') continue;  // a value that reads "cloud"
    const std::size_t start = SkipSpace(json, colon + 1);
    if (start >= json.size() || json[start] != '"') return std::nullopt;
    const std::size_t stop = SkipString(json, start);
    if (stop == std::string_view::npos) return std::nullopt;
    const std::string_view value = json.substr(start + 1, stop - start - 2);
    if (value.find('\\') != std::string_view::npos) return CloudByParser(json);
    return std::string(value);
  }
  return std::nullopt;
}

base::Diagnostics ValidateSimProperties(std::string_view properties) {
  base::Diagnostics diagnostics;
  const auto json = base::ParseJson(properties);
  if (!json || !json->is_object()) {
    diagnostics.Error("", "properties of the sim provider must be a mapping");
    return diagnostics;
  }
  const auto cloud = json->find("cloud");
  if (cloud == json->end()) {
    diagnostics.Error("cloud", "`cloud` is missing", {},
                      "give the path of the simulated cloud's file: `cloud: ./cloud.sim`");
  } else if (!cloud->is_string()) {
    diagnostics.Error("cloud", "`cloud` must be a path");
  } else if (const auto& path = cloud->get_ref<const std::string&>(); path.empty()) {
    diagnostics.Error("cloud", "`cloud` must not be empty");
  } else if (path.find("${node.") != std::string::npos) {
    diagnostics.Error("cloud", "`cloud` says where a group lives, so it cannot differ from node to node");
  }
  return diagnostics;
}

}  // namespace kadende::providers
