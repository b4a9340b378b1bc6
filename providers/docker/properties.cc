#include "providers/docker/properties.h"

#include <algorithm>
#include <functional>
#include <map>

#include "engine/base/json.h"
#include "engine/base/text.h"
#include "providers/docker/endpoint.h"
#include "providers/docker/property_values.h"
#include "providers/docker/schema.h"

namespace kadende::providers::docker {
namespace {

using base::Diagnostics;
using base::Json;

constexpr base::Millis kLongest = std::chrono::hours(24);
constexpr std::size_t kMostFiles = std::size_t{8} << 20;  // bytes of all contents

class Reader {
 public:
  explicit Reader(Properties* out) : out_(*out) {}

  Diagnostics Read(std::string_view text) {
    const auto properties = base::ParseJson(text);
    if (!properties || !properties->is_object()) {
      found_.Error("", properties ? "resourceProperties must be a map" : properties.error().message);
      return std::move(found_);
    }
    if (!properties->contains("image")) {
      found_.Error("image", "is missing: what each container is made of", {}, "for example `image: \"nginx:1.27\"`");
    }
    for (const auto& [name, value] : properties->items()) ReadProperty(name, value);
    return std::move(found_);
  }

 private:
  void ReadProperty(const std::string& name, const Json& value);
  void Wrong(const std::string& path, const std::string& what, const std::string& remedy = "") {
    found_.Error(path, what, {}, remedy);
  }
  // Calls `use` with a scalar whose value is known.
  void OnText(const Json& value, const std::string& path, const std::function<void(std::string)>& use);
  void OnList(const Json& value, const std::string& path, const std::function<void(std::string, std::string)>& use);
  void OnMap(const Json& value, const std::string& path,
             const std::function<void(const std::string&, const Json&, std::string)>& use);
  void OnDuration(const Json& value, const std::string& path, const std::function<void(base::Millis)>& use);
  void Unknown(const std::string& path, const std::string& name, const std::vector<std::string>& names);

  void ReadProgram(const Json& value, const std::string& path, std::optional<std::vector<std::string>>* into);
  void ReadTexts(const Json& value, const std::string& path, Texts* into);
  void ReadHostPorts(const Json& value);
  void ReadNetworks(const Json& value);
  void ReadResources(const Json& value);
  void ReadFiles(const Json& value);
  void ReadRegistry(const Json& value);
  void ReadHealth(const Json& value);
  void ReadPull(const std::string& text);

  Properties& out_;
  Diagnostics found_;
};

void Reader::OnText(const Json& value, const std::string& path, const std::function<void(std::string)>& use) {
  auto text = Scalar(value);
  if (!text) return Wrong(path, "must be a text, a number or a boolean");
  if (text->find('\0') != std::string::npos) return Wrong(path, "holds a NUL character");
  if (!IsUnknown(value)) use(std::move(*text));
}

void Reader::OnList(const Json& value, const std::string& path,
                    const std::function<void(std::string, std::string)>& use) {
  if (IsUnknown(value)) return;
  if (!value.is_array()) return Wrong(path, "must be a list");
  for (std::size_t i = 0; i < value.size(); ++i) {
    const std::string place = path + "[" + std::to_string(i) + "]";
    OnText(value[i], place, [&](std::string text) { use(std::move(text), place); });
  }
}

void Reader::OnMap(const Json& value, const std::string& path,
                   const std::function<void(const std::string&, const Json&, std::string)>& use) {
  if (IsUnknown(value)) return;
  if (!value.is_object()) return Wrong(path, "must be a map");
  for (const auto& [name, entry] : value.items()) use(name, entry, path + "." + name);
}

void Reader::OnDuration(const Json& value, const std::string& path, const std::function<void(base::Millis)>& use) {
  OnText(value, path, [&](const std::string& text) {
    const auto duration = base::ParseDuration(text);
    if (!duration) return Wrong(path, "is no duration: `" + text + "`", "for example 10s or 1m30s");
    if (*duration > kLongest) return Wrong(path, "is above one day");
    use(*duration);
  });
}

void Reader::Unknown(const std::string& path, const std::string& name, const std::vector<std::string>& names) {
  const auto near = base::Nearest(name, names);
  Wrong(path, "unknown property `" + name + "` of provider `docker`",
        near ? "did you mean `" + *near + "`?" : "it has " + base::Join(names, ", "));
}

void Reader::ReadProgram(const Json& value, const std::string& path, std::optional<std::vector<std::string>>* into) {
  auto& words = into->emplace();
  if (value.is_array()) {
    return OnList(value, path, [&](std::string text, const std::string&) { words.push_back(std::move(text)); });
  }
  OnText(value, path, [&](std::string text) {
    if (text.empty()) return Wrong(path, "is empty", "leave it out to run what the image says");
    if (text.find_first_of(" \t") != std::string::npos) {
      found_.Warning(path, "has a blank in it, and is one word: no shell splits it", {},
                     "write a list: [\"server\", \"--port\", \"80\"]");
    }
    words.push_back(std::move(text));
  });
}

void Reader::ReadTexts(const Json& value, const std::string& path, Texts* into) {
  const bool labels = path == "labels";
  OnMap(value, path, [&](const std::string& name, const Json& entry, const std::string& place) {
    if (name.empty() || name.find_first_of(std::string("=\0", 2)) != std::string::npos) {
      return Wrong(place, "is no name: it is empty or has `=` or NUL in it");
    }
    if (labels && name.starts_with("kadende/")) return Wrong(place, "labels starting with kadende/ are set by kadende");
    OnText(entry, place, [&](std::string text) { into->emplace_back(name, std::move(text)); });
  });
}

void Reader::ReadHostPorts(const Json& value) {
  OnMap(value, "hostPorts", [&](const std::string& name, const Json& entry, const std::string& place) {
    auto fixed = ParseHostPort(name);
    if (!fixed && name.find("${") == std::string::npos) {
      return Wrong(place, "is no port of the machine: `" + name + "`", "for example 8080 or \"127.0.0.1:8080\"");
    }
    OnText(entry, place, [&](const std::string& text) {
      const auto port = ParsePort(text);
      if (!port) return Wrong(place, "is no port of the container: `" + text + "`", "for example 80 or 53/udp");
      if (!fixed) return;
      fixed->port = *port;
      out_.host_ports.push_back(*fixed);
    });
  });
}

void Reader::ReadNetworks(const Json& value) {
  OnList(value, "networks", [&](std::string text, const std::string& place) {
    const bool alone = text == "host" || text == "none";
    if (text.empty() || text.find_first_of(":/ \t") != std::string::npos) {
      return Wrong(place, "is no name of a network: `" + text + "`");
    }
    if (alone && value.size() > 1) return Wrong(place, "`" + text + "` cannot be joined with other networks");
    out_.networks.push_back(std::move(text));
  });
}

void Reader::ReadResources(const Json& value) {
  OnMap(value, "resources", [&](const std::string& name, const Json& entry, const std::string& place) {
    if (name == "cpu") {
      return OnText(entry, place, [&](const std::string& text) {
        const auto cpus = ParseCpus(text);
        if (!cpus) return Wrong(place, "is no number of processors: `" + text + "`", "for example 0.5 or 2");
        out_.resources.nano_cpus = *cpus;
      });
    }
    if (name != "memory") return Unknown(place, name, {"cpu", "memory"});
    OnText(entry, place, [&](const std::string& text) {
      const auto bytes = ParseMemory(text);
      if (!bytes) return Wrong(place, "is no size of at least 6 MiB: `" + text + "`", "for example 256MiB or 2GiB");
      out_.resources.memory = *bytes;
    });
  });
}

void Reader::ReadFiles(const Json& value) {
  std::size_t bytes = 0;
  OnMap(value, "files", [&](const std::string& name, const Json& entry, const std::string& place) {
    if (!IsFilePath(name)) {
      return Wrong(place, "is no absolute path of a file in the container", "for example /etc/server.conf");
    }
    File file;
    file.path = name;
    const auto content = [&](const Json& text, const std::string& where) {
      if (!text.is_string()) return Wrong(where, "must be a text");
      file.content = text.get<std::string>();
    };
    if (!entry.is_object()) {
      content(entry, place);
    } else {
      if (!entry.contains("content")) Wrong(place + ".content", "is missing: what is in the file");
      for (const auto& [key, part] : entry.items()) {
        if (key == "content") {
          content(part, place + ".content");
        } else if (key == "mode") {
          const auto text = Scalar(part);
          if (!text || text->size() < 3 || text->size() > 5 ||
              text->find_first_not_of("01234567") != std::string::npos) {
            Wrong(place + ".mode", "is no mode of a file", "three or four octal digits in quotes: \"0640\"");
          } else {
            file.mode = static_cast<std::uint32_t>(std::stoul(*text, nullptr, 8));
          }
        } else {
          Unknown(place + "." + key, key, {"content", "mode"});
        }
      }
    }
    bytes += file.content.size();
    out_.files.push_back(std::move(file));
  });
  if (bytes > kMostFiles) Wrong("files", "are more than 8 MiB together", "put them into the image, or a volume");
}

void Reader::ReadRegistry(const Json& value) {
  OnMap(value, "registry", [&](const std::string& name, const Json& entry, const std::string& place) {
    if (name == "username") {
      OnText(entry, place, [&](std::string text) { out_.registry_user = std::move(text); });
    } else if (name == "password") {
      OnText(entry, place, [&](std::string text) { out_.registry_password = std::move(text); });
    } else {
      Unknown(place, name, {"username", "password"});
    }
  });
  if (!value.is_object()) return;
  for (const char* key : {"username", "password"}) {
    if (!value.contains(key)) Wrong("registry." + std::string(key), "is missing: who may pull the image");
  }
}

void Reader::ReadHealth(const Json& value) {
  auto& health = out_.health.emplace();
  OnMap(value, "healthcheck", [&](const std::string& name, const Json& entry, const std::string& place) {
    if (name == "command") {
      OnList(entry, place, [&](std::string text, const std::string&) { health.command.push_back(std::move(text)); });
    } else if (name == "interval") {
      OnDuration(entry, place, [&](base::Millis time) { health.interval = time; });
    } else if (name == "timeout") {
      OnDuration(entry, place, [&](base::Millis time) { health.timeout = time; });
    } else if (name == "startPeriod") {
      OnDuration(entry, place, [&](base::Millis time) { health.start_period = time; });
    } else if (name == "retries") {
      OnText(entry, place, [&](const std::string& text) {
        const auto count = base::ParseInt(text);
        if (!count || *count < 1 || *count > 1000) return Wrong(place, "must be a number from 1 to 1000");
        health.retries = static_cast<std::uint32_t>(*count);
      });
    } else {
      Unknown(place, name, {"command", "interval", "timeout", "startPeriod", "retries"});
    }
  });
  if (value.is_object() && !value.contains("command")) {
    Wrong("healthcheck.command", "is missing: what the engine runs in the container, exit 0 for healthy");
  }
}

void Reader::ReadPull(const std::string& text) {
  if (text == "always") {
    out_.pull = Pull::kAlways;
  } else if (text == "never") {
    out_.pull = Pull::kNever;
  } else if (text != "missing") {
    Wrong("pull", "must be `missing`, `always` or `never`");
  }
}

void Reader::ReadProperty(const std::string& name, const Json& value) {
  using Read = std::function<void()>;
  const auto text = [&](std::string* into) {
    return [this, &value, &name, into] { OnText(value, name, [into](std::string read) { *into = std::move(read); }); };
  };
  const std::map<std::string, Read, std::less<>> readers = {
      {"host",
       [&] {
         OnText(value, name, [&](std::string host) {
           const std::string wrong = WhatIsWrongWithHost(host);
           if (!wrong.empty()) Wrong(name, wrong);
           out_.host = std::move(host);
         });
       }},
      {"image",
       [&] {
         OnText(value, name, [&](std::string image) {
           if (!IsImage(image)) Wrong(name, "is no name of an image: `" + image + "`", "for example nginx:1.27");
           out_.image = std::move(image);
         });
       }},
      {"command", [&] { ReadProgram(value, name, &out_.command); }},
      {"entrypoint", [&] { ReadProgram(value, name, &out_.entrypoint); }},
      {"env", [&] { ReadTexts(value, name, &out_.env); }},
      {"labels", [&] { ReadTexts(value, name, &out_.labels); }},
      {"ports",
       [&] {
         OnList(value, name, [&](const std::string& written, const std::string& place) {
           const auto port = ParsePort(written);
           if (port) return out_.ports.push_back(*port);
           Wrong(place, "is no port of the container: `" + written + "`",
                 written.find(':') == std::string::npos
                     ? "for example 80 or 53/udp"
                     : "it is published at a free port of the machine; for a certain one use `hostPorts: {8080: 80}`");
         });
       }},
      {"hostPorts", [&] { ReadHostPorts(value); }},
      {"networks", [&] { ReadNetworks(value); }},
      {"volumes",
       [&] {
         OnList(value, name, [&](std::string volume, const std::string& place) {
           const std::string wrong = WhatIsWrongWithVolume(volume);
           if (!wrong.empty()) Wrong(place, wrong);
           out_.volumes.push_back(std::move(volume));
         });
       }},
      {"resources", [&] { ReadResources(value); }},
      {"restart",
       [&] {
         OnText(value, name, [&](std::string restart) {
           if (!IsRestart(restart)) {
             return Wrong(name, "must be `no`, `on-failure`, `on-failure:3`, `always` or `unless-stopped`",
                          restart == "false" ? "write \"no\" in quotes: without them YAML reads a boolean" : "");
           }
           out_.restart = std::move(restart);
         });
       }},
      {"user", text(&out_.user)},
      {"workingDirectory", text(&out_.working_directory)},
      {"files", [&] { ReadFiles(value); }},
      {"pull", [&] { OnText(value, name, [&](const std::string& policy) { ReadPull(policy); }); }},
      {"registry", [&] { ReadRegistry(value); }},
      {"healthcheck", [&] { ReadHealth(value); }},
      {"stopSignal", text(&out_.stop_signal)},
      {"stopTimeout", [&] { OnDuration(value, name, [&](base::Millis time) { out_.stop_timeout = time; }); }},
      {"init",
       [&] {
         if (!value.is_boolean() && !IsUnknown(value)) return Wrong(name, "must be true or false");
         out_.init = value.is_boolean() && value.get<bool>();
       }},
  };
  if (const auto reader = readers.find(name); reader != readers.end()) return reader->second();
  std::vector<std::string> names;
  for (const auto& [known, read] : readers) names.push_back(known);
  Unknown(name, name, names);
}

// By reference alone: what is written into the file is in every copy of it. Only while it is not filled in yet can it
// be told from what a reference stood for.
void KeepPasswordsOut(const Json& properties, Diagnostics* found) {
  const auto registry = properties.find("registry");
  if (registry == properties.end() || !registry->is_object()) return;
  const auto password = registry->find("password");
  if (password == registry->end() || IsUnknown(*password)) return;
  found->Error("registry.password", "must be a reference, so that it is in no file and no state", {},
               "for example ${secret.env.REGISTRY_PASSWORD}");
}

}  // namespace

const std::string& PropertySchema() {
  static const std::string schema(kPropertySchema);
  return schema;
}

base::Diagnostics ValidateProperties(std::string_view properties) {
  Properties ignored;
  Diagnostics found = Reader(&ignored).Read(properties);
  if (const auto json = base::ParseJson(properties); json && json->is_object()) KeepPasswordsOut(*json, &found);
  return found;
}

base::Result<Properties> ParseProperties(std::string_view properties) {
  Properties parsed;
  const Diagnostics found = Reader(&parsed).Read(properties);
  for (const base::Diagnostic& diagnostic : found.items()) {
    if (diagnostic.severity != base::Severity::kError) continue;
    const std::string place = diagnostic.path.empty() ? "" : diagnostic.path + ": ";
    return base::Fail(base::ErrorCode::kInvalid, place + diagnostic.message);
  }
  return parsed;
}

base::Result<std::string> HostOfScope(std::string_view scope_config) {
  const auto scope = base::ParseJson(scope_config);
  if (!scope || !scope->is_object()) return base::Fail(base::ErrorCode::kInvalid, "a scope of docker must be a map");
  std::string host;
  for (const auto& [key, value] : scope->items()) {
    if (key != "host" || !value.is_string()) {
      return base::Fail(base::ErrorCode::kInvalid, "the scope of provider `docker` is `host`, a text; given was " +
                                                       base::EscapeTerminal(scope_config));
    }
    host = value.get<std::string>();
  }
  return host;
}

}  // namespace kadende::providers::docker
