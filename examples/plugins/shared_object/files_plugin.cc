// A provider for Kadende as a shared object: an instance is a file in a folder (providers/PROTOCOL.md, plugin/abi.h).
//   g++ -std=c++17 -fPIC -shared files_plugin.cc -o plugin.so      (JSON: nlohmann-json3-dev)
#include <kadende/plugin.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const kadende_host* host = nullptr;

constexpr const char* kManifest = R"json({
  "name": "files", "version": "1.0.0", "listing": "authoritative", "idempotentTokens": true,
  "abilities": ["retag"], "scopeProperties": ["folder"], "mutableProperties": ["content"],
  "schema": {
    "type": "object", "required": ["folder"], "additionalProperties": false,
    "properties": {"folder": {"type": "string", "minLength": 1}, "content": {"type": "string"}},
    "examples": [{"folder": "instances", "content": "hello"}, {"folder": "instances", "content": "changed"}]
  }
})json";

struct Refused {
  const char* code;
  std::string message;
};

fs::path FolderOf(const json& place) {
  const std::string folder = place.value("folder", "");
  const fs::path path = fs::absolute(folder).lexically_normal();
  if (folder.empty()) throw Refused{"invalid", "`folder` is missing: it names the folder in which the files are"};
  if (fs::is_directory(path.parent_path())) return path;
  throw Refused{"unavailable", "the folder above " + folder + " does not exist"};
}

// Null where there is none; ids that were never given out have none either.
json Read(const fs::path& folder, const std::string& id) {
  if (id.size() != 52 || id.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567") != std::string::npos) return {};
  std::ifstream file(folder / (id + ".json"));
  return file ? json::parse(file, nullptr, false) : json();
}

void Write(const fs::path& folder, const json& instance) {
  const fs::path path = folder / (instance.at("id").get<std::string>() + ".json");
  // One name per thread: several calls may write at once. The rename is whole or not at all, whatever happens.
  const fs::path fresh = path.string() + "." + std::to_string(::gettid());
  std::ofstream(fresh) << instance.dump();
  fs::rename(fresh, path);
}

std::string Now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc = {};
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", ::gmtime_r(&now, &utc));
  return text;
}

json List(const json& params) {
  const fs::path folder = FolderOf(params.at("scope"));
  json answer = {{"scope", fs::is_directory(folder) ? folder.string() : ""}, {"instances", json::array()}};
  if (!fs::is_directory(folder)) return answer;  // a place that nobody made yet
  for (const auto& entry : fs::directory_iterator(folder)) {
    const json instance = Read(folder, entry.path().extension() == ".json" ? entry.path().stem() : "");
    bool wanted = instance.is_object();
    for (const auto& [key, value] : params.at("tags").items())
      wanted = wanted && instance["tags"].value(key, "") == value;
    if (wanted) answer["instances"].push_back(instance);
  }
  return answer;
}

json Describe(const json& params) {
  const fs::path folder = FolderOf(params.at("scope"));
  json found = json::array();
  for (const auto& id : params.at("ids").get<std::set<std::string>>()) {
    if (const json instance = Read(folder, id); instance.is_object()) found.push_back(instance);
  }
  return {{"scope", folder.string()}, {"instances", found}};
}

json AttributesOf(const json& params) {  // `recordable` has no secrets
  const json& kept = params.contains("recordable") ? params["recordable"] : params.at("properties");
  return {{"content", kept.value("content", "")}};
}

json Create(const json& params) {
  const fs::path folder = FolderOf(params.at("properties"));
  fs::create_directory(folder);
  json instance = Read(folder, params.at("token"));  // the token is the id: a repeated create finds its instance
  if (!instance.is_object()) {
    instance = {{"id", params["token"]},
                {"name", params["name"]},
                {"tags", params["tags"]},
                {"labels", params["labels"]},
                {"status", "running"},
                {"createdAt", Now()},
                {"attributes", AttributesOf(params)}};
    Write(folder, instance);
  }
  return {{"scope", folder.string()}, {"instance", instance}};
}

json Update(const json& params) {
  const fs::path folder = FolderOf(params.at("properties"));
  json instance = Read(folder, params.at("id"));
  if (!instance.is_object()) throw Refused{"not_found", "no instance of that id in " + folder.string()};
  instance["tags"] = params.at("tags");
  instance["labels"] = params.at("labels");
  if (!params.value("tagsOnly", false)) instance["attributes"] = AttributesOf(params);
  Write(folder, instance);
  return {{"instance", instance}};
}

json Destroy(const json& params) {
  const fs::path folder = FolderOf(params.at("scope"));
  if (Read(folder, params.at("id")).is_object()) fs::remove(folder / (params["id"].get<std::string>() + ".json"));
  return json::object();  // gone, or already gone
}

void Call(kadende_call* call, const char* method, const char* params) {
  static const std::map<std::string, json (*)(const json&)> calls = {
      {"list", List}, {"describe", Describe}, {"create", Create}, {"update", Update}, {"destroy", Destroy}};
  const auto found = calls.find(method);
  if (found == calls.end()) return host->fail(call, "invalid", "none", "no such method");
  try {
    host->answer(call, found->second(json::parse(params)).dump().c_str());
  } catch (const Refused& refused) {
    host->fail(call, refused.code, "none", refused.message.c_str());
  }  // whatever else is thrown: the host says so, and that it may have had its effect
}

}  // namespace

extern "C" const kadende_plugin_functions* kadende_plugin() {
  const auto start = [](const kadende_host* given, const char*) -> int { return (host = given) == nullptr; };
  static const kadende_plugin_functions functions = {
      KADENDE_PLUGIN_ABI, sizeof functions, kManifest, start, Call, nullptr};
  return &functions;
}
