#include <algorithm>
#include <array>
#include <vector>

#include "engine/base/json.h"
#include "engine/base/text.h"
#include "providers/check/situations.h"

namespace kadende::providers::check {
namespace {

using base::ErrorCode;
using Verdicts = std::vector<ports::UpdateVerdict>;

// A page that never ends would fill the memory.
constexpr std::size_t kMostLogs = std::size_t{16} << 20U;
constexpr const char* kNoProgram = "/kadende/there-is-no-such-program";

Verdict Lacks(const char* ability) {
  return Skip(std::string("the ability `") + ability + "` can not be reached here");
}

// Top-level properties that differ.
std::vector<std::string> Differences(const std::string& before, const std::string& after) {
  const auto from = base::ParseJson(before);
  const auto to = base::ParseJson(after);
  std::vector<std::string> names;
  if (!from || !to) return names;
  for (const auto& [name, value] : from->items()) {
    if (!to->contains(name) || (*to)[name] != value) names.push_back(name);
  }
  for (const auto& [name, value] : to->items()) {
    if (!from->contains(name)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool AreSame(const Verdicts& a, const Verdicts& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& one, const auto& other) {
    return one.path == other.path && one.replace == other.replace && one.reason == other.reason;
  });
}

Verdict UpdatesAreJudgedAlike(World& world) {
  ports::PlanUpdate* judge = world.abilities().plan_update;
  if (judge == nullptr) return Lacks("planUpdate");
  const std::string& changed = world.target().changed_properties;
  if (changed.empty())
    return Skip("no changed properties are known: the second of the schema's `examples`, or --changed");
  const ports::CreateRequest request = world.Request(0);
  const ports::PlanUpdateRequest question{request.properties, changed, Differences(world.target().properties, changed)};
  const auto verdicts = judge->Judge(question, world.Context());
  if (!verdicts) return Fault("planUpdate: " + verdicts.error().message);
  for (const ports::UpdateVerdict& verdict : *verdicts) {
    if (std::binary_search(question.paths.begin(), question.paths.end(), verdict.path)) continue;
    return Fault("planUpdate was asked about " + base::Join(question.paths, ", ") + ", and judges `" + verdict.path +
                 "`");
  }
  const auto again = judge->Judge(question, world.Context());
  if (!again) return Fault("planUpdate, once more: " + again.error().message);
  if (!AreSame(*verdicts, *again)) return Fault("planUpdate gives another answer to the same question");
  if (std::any_of(verdicts->begin(), verdicts->end(), [](const auto& verdict) { return verdict.replace; }))
    return Passed();
  const auto created = world.Create(request);
  if (!created) return Fault("create: " + created.error().message);
  const auto updated =
      world.provider().Update({created->instance.id, request.owner, request.labels, changed}, world.Context());
  if (updated) return Passed();
  return Fault("planUpdate says that the change is made in place, and update fails: " + updated.error().message);
}

base::Result<std::string> LogsOf(World& world, ports::Logs& logs, const std::string& id, std::uint64_t tail) {
  std::string output;
  std::stop_source enough;
  const auto read =
      logs.ReadLogs({id, world.scope_config(), false, tail}, enough.get_token(), [&](std::string_view piece) {
        output.append(piece);
        if (output.size() > kMostLogs) enough.request_stop();
      });
  if (!read) return tl::unexpected(read.error());
  return output;
}

Verdict LogsCanBeRead(World& world) {
  ports::Logs* logs = world.abilities().logs;
  if (logs == nullptr) return Lacks("logs");
  const auto created = world.Create(world.Request(0));
  if (!created) return Fault("create: " + created.error().message);
  const std::string& id = created->instance.id;
  const auto all = LogsOf(world, *logs, id, 0);
  if (!all) return Fault("logs: " + all.error().message);
  if (all->size() > kMostLogs) return Fault("logs of a new instance do not end");
  const auto last = LogsOf(world, *logs, id, 1);
  if (!last) return Fault("logs with tailLines 1: " + last.error().message);
  const std::string_view text =
      std::string_view(*last).substr(0, last->ends_with('\n') ? last->size() - 1 : last->size());
  if (text.find('\n') != std::string_view::npos) return Fault("logs with tailLines 1 gives more than one line");
  if (const auto gone = world.Destroy(id); !gone) return Fault("destroy: " + gone.error().message);
  const auto after = LogsOf(world, *logs, id, 0);
  if (after || after.error().code == ErrorCode::kNotFound) return Passed();  // some keep them for a while
  return Fault("logs of an instance that is gone fails with `" + std::string(base::ErrorCodeName(after.error().code)) +
               "`, not with `not_found`: " + after.error().message);
}

Verdict ProgramsThatAreNotThereAreErrors(World& world) {
  ports::Exec* exec = world.abilities().exec;
  if (exec == nullptr) return Lacks("exec");
  const auto created = world.Create(world.Request(0));
  if (!created) return Fault("create: " + created.error().message);
  ports::ExecRequest request;
  request.instance_id = created->instance.id;
  request.scope_config = world.scope_config();
  request.command = {kNoProgram};
  const auto lacking = exec->Run(request, world.Context());
  if (lacking) return Fault(std::string("exec of ") + kNoProgram + " succeeds");
  if (lacking.error().code != ErrorCode::kInvalid) {
    return Fault("exec of a program that is not there fails with `" +
                 std::string(base::ErrorCodeName(lacking.error().code)) +
                 "`, not with `invalid`: " + lacking.error().message);
  }
  if (const auto gone = world.Destroy(request.instance_id); !gone) return Fault("destroy: " + gone.error().message);
  const auto after = exec->Run(request, world.Context());
  if (!after && after.error().code == ErrorCode::kNotFound) return Passed();
  return Fault(
      "exec in an instance that is gone " +
      (after ? std::string("succeeds") : "fails with another code than `not_found`: " + after.error().message));
}

constexpr std::array<Situation, 3> kSituations = {{
    {"changes are judged alike, and what is made in place can be", UpdatesAreJudgedAlike, "planUpdate"},
    {"logs can be read, whole and their last line", LogsCanBeRead, "logs"},
    {"a program or an instance that is not there is an error", ProgramsThatAreNotThereAreErrors, "exec"},
}};

}  // namespace

std::span<const Situation> AbilitySituations() {
  return kSituations;
}

}  // namespace kadende::providers::check
