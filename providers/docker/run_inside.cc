#include "providers/docker/run_inside.h"

#include "engine/base/json.h"
#include "engine/base/text.h"
#include "providers/docker/observe.h"
#include "providers/docker/streams.h"

namespace kadende::providers::docker {
namespace {

using base::ErrorCode;
using base::Json;
using base::Result;
using base::Status;

std::string CreateExec(const ports::ExecRequest& request) {
  Json body = {{"AttachStdout", true}, {"AttachStderr", true}, {"Cmd", request.command}};
  for (const auto& [name, value] : request.environment) body["Env"].push_back(name + "=" + value);
  return base::Canonical(body);
}

Result<Json> Inspect(Engine* engine, const std::string& exec, const CallTime& time) {
  return engine->Ask({.path = "/exec/" + exec + "/json"}, "looking at a program", time);
}

bool Runs(const Json& inspected) {
  const auto running = inspected.find("Running");
  return running != inspected.end() && running->is_boolean() && running->get<bool>();
}

// Engines differ in what they call a program that is not there: a code, or an error of the start.
bool IsLacking(const std::string& message) {
  return message.find("not found") != std::string::npos || message.find("no such file") != std::string::npos;
}

}  // namespace

Status RunInside::CheckLast(Engine* engine, const std::string& key, const CallTime& time) {
  std::string last;
  {
    const std::lock_guard lock(mutex_);
    const auto found = unfinished_.find(key);
    if (found == unfinished_.end()) return {};
    last = found->second;
  }
  const auto inspected = Inspect(engine, last, time);
  if (inspected && Runs(*inspected)) {
    return base::Fail(ErrorCode::kConflict, "the same command still runs since it was last started");
  }
  if (!inspected && inspected.error().code != ErrorCode::kNotFound) return tl::unexpected(inspected.error());
  const std::lock_guard lock(mutex_);
  unfinished_.erase(key);
  return {};
}

Result<ports::ExecResult> RunInside::Run(Engine* engine, const ports::ExecRequest& request, const CallTime& time) {
  const std::string what = "running a program in container " + request.instance_id.substr(0, 12);
  if (!IsContainerId(request.instance_id)) {
    return base::Fail(ErrorCode::kNotFound, what + ": that is no container");
  }
  const std::string key = request.instance_id + "\n" + base::Join(request.command, "\n");
  if (Status free = CheckLast(engine, key, time); !free) return tl::unexpected(free.error());
  const std::string create = CreateExec(request);
  const auto made = engine->Ask(
      {.method = "POST", .path = "/containers/" + request.instance_id + "/exec", .body = create, .acts = true}, what,
      time);
  if (!made) {
    base::Error error = made.error();
    if (error.code == ErrorCode::kConflict) error.code = ErrorCode::kNotFound;  // it exists, and does not run
    return tl::unexpected(std::move(error));
  }
  const std::string exec = made->is_object() ? made->value("Id", "") : "";
  ports::ExecResult result;
  OutputStream output(true, [&](std::string_view bytes) {
    result.output.append(bytes);
    if (result.output.size() > request.most_output) {
      result.output.erase(0, result.output.size() - request.most_output);
    }
  });
  const Call start{
      .method = "POST", .path = "/exec/" + exec + "/start", .body = R"({"Detach":false,"Tty":false})", .acts = true};
  http::Limits limits = time.Limits();
  limits.most_body = 0;  // only the last of it is kept
  const auto answer = engine->Raw(start, what, limits, [&](std::string_view bytes) {
    output.Take(bytes);
    return true;
  });
  if (!answer) {
    const std::lock_guard lock(mutex_);
    unfinished_.insert_or_assign(key, exec);
    return tl::unexpected(answer.error());
  }
  if (!answer->IsSuccess()) {
    base::Error error = engine->Explain(*answer, start, what).value();
    if (IsLacking(error.message)) error.code = ErrorCode::kInvalid;
    return tl::unexpected(std::move(error));
  }
  const auto inspected = Inspect(engine, exec, time);
  if (!inspected) return tl::unexpected(inspected.error());
  const auto code = inspected->find("ExitCode");
  if (code == inspected->end() || !code->is_number_integer()) {
    return base::Fail(ErrorCode::kInternal, what + ": the engine does not say how it ended");
  }
  result.exit_code = code->get<int>();
  return result;
}

}  // namespace kadende::providers::docker
