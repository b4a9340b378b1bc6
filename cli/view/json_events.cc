#include "cli/view/json_events.h"

#include <utility>

#include "cli/view/apply_table.h"
#include "cli/view/event_text.h"
#include "cli/view/plan_text.h"
#include "engine/base/json.h"
#include "engine/model/plan_json.h"

namespace kadende::cli {
namespace {

using base::Json;

constexpr int kStreamFormat = 1;

std::string_view OutcomeName(apply::OutcomeKind kind) {
  switch (kind) {
    case apply::OutcomeKind::kNotStarted:
      return "not_started";
    case apply::OutcomeKind::kDone:
      return "done";
    case apply::OutcomeKind::kFailed:
      return "failed";
    case apply::OutcomeKind::kSkipped:
      return "skipped";
    case apply::OutcomeKind::kUnknown:
      return "unknown";
  }
  return "unknown";
}

std::string Line(const Json& json) {
  return base::Canonical(json) + "\n";
}

Json Counts(const model::ChangeCounts& counts) {
  return {
      {"create", counts.create}, {"update", counts.update}, {"destroy", counts.destroy}, {"replace", counts.replace}};
}

}  // namespace

void JsonEvents::Version(const std::string& tool_version) {
  sink_(Line({{"type", "version"}, {"kadende", tool_version}, {"format", kStreamFormat}}));
}

void JsonEvents::OnEvent(const model::Event& event) {
  sink_(EventJson(event) + "\n");
}

void JsonEvents::Plan(const model::Plan& plan) {
  // The plan is JSON text already: a DOM of 100,000 actions would be built only to be written again.
  std::string text = model::PlanToJson(plan);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  sink_(R"({"plan":)" + text + R"(,"summary":)" + base::Canonical(Json(PlanSummary(plan))) + R"(,"type":"plan"})" +
        "\n");
}

void JsonEvents::Diagnostics(const base::Diagnostics& diagnostics) {
  for (const auto& item : diagnostics.items()) {
    Json json = {{"type", "diagnostic"},
                 {"severity", item.severity == base::Severity::kError ? "error" : "warning"},
                 {"message", item.message}};
    if (!item.path.empty()) json["path"] = item.path;
    if (!item.remedy.empty()) json["remedy"] = item.remedy;
    if (!item.range.file.empty()) {
      json["range"] = {{"file", item.range.file},
                       {"line", item.range.line},
                       {"column", item.range.column},
                       {"length", item.range.length}};
    }
    sink_(Line(json));
  }
}

void JsonEvents::Result(const model::Plan& plan, const apply::ExecuteResult& result) {
  for (std::size_t i = 0; i < result.outcomes.size() && i < plan.graph.actions.size(); ++i) {
    const apply::Outcome& outcome = result.outcomes[i];
    if (outcome.kind == apply::OutcomeKind::kDone) continue;  // each had its event
    const model::Action& action = plan.graph.actions[i];
    Json json = {{"type", "outcome"},
                 {"outcome", OutcomeName(outcome.kind)},
                 {"action", model::ActionKindName(action.kind)},
                 {"group", action.group < plan.groups.size() ? plan.groups[action.group].path : ""},
                 {"slot", action.slot.Key()}};
    if (!outcome.message.empty()) json["message"] = outcome.message;
    sink_(Line(json));
  }
  sink_(Line({{"type", "result"},
              {"complete", result.Complete() && FrozenText(plan).empty()},
              {"interrupted", result.interrupted},
              {"done", Counts(result.done)},
              {"failed", result.failed},
              {"skipped", result.skipped},
              {"unknown", result.unknown},
              {"summary", ApplySummary(plan, result)}}));
}

void JsonEvents::Published(const ports::PublishResult& published) {
  sink_(Line({{"type", "published"},
              {"serial", published.serial},
              {"commit", published.commit},
              {"warnings", published.warnings}}));
}

void JsonEvents::Error(const base::Error& error) {
  Json json = {{"type", "error"},
               {"code", base::ErrorCodeName(error.code)},
               {"message", error.message},
               {"effect", error.effect == base::Effect::kPossible ? "possible" : "none"}};
  if (error.retry_after) json["retryAfterMs"] = error.retry_after->count();
  sink_(Line(json));
}

}  // namespace kadende::cli
