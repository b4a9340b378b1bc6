#include "providers/plugin/ability_requests.h"

#include <utility>

#include "engine/base/base64.h"
#include "engine/base/text.h"
#include "providers/plugin/members.h"
#include "providers/plugin/object_text.h"

namespace kadende::providers::plugin {
namespace {

using base::ErrorCode;
using base::Fail;
using base::Json;
using base::Result;

constexpr std::size_t kLongestReason = 500;

std::string ListText(const std::vector<std::string>& texts) {
  std::string list = "[";
  for (const std::string& text : texts) list.append(list.size() > 1 ? "," : "").append(base::QuoteJson(text));
  return list + "]";
}

// Bytes: as they are where they are text, else as base64.
Result<std::string> OutputOf(const Json& result) {
  auto output = OptionalText(result, "output");
  if (!output) return output;
  const auto encoding = OptionalText(result, "encoding");
  if (!encoding) return tl::unexpected(encoding.error());
  if (encoding->empty()) return output;
  if (*encoding != "base64") {
    return Fail(ErrorCode::kInternal,
                "`encoding` is `" + base::EscapeTerminal(*encoding) + "`; it is `base64`, or is not there");
  }
  auto bytes = base::FromBase64(*output);
  if (!bytes) return Fail(ErrorCode::kInternal, "`output` is no base64");
  return std::move(*bytes);
}

Result<ports::UpdateVerdict> VerdictOf(const Json& item) {
  if (!item.is_object()) return Fail(ErrorCode::kInternal, "a change is no object");
  auto path = RequiredText(item, "path");
  if (!path) return tl::unexpected(std::move(path.error()));
  if (!item.contains("replace")) return Fail(ErrorCode::kInternal, "`replace` is missing");
  const auto replace = OptionalBool(item, "replace");
  if (!replace) return tl::unexpected(replace.error());
  auto reason = OptionalText(item, "reason");
  if (!reason) return tl::unexpected(std::move(reason.error()));
  return ports::UpdateVerdict{std::move(*path), *replace, reason->substr(0, kLongestReason)};
}

}  // namespace

Result<std::string> LogsParams(const ports::LogRequest& request, std::string_view cursor) {
  if (auto good = CheckObject(request.scope_config, kScopeTexts); !good) return tl::unexpected(std::move(good.error()));
  ObjectText params;
  params.Raw("scope", request.scope_config).Text("id", request.instance_id);
  if (!cursor.empty()) {
    params.Text("cursor", cursor);
  } else if (request.tail_lines > 0) {
    params.Raw("tailLines", std::to_string(request.tail_lines));
  }
  return params.Take();
}

Result<std::string> ExecParams(const ports::ExecRequest& request, base::Millis timeout) {
  if (auto good = CheckObject(request.scope_config, kScopeTexts); !good) return tl::unexpected(std::move(good.error()));
  Json environment = Json::object();
  for (const auto& [name, value] : request.environment) environment[name] = value;
  return ObjectText()
      .Raw("scope", request.scope_config)
      .Text("id", request.instance_id)
      .Raw("command", ListText(request.command))
      .Raw("environment", base::Canonical(environment))
      .Raw("timeoutMs", std::to_string(timeout.count()))
      .Raw("mostOutput", std::to_string(request.most_output))
      .Take();
}

Result<std::string> PlanUpdateParams(const ports::PlanUpdateRequest& request) {
  for (const std::string_view properties : {request.before, request.after}) {
    if (auto good = CheckObject(properties, kPropertyTexts); !good) return tl::unexpected(std::move(good.error()));
  }
  return ObjectText()
      .Raw("before", request.before)
      .Raw("after", request.after)
      .Raw("changes", ListText(request.paths))
      .Take();
}

Result<LogPage> LogsAnswer(const Json& result, std::string_view cursor) {
  if (auto good = CheckResult(result); !good) return tl::unexpected(std::move(good.error()));
  auto output = OutputOf(result);
  if (!output) return tl::unexpected(std::move(output.error()));
  auto next = OptionalText(result, "cursor");
  if (!next) return tl::unexpected(std::move(next.error()));
  const auto more = OptionalBool(result, "more");
  if (!more) return tl::unexpected(more.error());
  if (*more && (next->empty() || *next == cursor)) {
    return Fail(ErrorCode::kInternal, "`more` is true, and `cursor` does not lead on");
  }
  return LogPage{std::move(*output), std::move(*next), *more};
}

Result<ports::ExecResult> ExecAnswer(const Json& result, std::size_t most_output) {
  if (auto good = CheckResult(result); !good) return tl::unexpected(std::move(good.error()));
  const auto code = result.find("exitCode");
  if (code == result.end() || !code->is_number_integer()) {
    return Fail(ErrorCode::kInternal, "`exitCode` is missing or no integer");
  }
  auto output = OutputOf(result);
  if (!output) return tl::unexpected(std::move(output.error()));
  if (output->size() > most_output) output->erase(0, output->size() - most_output);
  return ports::ExecResult{code->get<int>(), std::move(*output)};
}

Result<std::vector<ports::UpdateVerdict>> PlanUpdateAnswer(const Json& result) {
  if (auto good = CheckResult(result); !good) return tl::unexpected(std::move(good.error()));
  std::vector<ports::UpdateVerdict> verdicts;
  const auto found = result.find("changes");
  if (found == result.end()) return verdicts;
  if (!found->is_array()) return Fail(ErrorCode::kInternal, "`changes` is no array");
  for (const Json& item : *found) {
    auto verdict = VerdictOf(item);
    if (!verdict) return tl::unexpected(std::move(verdict.error()));
    verdicts.push_back(std::move(*verdict));
  }
  return verdicts;
}

}  // namespace kadende::providers::plugin
