#include "engine/base/json.h"
#include "providers/docker/creator.h"

namespace kadende::providers::docker {
namespace {

using base::Json;

Json Lines(const Texts& texts) {
  Json lines = Json::array();
  for (const auto& [name, value] : texts) lines.push_back(name + "=" + value);
  return lines;
}

std::int64_t Nanoseconds(base::Millis time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
}

Json Health(const HealthCommand& health) {
  Json test = {"CMD"};
  for (const std::string& word : health.command) test.push_back(word);
  return {{"Test", test},
          {"Interval", Nanoseconds(health.interval)},
          {"Timeout", Nanoseconds(health.timeout)},
          {"StartPeriod", Nanoseconds(health.start_period)},
          {"Retries", health.retries}};
}

Json RestartPolicy(const std::string& restart) {
  const std::size_t colon = restart.find(':');
  Json policy = {{"Name", restart.substr(0, colon)}};
  if (colon != std::string::npos) policy["MaximumRetryCount"] = std::stoi(restart.substr(colon + 1));
  return policy;
}

Json HostConfig(const Properties& properties) {
  Json host = {{"RestartPolicy", RestartPolicy(properties.restart)}};
  if (!properties.networks.empty()) host["NetworkMode"] = properties.networks.front();
  if (!properties.volumes.empty()) host["Binds"] = properties.volumes;
  if (properties.resources.nano_cpus != 0) host["NanoCpus"] = properties.resources.nano_cpus;
  if (properties.resources.memory != 0) host["Memory"] = properties.resources.memory;
  if (properties.init) host["Init"] = true;
  for (const std::string& port : properties.ports) {
    host["PortBindings"][port].push_back(Json{{"HostIp", ""}, {"HostPort", ""}});
  }
  for (const FixedPort& fixed : properties.host_ports) {
    host["PortBindings"][fixed.port].push_back(
        Json{{"HostIp", fixed.host_ip}, {"HostPort", std::to_string(fixed.host_port)}});
  }
  return host;
}

}  // namespace

std::string CreateBody(const Properties& properties, const Tags& tags) {
  Json body = {{"Image", properties.image}, {"HostConfig", HostConfig(properties)}};
  body["Labels"] = ToLabels(tags);
  for (const auto& [name, value] : properties.labels) body["Labels"].emplace(name, value);
  if (properties.command) body["Cmd"] = *properties.command;
  if (properties.entrypoint) body["Entrypoint"] = *properties.entrypoint;
  if (!properties.env.empty()) body["Env"] = Lines(properties.env);
  if (!properties.user.empty()) body["User"] = properties.user;
  if (!properties.working_directory.empty()) body["WorkingDir"] = properties.working_directory;
  if (!properties.stop_signal.empty()) body["StopSignal"] = properties.stop_signal;
  if (properties.health) body["Healthcheck"] = Health(*properties.health);
  if (properties.stop_timeout) {
    body["StopTimeout"] = std::chrono::ceil<std::chrono::seconds>(*properties.stop_timeout).count();
  }
  for (const std::string& port : properties.ports) body["ExposedPorts"][port] = Json::object();
  for (const FixedPort& fixed : properties.host_ports) body["ExposedPorts"][fixed.port] = Json::object();
  return base::Canonical(body);
}

}  // namespace kadende::providers::docker
