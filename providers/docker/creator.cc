#include "providers/docker/creator.h"

#include <algorithm>

#include "engine/base/digest.h"
#include "engine/base/fault.h"
#include "engine/base/json.h"
#include "providers/docker/tar.h"

namespace kadende::providers::docker {
namespace {

using base::Effect;
using base::ErrorCode;
using base::Json;
using base::Result;
using base::Status;
using model::Instance;
using model::InstanceStatus;

Tags TagsOf(const ports::CreateRequest& request, const Properties& properties) {
  Tags tags;
  tags.owner = request.owner;
  tags.labels = request.labels;
  std::sort(tags.labels.begin(), tags.labels.end());
  tags.restart = properties.restart;
  if (!properties.networks.empty()) tags.network = properties.networks.front();
  return tags;
}

// An end of the wait: the call may still be under way over there.
bool IsOurs(const base::Error& error) {
  return error.code == ErrorCode::kTimeout || error.code == ErrorCode::kCancelled ||
         error.code == ErrorCode::kUnavailable;
}

// Engines call a wrong command an internal error, and a network or an image that they do not have is not found: what
// was asked for is wrong.
ErrorCode CodeOfCreate(ErrorCode code) {
  return code == ErrorCode::kInternal || code == ErrorCode::kNotFound ? ErrorCode::kInvalid : code;
}

}  // namespace

Result<Instance> Creator::Look(const std::string& id) {
  auto container = Observer(&engine_, &time_).WithId(id);
  if (!container) {
    base::Error error = container.error();
    error.effect = Effect::kPossible;
    return tl::unexpected(std::move(error));
  }
  if (*container) return std::move((*container)->instance);
  return base::Fail(ErrorCode::kUnavailable, "container " + id.substr(0, 12) + " was removed meanwhile",
                    Effect::kPossible);
}

// What was made for this token. Earlier incarnations of the slot that have ended, or never began, are removed on the
// way: nobody else does where the slot lived on.
Result<std::optional<Container>> Creator::Existing(const ports::CreateRequest& request) {
  auto of_slot = Observer(&engine_, &time_).OfSlot(request.owner);
  if (!of_slot) return tl::unexpected(of_slot.error());
  std::optional<Container> existing;
  for (Container& container : *of_slot) {
    const model::Ownership& owner = container.instance.owner;
    if (owner.token == request.owner.token) {
      existing = std::move(container);
    } else if (owner.group == request.owner.group && owner.incarnation < request.owner.incarnation &&
               (container.instance.status == InstanceStatus::kTerminated || container.never_started)) {
      if (Status removed = Remove(&engine_, container.instance.id, time_); !removed) {
        return base::Wrap(removed.error(), "removing what is left of the former node in this place");
      }
    }
  }
  return existing;
}

Result<Instance> Creator::Create(const ports::CreateRequest& request, const Properties& properties,
                                 const std::function<void(std::string_view)>& progress) {
  base::FaultPoint("providers.docker.create.before");
  auto existing = Existing(request);
  if (!existing) {
    base::Error error = existing.error();
    error.effect = Effect::kNone;
    return tl::unexpected(std::move(error));
  }
  std::string id;
  if (*existing && !(*existing)->never_started) return std::move((*existing)->instance);
  if (*existing) {
    id = (*existing)->instance.id;
  } else {
    Status image = images_.Provide(&engine_, properties, environment_, time_, progress);
    if (!image) return tl::unexpected(image.error());
    base::FaultPoint("providers.docker.create.pulled");
    auto made = Make(request, properties);
    if (!made) return tl::unexpected(made.error());
    id = std::move(*made);
    base::FaultPoint("providers.docker.create.made");
  }
  if (Status begun = Begin(id, properties); !begun) return tl::unexpected(begun.error());
  base::FaultPoint("providers.docker.create.started");
  return Look(id);
}

Result<std::string> Creator::Make(const ports::CreateRequest& request, const Properties& properties) {
  const std::string body = CreateBody(properties, TagsOf(request, properties));
  // Two tokens that share four letters may want one name; the longer one is this token's alone.
  const std::string long_name = request.name + "-" + base::ToBase32(request.owner.token).substr(4, 12);
  for (const std::string& name : {request.name, long_name}) {
    const Call call{
        .method = "POST", .path = "/containers/create?name=" + http::EncodeUrl(name), .body = body, .acts = true};
    const std::string what = "making container " + name;
    const auto made = engine_.Ask(call, what, time_);
    if (made && made->is_object() && made->contains("Id")) return made->value("Id", "");
    if (made) return base::Fail(ErrorCode::kCorrupt, what + ": the engine names no id", Effect::kPossible);
    if (IsOurs(made.error())) return tl::unexpected(made.error());
    // Somebody else may have been faster with the same token: a conflict, which podman calls an internal error.
    auto existing = Existing(request);
    if (!existing) return tl::unexpected(made.error());
    if (*existing) return (*existing)->instance.id;
    base::Error error = made.error();
    error.effect = Effect::kNone;
    error.code = CodeOfCreate(error.code);
    const bool taken = error.code == ErrorCode::kConflict || error.message.find("already in use") != std::string::npos;
    if (!taken || name == long_name) return tl::unexpected(std::move(error));
  }
  return base::Fail(ErrorCode::kInternal, "no name was free");  // not reached: the last name returns
}

Status Creator::Fill(const std::string& id, const Properties& properties) {
  for (std::size_t i = 1; i < properties.networks.size(); ++i) {
    const std::string body = base::Canonical(Json{{"Container", id}});
    const std::string& network = properties.networks[i];
    const Call join{
        .method = "POST", .path = "/networks/" + http::EncodeUrl(network) + "/connect", .body = body, .acts = true};
    const Status joined = [&]() -> Status {
      const auto done = engine_.Do(join, "joining network " + network, time_);
      if (done || done.error().message.find("already") != std::string::npos) return {};  // of a create that was cut
      return tl::unexpected(done.error());
    }();
    if (!joined) return joined;
  }
  if (properties.files.empty()) return {};
  const std::string tar = MakeTar(properties.files);
  const Call copy{.method = "PUT",
                  .path = "/containers/" + id + "/archive?path=%2F",
                  .body = tar,
                  .content_type = "application/x-tar",
                  .acts = true};
  const auto copied = engine_.Do(copy, "copying files into container " + id.substr(0, 12), time_);
  return copied ? Status() : tl::unexpected(copied.error());
}

Status Creator::Begin(const std::string& id, const Properties& properties) {
  if (Status filled = Fill(id, properties); !filled) return GiveUp(id, filled.error());
  base::FaultPoint("providers.docker.create.filled");
  const Call start{.method = "POST", .path = "/containers/" + id + "/start", .acts = true};
  const auto started = engine_.Do(start, "starting container " + id.substr(0, 12), time_);
  if (started) return {};
  return GiveUp(id, started.error());
}

// A container that cannot be started is of no use to anybody, and a repeated create would only start it again.
tl::unexpected<base::Error> Creator::GiveUp(const std::string& id, base::Error error) {
  error.effect = Effect::kPossible;
  if (IsOurs(error)) return tl::unexpected(std::move(error));
  const auto container = Observer(&engine_, &time_).WithId(id);
  if (!container) return tl::unexpected(std::move(error));
  if (*container && !(*container)->never_started) return tl::unexpected(std::move(error));
  if (!*container || Remove(&engine_, id, time_)) error.effect = Effect::kNone;
  error.code = CodeOfCreate(error.code);
  const bool port = error.message.find("already allocated") != std::string::npos ||
                    error.message.find("address already in use") != std::string::npos;
  if (port) error.code = ErrorCode::kConflict;
  return tl::unexpected(std::move(error));
}

Result<Instance> Creator::Update(const ports::UpdateRequest& request) {
  auto container = Observer(&engine_, &time_).WithId(request.id);
  if (!container) return tl::unexpected(container.error());
  if (!*container) {
    return base::Fail(ErrorCode::kNotFound,
                      "engine at " + engine_.display() + " has no container `" + request.id.substr(0, 12) + "`");
  }
  if (!request.tags_only) {
    const auto properties = ParseProperties(request.properties);
    if (!properties) return tl::unexpected(properties.error());
    if (Status changed = ChangeResources(**container, properties->resources); !changed) {
      return tl::unexpected(changed.error());
    }
  }
  if (Status changed = ChangeTags(**container, request); !changed) return tl::unexpected(changed.error());
  return Look(request.id);
}

Status Creator::ChangeTags(const Container& container, const ports::UpdateRequest& request) {
  const std::string& id = container.instance.id;
  Tags tags;
  tags.owner = request.owner;
  tags.labels = request.labels;
  std::sort(tags.labels.begin(), tags.labels.end());
  Json labels = ToLabels(tags);
  labels[std::string(kNoteLabel)] = id;
  const std::uint32_t number = container.note + 1;
  const std::string name = NoteName(id, number);
  const std::string body = base::Canonical(Json{{"Name", name}, {"Labels", labels}});
  const std::string what = "changing the tags of container " + container.name;
  base::FaultPoint("providers.docker.update.before");
  // One that a cut change has left says something else.
  const Call clear{.method = "DELETE", .path = "/volumes/" + name, .acts = true};
  if (auto cleared = engine_.Do(clear, what, time_); !cleared && cleared.error().code != ErrorCode::kNotFound) {
    return tl::unexpected(cleared.error());
  }
  const Call note{.method = "POST", .path = "/volumes/create", .body = body, .acts = true};
  if (auto noted = engine_.Do(note, what, time_); !noted) return tl::unexpected(noted.error());
  base::FaultPoint("providers.docker.update.noted");
  if (container.made_by_us) {
    NumberedName renamed = SplitName(container.name);
    renamed.number = number;
    const Call rename{.method = "POST",
                      .path = "/containers/" + id + "/rename?name=" + http::EncodeUrl(JoinName(renamed)),
                      .acts = true};
    if (auto done = engine_.Do(rename, what, time_); !done) return tl::unexpected(done.error());
    base::FaultPoint("providers.docker.update.renamed");
  }
  if (container.note == 0) return {};
  const Call forget{.method = "DELETE", .path = "/volumes/" + NoteName(id, container.note), .acts = true};
  auto forgotten = engine_.Do(forget, what, time_);  // a lower number does not count: it may stay
  static_cast<void>(forgotten);
  return {};
}

Status Creator::ChangeResources(const Container& container, const Resources& given) {
  const std::string& id = container.instance.id;
  const std::string what = "changing the limits of container " + container.name;
  const auto inspected = engine_.Ask({.path = "/containers/" + id + "/json"}, what, time_);
  if (!inspected) return tl::unexpected(inspected.error());
  const Json host = inspected->value("HostConfig", Json::object());
  const Resources present{host.value("NanoCpus", std::int64_t{0}), host.value("Memory", std::int64_t{0})};
  if (present == given) return {};
  const auto info = engine_.Ask({.path = "/info"}, what, time_);
  if (!info) return tl::unexpected(info.error());
  // No limit any more is no value that engines take: the whole machine comes to the same.
  Resources wanted = given;
  if (wanted.nano_cpus == 0 && present.nano_cpus != 0)
    wanted.nano_cpus = info->value("NCPU", std::int64_t{1}) * 1'000'000'000;
  if (wanted.memory == 0 && present.memory != 0) wanted.memory = info->value("MemTotal", std::int64_t{0});
  Json change = Json::object();
  if (wanted.nano_cpus != 0) change["NanoCpus"] = wanted.nano_cpus;
  if (wanted.memory != 0) {
    change["Memory"] = wanted.memory;
    change["MemorySwap"] = 2 * wanted.memory;  // as a create with Memory alone has it
  }
  const std::string body = base::Canonical(change);
  const Call update{.method = "POST", .path = "/containers/" + id + "/update", .body = body, .acts = true};
  const auto answer = engine_.Raw(update, what, time_.Limits());
  if (!answer) return tl::unexpected(answer.error());
  if (answer->IsSuccess()) return {};
  if (answer->status != 404) return engine_.Explain(*answer, update, what);
  // Podman 4 has it under its own API alone, in the words of the OCI runtime.
  constexpr std::int64_t kPeriod = 100'000;  // microseconds
  Json oci = Json::object();
  if (wanted.memory != 0) oci["memory"] = {{"limit", wanted.memory}};
  if (wanted.nano_cpus != 0) {
    oci["cpu"] = {{"period", kPeriod}, {"quota", wanted.nano_cpus * kPeriod / 1'000'000'000}};
  }
  const std::string oci_body = base::Canonical(oci);
  const Call own{
      .method = "POST", .path = "/v4.0.0/libpod/containers/" + id + "/update", .body = oci_body, .acts = true};
  const auto updated = engine_.Do(own, what, time_);
  return updated ? Status() : tl::unexpected(updated.error());
}

namespace {

// True: there is no such container any more.
Result<bool> IsGone(Engine* engine, const std::string& id, const CallTime& time) {
  const Call look{.path = "/containers/" + id + "/json"};
  const auto answer = engine->Raw(look, "looking at container " + id.substr(0, 12), time.Limits());
  if (!answer) return tl::unexpected(answer.error());
  return answer->status == 404;
}

}  // namespace

Status Remove(Engine* engine, const std::string& id, const CallTime& time) {
  const std::string what = "removing container " + id.substr(0, 12);
  base::FaultPoint("providers.docker.destroy.before");
  const Call stop{.method = "POST", .path = "/containers/" + id + "/stop", .acts = true};
  const auto stopped = engine->Do(stop, what, time);
  if (!stopped && stopped.error().code == ErrorCode::kNotFound) return {};
  if (!stopped && IsOurs(stopped.error())) return tl::unexpected(stopped.error());
  base::FaultPoint("providers.docker.destroy.stopped");
  // Force: what could not be stopped, as one that is restarting, is killed. Volumes without a name go with it.
  const Call remove{.method = "DELETE", .path = "/containers/" + id + "?force=1&v=1", .acts = true};
  for (;;) {
    const auto removed = engine->Do(remove, what, time);
    if (removed || removed.error().code == ErrorCode::kNotFound) break;
    if (IsOurs(removed.error())) return tl::unexpected(removed.error());
    // Another call may be at it: a conflict, or whatever the engine makes of it.
    const auto gone = IsGone(engine, id, time);
    if (!gone) return tl::unexpected(gone.error());
    if (*gone) break;
    if (removed.error().code != ErrorCode::kConflict) return tl::unexpected(removed.error());
    if (Status left = time.Check(what, Effect::kPossible); !left) return left;
    time.Pause();
  }
  base::FaultPoint("providers.docker.destroy.removed");
  const auto notes = Observer(engine, &time).NotesOf(id);
  if (!notes) return tl::unexpected(notes.error());
  for (const std::string& note : *notes) {
    const auto forgotten = engine->Do({.method = "DELETE", .path = "/volumes/" + note, .acts = true}, what, time);
    if (!forgotten && forgotten.error().code != ErrorCode::kNotFound) return tl::unexpected(forgotten.error());
  }
  return {};
}

}  // namespace kadende::providers::docker
