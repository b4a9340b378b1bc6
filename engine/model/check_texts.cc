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

std::vector<std::string*> TextsOf(Hook& hook) {
  std::vector<std::string*> texts = {&hook.url};
  for (std::string& argument : hook.exec) texts.push_back(&argument);
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

base::Status BindTexts(const std::vector<std::string*>& texts, const GroupValues& values, const std::string& where) {
  for (std::string* text : texts) {
    if (!MayHoldExpression(*text)) continue;
    auto bound = BindText(*text, values);
    if (!bound) return tl::unexpected(base::Wrap(bound.error(), where).value());
    *text = std::move(*bound);
  }
  return {};
}

base::Status RenderTexts(const std::vector<std::string*>& texts, const NodeValues& node) {
  for (std::string* text : texts) {
    if (!MayHoldExpression(*text)) continue;
    const auto references = InspectText(*text);
    if (references && references->node_address && node.address.empty()) {
      return base::Fail(base::ErrorCode::kInvalid, "the provider gave the node no address");
    }
    auto rendered = RenderText(*text, {}, node);
    if (!rendered) return tl::unexpected(std::move(rendered).error());
    *text = std::move(*rendered);
  }
  return {};
}

}  // namespace

base::Result<HealthCheck> BindCheck(HealthCheck check, const GroupValues& values) {
  if (auto bound = BindTexts(TextsOf(check), values, "healthChecks." + check.name); !bound) {
    return tl::unexpected(std::move(bound).error());
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
  if (auto rendered = RenderTexts(TextsOf(check), node); !rendered) return tl::unexpected(std::move(rendered).error());
  return check;
}

base::Status BindHooks(std::vector<Hook>* hooks, DrainPolicy* drain, const GroupValues& values) {
  for (Hook& hook : *hooks) {
    const std::string where = "hooks." + std::string(HookPointName(hook.at));
    if (auto bound = BindTexts(TextsOf(hook), values, where); !bound) return bound;
  }
  std::vector<std::string*> texts;
  for (std::string& argument : drain->exec) texts.push_back(&argument);
  return BindTexts(texts, values, "drain.exec");
}

base::Result<Hook> RenderHook(Hook hook, const NodeValues& node) {
  if (auto rendered = RenderTexts(TextsOf(hook), node); !rendered) return tl::unexpected(std::move(rendered).error());
  return hook;
}

}  // namespace kadende::model
