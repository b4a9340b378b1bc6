#include "engine/model/check_texts.h"

#include <string>
#include <utility>
#include <vector>

#include "engine/base/json.h"

namespace kadende::model {
namespace {

// Every text that may hold an expression.
std::vector<std::string*> TextsOf(HealthCheck& check) {
  std::vector<std::string*> texts = {&check.url, &check.address, &check.body_contains};
  for (std::string& argument : check.command) texts.push_back(&argument);
  for (auto& [name, value] : check.headers) texts.push_back(&value);
  return texts;
}

bool MayHoldExpression(const std::string& text) {
  return text.find("${") != std::string::npos;
}

base::Result<std::string> BindText(const std::string& text, const GroupValues& values) {
  auto bound = PropertyTemplate::Bind(base::Canonical(base::Json{{"text", text}}), values);
  if (!bound) return tl::unexpected(bound.error());
  auto json = base::ParseJson(bound->symbolic());
  if (!json) return tl::unexpected(json.error());
  const base::Json& value = json->at("text");
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace

base::Result<HealthCheck> BindCheck(HealthCheck check, const GroupValues& values) {
  for (std::string* text : TextsOf(check)) {
    if (!MayHoldExpression(*text)) continue;
    auto bound = BindText(*text, values);
    if (!bound) return base::Wrap(bound.error(), "healthChecks." + check.name);
    *text = std::move(*bound);
  }
  return check;
}

bool NeedsNode(const HealthCheck& check) {
  HealthCheck copy = check;
  for (const std::string* text : TextsOf(copy)) {
    if (MayHoldExpression(*text)) return true;
  }
  return false;
}

base::Result<HealthCheck> RenderCheck(HealthCheck check, const NodeValues& node) {
  for (std::string* text : TextsOf(check)) {
    if (!MayHoldExpression(*text)) continue;
    const auto references = InspectText(*text);
    if (references && references->node_address && node.address.empty()) {
      return base::Fail(base::ErrorCode::kInvalid, "the provider gave the node no address");
    }
    auto rendered = RenderText(*text, {}, node);
    if (!rendered) return tl::unexpected(std::move(rendered).error());
    *text = std::move(*rendered);
  }
  return check;
}

}  // namespace kadende::model
