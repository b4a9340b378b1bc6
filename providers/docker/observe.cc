#include "providers/docker/observe.h"

#include <algorithm>

#include "engine/base/json.h"
#include "engine/base/text.h"

namespace kadende::providers::docker {
namespace {

using base::ErrorCode;
using base::Json;
using base::Result;
using base::Status;
using model::Instance;
using model::InstanceStatus;

constexpr std::size_t kIdsInOneQuestion = 64;  // they go into a url

const Json& At(const Json& json, const char* key) {
  static const Json kNothing;
  if (!json.is_object()) return kNothing;
  const auto found = json.find(key);
  return found == json.end() ? kNothing : *found;
}

std::string Text(const Json& json, const char* key) {
  const Json& found = At(json, key);
  return found.is_string() ? found.get<std::string>() : std::string();
}

std::int64_t Number(const Json& json, const char* key) {
  const Json& found = At(json, key);
  return found.is_number_integer() ? found.get<std::int64_t>() : 0;
}

// "Exited (137) 3 minutes ago" -> "exited (137)": the time would make every look another one.
std::string Reason(std::string status) {
  const std::size_t end = status.find(')');
  status = end == std::string::npos ? status : status.substr(0, end + 1);
  if (!status.empty() && status[0] >= 'A' && status[0] <= 'Z') status[0] = static_cast<char>(status[0] - 'A' + 'a');
  return status;
}

// The first network first, then by name; IPv4 before IPv6.
std::vector<std::string> Addresses(const Json& networks, const std::string& first, const std::string& host) {
  if (first == "host") return {host};
  std::vector<std::string> addresses;
  const auto add = [&](const Json& network) {
    for (const char* key : {"IPAddress", "GlobalIPv6Address"}) {
      if (std::string address = Text(network, key); !address.empty()) addresses.push_back(std::move(address));
    }
  };
  if (!networks.is_object()) return addresses;
  if (const auto found = networks.find(first); found != networks.end()) add(*found);
  for (const auto& [name, network] : networks.items()) {
    if (name != first) add(network);
  }
  return addresses;
}

std::string Attributes(const Json& listed) {
  Json attributes = Json::object();
  attributes["image"] = Text(listed, "Image");
  for (const Json& port : At(listed, "Ports")) {
    const std::int64_t published = Number(port, "PublicPort");
    if (published == 0) continue;
    const std::string name = std::to_string(Number(port, "PrivatePort")) + "/" + Text(port, "Type");
    std::string ip = Text(port, "IP");
    if (ip.empty()) ip = "0.0.0.0";
    const bool v6 = ip.find(':') != std::string::npos;
    if (v6 && attributes["ports"].contains(name)) continue;
    attributes["ports"][name] = (v6 ? "[" + ip + "]" : ip) + ":" + std::to_string(published);
  }
  for (const auto& [name, network] : At(At(listed, "NetworkSettings"), "Networks").items()) {
    if (std::string ip = Text(network, "IPAddress"); !ip.empty()) attributes["networks"][name] = std::move(ip);
  }
  return base::Canonical(attributes);
}

InstanceStatus StatusOf(const std::string& state) {
  if (state == "created" || state == "configured" || state == "initialized") return InstanceStatus::kPending;
  if (state == "running") return InstanceStatus::kRunning;
  if (state == "restarting") return InstanceStatus::kUnhealthy;
  if (state == "paused") return InstanceStatus::kStopped;
  if (state == "removing" || state == "stopping") return InstanceStatus::kTerminating;
  if (state == "exited" || state == "dead" || state == "stopped") return InstanceStatus::kTerminated;
  return InstanceStatus::kUnknown;
}

Container Decode(const Json& listed, const std::string& host) {
  Container container;
  Instance& instance = container.instance;
  instance.id = Text(listed, "Id");
  const Json& names = At(listed, "Names");
  if (names.is_array() && !names.empty() && names[0].is_string()) container.name = names[0].get<std::string>();
  if (container.name.starts_with('/')) container.name.erase(0, 1);
  const auto tags = FromLabels(At(listed, "Labels"));
  container.made_by_us = tags.has_value();
  instance.name = container.name;
  std::string network;
  if (tags) {
    const NumberedName numbered = SplitName(container.name);
    instance.name = numbered.name;
    instance.owner = tags->owner;
    instance.labels = tags->labels;
    container.note = numbered.number;
    container.restart = tags->restart;
    network = tags->network;
  }
  const std::string state = Text(listed, "State");
  instance.status = StatusOf(state);
  container.never_started = instance.status == InstanceStatus::kPending;
  if (container.never_started) {
    instance.status_reason = "made, and not started yet";
  } else if (instance.status != InstanceStatus::kRunning) {
    instance.status_reason = Reason(Text(listed, "Status"));
    if (instance.status_reason.empty()) instance.status_reason = state;
  }
  instance.addresses = Addresses(At(At(listed, "NetworkSettings"), "Networks"), network, host);
  instance.attributes = Attributes(listed);
  instance.created_at = base::FromUnixMillis(Number(listed, "Created") * 1000);
  return container;
}

}  // namespace

bool IsContainerId(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Status Observer::ReadNotes() {
  if (has_notes_) return {};
  const Call call{.path = "/volumes?filters=" + Filter({{"label", {std::string(kNoteLabel)}}})};
  const auto answer = engine_.Ask(call, "listing changed tags", time_);
  if (!answer) return tl::unexpected(answer.error());
  for (const Json& volume : At(*answer, "Volumes")) {
    const Json& labels = At(volume, "Labels");
    const auto number = NoteNumber(Text(volume, "Name"));
    const std::string id = Text(labels, std::string(kNoteLabel).c_str());
    if (!number || !IsContainerId(id)) continue;
    notes_[id].insert_or_assign(*number, FromLabels(labels));
  }
  has_notes_ = true;
  return {};
}

Result<std::vector<std::string>> Observer::NotesOf(const std::string& id) {
  const std::string label = std::string(kNoteLabel) + "=" + id;
  const auto answer =
      engine_.Ask({.path = "/volumes?filters=" + Filter({{"label", {label}}})}, "listing changed tags", time_);
  if (!answer) return tl::unexpected(answer.error());
  std::vector<std::string> names;
  for (const Json& volume : At(*answer, "Volumes")) {
    if (std::string name = Text(volume, "Name"); NoteNumber(name)) names.push_back(std::move(name));
  }
  return names;
}

// A listing's own words for it differ from engine to engine, so it is asked for.
Status Observer::ReadHealth() {
  if (has_health_) return {};
  for (const char* state : {"starting", "unhealthy"}) {
    const Call call{.path = "/containers/json?filters=" + Filter({{"health", {state}}})};
    const auto listed = engine_.Ask(call, "listing containers that are " + std::string(state), time_);
    if (!listed) return tl::unexpected(listed.error());
    for (const Json& container : *listed) health_[Text(container, "Id")] = state;
  }
  has_health_ = true;
  return {};
}

// What has ended is gone, unless the engine would have started it again by itself: then somebody stopped it, who may
// want it back.
Status Observer::JudgeEnded(Container* container) {
  Instance& instance = container->instance;
  const bool may_be_stopped = !container->made_by_us || (container->restart != "no" && !container->restart.empty());
  if (!may_be_stopped) return {};
  const Call call{.path = "/containers/" + instance.id + "/json"};
  const auto answer = engine_.Raw(call, "looking at container " + container->name, time_.Limits());
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status == 404) return {};  // removed meanwhile
  if (!answer->IsSuccess()) return engine_.Explain(*answer, call, "looking at container " + container->name);
  const auto inspected = base::ParseJson(answer->body);
  if (!inspected) return tl::unexpected(inspected.error());
  const Json& policy = At(At(*inspected, "HostConfig"), "RestartPolicy");
  const std::string name = Text(policy, "Name");
  const std::int64_t most = Number(policy, "MaximumRetryCount");
  const bool failed = Number(At(*inspected, "State"), "ExitCode") != 0;
  const bool would_restart =
      name == "always" || name == "unless-stopped" ||
      (name == "on-failure" && failed && (most == 0 || Number(*inspected, "RestartCount") < most));
  if (!would_restart && container->made_by_us) return {};
  instance.status = InstanceStatus::kStopped;
  instance.status_reason += ", stopped by somebody: its restart policy is " + (name.empty() ? "no" : name);
  return {};
}

void Observer::Apply(Container* container) const {
  Instance& instance = container->instance;
  const auto notes = notes_.find(instance.id);
  if (container->made_by_us && container->note == 0) return;
  // Of a container of ours the one that its name tells of counts: a higher number is of a change that was cut.
  const bool known = notes != notes_.end() && (!container->made_by_us || notes->second.contains(container->note));
  if (known) {
    if (!container->made_by_us) container->note = notes->second.rbegin()->first;
    const std::optional<Tags>& tags = notes->second.at(container->note);
    instance.owner = tags ? tags->owner : model::Ownership{};
    instance.labels = tags ? tags->labels : decltype(instance.labels)();
  } else if (container->made_by_us) {
    instance.status = InstanceStatus::kUnknown;
    instance.status_reason = "its tags were changed, and the volume that held them (" +
                             NoteName(instance.id, container->note) + ") was removed";
  }
}

Status Observer::Add(const Filters& filters, std::map<std::string, Container>* found) {
  const Call call{.path = "/containers/json?all=1&filters=" + Filter(filters)};
  const auto listed = engine_.Ask(call, "listing containers", time_);
  if (!listed) return tl::unexpected(listed.error());
  if (!listed->is_array()) return base::Fail(ErrorCode::kCorrupt, engine_.display() + ": its containers are no list");
  for (const Json& json : *listed) {
    Container container = Decode(json, engine_.endpoint().host);
    Instance& instance = container.instance;
    if (!IsContainerId(instance.id) || found->contains(instance.id)) continue;
    if (instance.status == InstanceStatus::kTerminated) {
      if (Status judged = JudgeEnded(&container); !judged) return judged;
    } else if (instance.status == InstanceStatus::kRunning) {
      if (Status read = ReadHealth(); !read) return read;
      const auto health = health_.find(instance.id);
      const bool failing = health != health_.end() && health->second == "unhealthy";
      if (failing) instance.status = InstanceStatus::kUnhealthy;
      if (health != health_.end() && !failing) instance.status = InstanceStatus::kPending;
      if (health != health_.end()) {
        instance.status_reason = failing ? "its health check fails" : "its health check has not passed yet";
      }
    }
    Apply(&container);
    found->emplace(instance.id, std::move(container));
  }
  return {};
}

Result<std::vector<Container>> Observer::OfLineage(const std::string& lineage) {
  if (Status read = ReadNotes(); !read) return tl::unexpected(read.error());
  const std::string label = std::string(kLineageLabel) + (lineage.empty() ? "" : "=" + lineage);
  std::map<std::string, Container> found;
  if (Status added = Add({{"label", {label}}}, &found); !added) return tl::unexpected(added.error());
  // Those that came from another lineage, or from nobody.
  std::vector<std::string> elsewhere;
  for (const auto& [id, notes] : notes_) {
    const bool wanted = std::any_of(notes.begin(), notes.end(), [&](const auto& note) {
      return note.second && (lineage.empty() || note.second->owner.lineage == lineage);
    });
    if (wanted && !found.contains(id)) elsewhere.push_back(id);
  }
  auto others = WithIds(elsewhere);
  if (!others) return others;
  for (Container& container : *others) found.emplace(container.instance.id, std::move(container));
  std::vector<Container> containers;
  for (auto& [id, container] : found) {
    const std::string& owner = container.instance.owner.lineage;
    if (!owner.empty() && (lineage.empty() || owner == lineage)) containers.push_back(std::move(container));
  }
  return containers;
}

Result<std::vector<Container>> Observer::OfSlot(const model::Ownership& owner) {
  if (Status read = ReadNotes(); !read) return tl::unexpected(read.error());
  std::map<std::string, Container> found;
  const std::vector<std::string> labels = {std::string(kLineageLabel) + "=" + owner.lineage,
                                           std::string(kSlotLabel) + "=" + std::to_string(owner.slot.ordinal)};
  if (Status added = Add({{"label", labels}}, &found); !added) return tl::unexpected(added.error());
  std::vector<Container> containers;
  for (auto& [id, container] : found) {
    if (container.instance.owner.lineage == owner.lineage) containers.push_back(std::move(container));
  }
  return containers;
}

Result<std::vector<Container>> Observer::WithIds(std::span<const std::string> ids) {
  if (Status read = ReadNotes(); !read) return tl::unexpected(read.error());
  std::vector<std::string> asked;
  for (const std::string& id : ids) {
    if (IsContainerId(id)) asked.push_back(id);
  }
  std::map<std::string, Container> found;
  for (std::size_t begin = 0; begin < asked.size(); begin += kIdsInOneQuestion) {
    const std::size_t end = std::min(asked.size(), begin + kIdsInOneQuestion);
    const std::vector<std::string> some(asked.begin() + static_cast<std::ptrdiff_t>(begin),
                                        asked.begin() + static_cast<std::ptrdiff_t>(end));
    if (Status added = Add({{"id", some}}, &found); !added) return tl::unexpected(added.error());
  }
  std::vector<Container> containers;
  for (auto& [id, container] : found) containers.push_back(std::move(container));
  return containers;
}

Result<std::optional<Container>> Observer::WithId(const std::string& id) {
  auto found = WithIds({&id, 1});
  if (!found) return tl::unexpected(found.error());
  if (found->empty()) return std::nullopt;
  return std::move(found->front());
}

}  // namespace kadende::providers::docker
