#include "providers/docker/docker_provider.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "engine/base/json.h"
#include "engine/base/text.h"
#include "providers/docker/creator.h"
#include "providers/docker/engine.h"
#include "providers/docker/images.h"
#include "providers/docker/observe.h"
#include "providers/docker/properties.h"
#include "providers/docker/run_inside.h"
#include "providers/docker/streams.h"

namespace kadende::providers {
namespace {

using base::Effect;
using base::ErrorCode;
using base::Result;
using base::Status;
using docker::CallTime;
using docker::Container;
using docker::Engine;
using docker::Observer;
using ports::CallContext;

constexpr std::size_t kPageSize = 1000;

model::Manifest MakeManifest() {
  model::Manifest manifest;
  manifest.name = "docker";
  manifest.version = "1.0.0";
  manifest.listing = model::Listing::kAuthoritative;
  manifest.idempotent_tokens = true;
  manifest.abilities = {"exec", "logs", "retag"};
  manifest.property_schema = docker::PropertySchema();
  manifest.scope_properties = {"host"};
  manifest.mutable_properties = {"resources"};
  manifest.exclusive_properties = {"hostPorts"};
  manifest.kept_attributes = {"image", "networks", "ports"};
  return manifest;
}

class Provider : public ports::Provider, public ports::Logs, public ports::Exec {
 public:
  explicit Provider(DockerOptions options)
      : environment_(options.environment ? std::move(options.environment) : docker::ProcessEnvironment()),
        client_("kadende") {}

  const model::Manifest& Manifest() const override { return manifest_; }
  base::Diagnostics Validate(std::string_view properties) override { return docker::ValidateProperties(properties); }
  Result<ports::ListPage> List(const ports::ListRequest& request, const CallContext& context) override;
  Result<ports::DescribeResult> Describe(std::string_view scope_config, std::span<const std::string> ids,
                                         const CallContext& context) override;
  Result<ports::CreateResult> Create(const ports::CreateRequest& request, const CallContext& context) override;
  Result<model::Instance> Update(const ports::UpdateRequest& request, const CallContext& context) override;
  Status Destroy(std::string_view scope_config, std::string_view id, std::string_view reason,
                 const CallContext& context) override;
  Status ReadLogs(const ports::LogRequest& request, std::stop_token stop,
                  const std::function<void(std::string_view)>& sink) override;
  Result<ports::ExecResult> Run(const ports::ExecRequest& request, const CallContext& context) override;

 private:
  // The engine of a `host`; where it is empty the environment is looked at anew, for sockets come and go.
  Result<Engine*> EngineAt(const std::string& host);
  Result<Engine*> EngineOfScope(std::string_view scope_config);
  // An error of the place, never an empty listing: what is there although the engine does not know its own name.
  Status CheckNamed(Engine* engine, const docker::Identity& identity, const CallTime& time);

  const model::Manifest manifest_ = MakeManifest();
  const docker::Environment environment_;
  http::Client client_;
  docker::Images images_;
  docker::RunInside inside_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Engine>> engines_;  // guarded by mutex_; by where they are; never removed
};

Result<Engine*> Provider::EngineAt(const std::string& host) {
  auto endpoint = docker::FindEndpoint(host, environment_);
  if (!endpoint) return tl::unexpected(endpoint.error());
  const std::lock_guard lock(mutex_);
  auto& engine = engines_[endpoint->base_url + " " + endpoint->unix_socket];
  if (!engine) engine = std::make_unique<Engine>(&client_, std::move(*endpoint));
  return engine.get();
}

Result<Engine*> Provider::EngineOfScope(std::string_view scope_config) {
  const auto host = docker::HostOfScope(scope_config);
  if (!host) return tl::unexpected(host.error());
  return EngineAt(*host);
}

Status Provider::CheckNamed(Engine* engine, const docker::Identity& identity, const CallTime& time) {
  if (!identity.scope.empty()) return {};
  const auto found = Observer(engine, &time).OfLineage("");
  if (!found) return tl::unexpected(found.error());
  if (found->empty()) return {};
  return base::Fail(ErrorCode::kUnavailable,
                    "engine at " + engine->display() + " has " + base::Count(found->size(), "container") +
                        " of kadende, but no longer the secret `kadende-engine` that it is told by; it cannot be "
                        "known whether it is the same one. Remove them, or start anew with another cluster");
}

Result<ports::ListPage> Provider::List(const ports::ListRequest& request, const CallContext& context) {
  const CallTime time(context);
  const auto engine = EngineOfScope(request.scope_config);
  if (!engine) return tl::unexpected(engine.error());
  const auto identity = (*engine)->Identify(time);
  if (!identity) return tl::unexpected(identity.error());
  if (Status named = CheckNamed(*engine, *identity, time); !named) return tl::unexpected(named.error());
  auto containers = Observer(*engine, &time).OfLineage(request.lineage);
  if (!containers) return tl::unexpected(containers.error());
  ports::ListPage page;
  page.scope = identity->scope;
  for (Container& container : *containers) {
    model::Instance& instance = container.instance;
    // Not made to the end: a repeated create goes on with it, which nobody would ask for if it were listed.
    if (instance.id <= request.cursor || container.never_started) continue;
    if (!request.cluster.empty() && instance.owner.cluster != request.cluster) continue;
    if (page.instances.size() == kPageSize) {
      page.next_cursor = page.instances.back().id;
      break;
    }
    page.instances.push_back(std::move(instance));
  }
  return page;
}

Result<ports::DescribeResult> Provider::Describe(std::string_view scope_config, std::span<const std::string> ids,
                                                 const CallContext& context) {
  const CallTime time(context);
  const auto engine = EngineOfScope(scope_config);
  if (!engine) return tl::unexpected(engine.error());
  const auto identity = (*engine)->Identify(time);
  if (!identity) return tl::unexpected(identity.error());
  if (Status named = CheckNamed(*engine, *identity, time); !named) return tl::unexpected(named.error());
  const auto containers = Observer(*engine, &time).WithIds(ids);
  if (!containers) return tl::unexpected(containers.error());
  ports::DescribeResult result;
  result.scope = identity->scope;
  result.descriptions.reserve(ids.size());
  for (const std::string& id : ids) {
    ports::Description& description = result.descriptions.emplace_back();
    description.id = id;
    description.presence = ports::Presence::kGone;
    const auto found = std::lower_bound(containers->begin(), containers->end(), id,
                                        [](const Container& a, const std::string& b) { return a.instance.id < b; });
    if (found == containers->end() || found->instance.id != id) continue;
    description.instance = found->instance;
    if (found->instance.status != model::InstanceStatus::kTerminated) {
      description.presence = ports::Presence::kPresent;
    }
  }
  return result;
}

Result<ports::CreateResult> Provider::Create(const ports::CreateRequest& request, const CallContext& context) {
  const CallTime time(context);
  if (Status begin = time.Check("provider `docker`", Effect::kNone); !begin) return tl::unexpected(begin.error());
  const auto properties = docker::ParseProperties(request.properties);
  if (!properties) return tl::unexpected(properties.error());
  const auto engine = EngineAt(properties->host);
  if (!engine) return tl::unexpected(engine.error());
  const auto identity = (*engine)->Establish(time);
  if (!identity) {
    base::Error error = identity.error();
    error.effect = Effect::kNone;  // of this create
    return tl::unexpected(std::move(error));
  }
  auto instance =
      docker::Creator(*engine, &images_, &environment_, &time).Create(request, *properties, context.progress);
  if (!instance) return tl::unexpected(instance.error());
  return ports::CreateResult{identity->scope, std::move(*instance)};
}

Result<model::Instance> Provider::Update(const ports::UpdateRequest& request, const CallContext& context) {
  const CallTime time(context);
  std::string host;
  if (const auto json = base::ParseJson(request.properties); json && json->is_object()) host = json->value("host", "");
  const auto engine = EngineAt(host);
  if (!engine) return tl::unexpected(engine.error());
  return docker::Creator(*engine, &images_, &environment_, &time).Update(request);
}

Status Provider::Destroy(std::string_view scope_config, std::string_view id, std::string_view /*reason*/,
                         const CallContext& context) {
  const CallTime time(context);
  const auto engine = EngineOfScope(scope_config);
  if (!engine) return tl::unexpected(engine.error());
  if (!docker::IsContainerId(id)) return {};  // not a form that was ever given out
  return docker::Remove(*engine, std::string(id), time);
}

Status Provider::ReadLogs(const ports::LogRequest& request, std::stop_token stop,
                          const std::function<void(std::string_view)>& sink) {
  CallContext context;
  context.timeout = std::chrono::minutes(1);
  context.stop = stop;
  const CallTime time(context);
  const auto engine = EngineOfScope(request.scope_config);
  if (!engine) return tl::unexpected(engine.error());
  const std::string what = "reading the output of container " + request.instance_id.substr(0, 12);
  if (!docker::IsContainerId(request.instance_id)) {
    return base::Fail(ErrorCode::kNotFound, what + ": that is no container");
  }
  const std::string path = "/containers/" + request.instance_id;
  const auto inspected = (*engine)->Ask({.path = path + "/json"}, what, time);
  if (!inspected) return tl::unexpected(inspected.error());
  const auto config = inspected->find("Config");
  const bool terminal = config != inspected->end() && config->is_object() && config->value("Tty", false);
  const std::string tail = request.tail_lines == 0 ? "all" : std::to_string(request.tail_lines);
  const docker::Call call{.path = path + "/logs?stdout=1&stderr=1&tail=" + tail + (request.follow ? "&follow=1" : "")};
  http::Limits limits = time.Limits();
  limits.most_body = 0;  // passed on, not held
  if (request.follow) limits.timeout = base::Millis(0);
  docker::OutputStream output(!terminal, sink);
  const auto answer = (*engine)->Raw(call, what, limits, [&](std::string_view bytes) {
    output.Take(bytes);
    return !stop.stop_requested();
  });
  if (stop.stop_requested()) return {};
  if (!answer) return tl::unexpected(answer.error());
  if (!answer->IsSuccess()) return (*engine)->Explain(*answer, call, what);
  return {};
}

Result<ports::ExecResult> Provider::Run(const ports::ExecRequest& request, const CallContext& context) {
  const CallTime time(context);
  const auto engine = EngineOfScope(request.scope_config);
  if (!engine) return tl::unexpected(engine.error());
  return inside_.Run(*engine, request, time);
}

}  // namespace

DockerProvider MakeDockerProvider(DockerOptions options) {
  auto provider = std::make_unique<Provider>(std::move(options));
  ports::Logs* logs = provider.get();
  ports::Exec* exec = provider.get();
  return {std::move(provider), logs, exec};
}

}  // namespace kadende::providers
