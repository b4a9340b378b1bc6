#include "cli/commands/provider_list.h"

#include <set>
#include <utility>

#include "cli/plugins.h"
#include "cli/view/plugin_text.h"
#include "cli/view/text_table.h"
#include "engine/base/json.h"
#include "engine/base/text.h"
#include "engine/model/plugin_pin_json.h"
#include "providers/catalog.h"
#include "providers/install/plugin_cache.h"
#include "providers/install/plugin_url.h"

namespace kadende::cli {
namespace {

using base::ErrorCode;
using base::Json;

// One plugin, as the folder has it.
struct Row {
  std::string name;
  std::string version;  // pinned, else asked for
  std::string status;   // "ready", "plugin_dir", "not_pinned", "not_installed", "changed", "unused"
  std::string detail;   // a path, or what is wrong and what helps
  std::vector<std::string> groups;

  [[nodiscard]] bool IsGood() const { return status == "ready" || status == "plugin_dir"; }
};

Row Judge(const PluginWork& work, const std::string& name) {
  Row row;
  row.name = name;
  const model::ProviderRef ref = work.RefOf(name);
  row.version = ref.version;
  const auto named = work.named.find(name);
  if (named != work.named.end()) row.groups = named->second.groups;
  const model::PluginPin* pin = model::FindPin(work.lock, name);
  if (pin != nullptr) row.version = pin->version;
  providers::PluginUse use;
  use.pins = work.lock;
  auto found = providers::PluginResolver(work.folders, std::move(use)).Resolve(ref);
  if (found) {
    row.status = found->hash.empty() ? "plugin_dir" : "ready";
    row.detail = found->path;
    return row;
  }
  const bool pinned = pin != nullptr && providers::IsAskedFor(ref, pin->version, pin->url) &&
                      model::HashFor(*pin, providers::ThisPlatform()) != nullptr;
  const bool changed = found.error().code == ErrorCode::kCorrupt;
  row.status = changed ? "changed" : pinned ? "not_installed" : "not_pinned";
  row.detail = found.error().message;
  return row;
}

std::vector<Row> Judged(const PluginWork& work) {
  std::set<std::string> names;
  for (const auto& [name, plugin] : work.named) names.insert(name);
  for (const model::PluginPin& pin : work.lock) names.insert(pin.name);
  std::vector<Row> rows;
  for (const std::string& name : names) rows.push_back(Judge(work, name));
  return rows;
}

Json ToJson(const PluginWork& work, const Row& row) {
  const model::PluginPin* pin = model::FindPin(work.lock, row.name);
  Json json = pin == nullptr ? Json{{"name", row.name}, {"version", row.version}} : model::PinsToJson({*pin})[0];
  json["status"] = row.status;
  json["groups"] = row.groups;
  json[row.IsGood() ? "path" : "problem"] = row.detail;
  return json;
}

void TellJson(const PluginWork& work, const std::vector<Row>& rows, const char* type, Console& console) {
  Json plugins = Json::array();
  for (const Row& row : rows) plugins.push_back(ToJson(work, row));
  console.Out(base::Canonical({{"type", type}, {"plugins", std::move(plugins)}}) + "\n");
}

void TellTable(const std::vector<Row>& rows, Console& console) {
  TextTable table({{"NAME", 0, 0}, {"VERSION", 0, 0}, {"STATUS", 0, 0}, {"GROUPS", 1, 0}, {"WHERE", 0, 0}});
  for (const Row& row : rows) {
    std::string status = row.status;
    for (char& c : status) c = c == '_' ? ' ' : c;
    table.Add({{base::EscapeTerminal(row.name), {}},
               {base::EscapeTerminal(row.version), {}},
               {status, row.IsGood() ? Color::kNone : Color::kYellow},
               {row.groups.empty() ? "-" : base::EscapeTerminal(base::Join(row.groups, ", ")), {}},
               {base::EscapeTerminal(row.detail), {}}});
  }
  TextTableOptions options;
  options.color = console.color_out();
  for (const std::string& line : table.Lines(options)) console.Out(line + "\n");
}

}  // namespace

void DefineProviderList(CommandSetup& setup, ProviderListOptions& options) {
  DefinePluginWork(setup, options.work);
}

int RunProviderList(const ProviderListOptions& options, Console& console) {
  auto work = BeginPluginWork(console, options.work, true);
  if (!work) return console.Fail(work.error());
  const std::vector<Row> rows = Judged(*work);
  if (console.common().json) {
    TellJson(*work, rows, "provider_list", console);
    return kExitOk;
  }
  if (rows.empty()) {
    console.Out("No plugins: the providers in use are built in.\n");
  } else {
    TellTable(rows, console);
  }
  return kExitOk;
}

void DefineProviderVerify(CommandSetup& setup, ProviderVerifyOptions& options) {
  DefinePluginWork(setup, options.work);
}

int RunProviderVerify(const ProviderVerifyOptions& options, Console& console) {
  auto work = BeginPluginWork(console, options.work, true);
  if (!work) return console.Fail(work.error());
  const std::vector<Row> rows = Judged(*work);
  std::string problems;
  for (const Row& row : rows) {
    if (!row.IsGood()) problems += (problems.empty() ? "" : "\n") + row.detail;
  }
  if (console.common().json) {
    TellJson(*work, rows, "provider_verify", console);
  } else {
    for (const Row& row : rows) {
      if (row.status == "ready") console.Out(PinText(*model::FindPin(work->lock, row.name)) + ": as pinned\n");
      if (row.status == "plugin_dir")
        console.Out(base::EscapeTerminal(row.detail) + ": from a plugin folder, no pin\n");
    }
    if (rows.empty()) console.Out("No plugins to verify.\n");
  }
  return problems.empty() ? kExitOk : console.Fail(problems);
}

void DefineProviderSchema(CommandSetup& setup, ProviderSchemaOptions& options) {
  setup.Add({"NAME", "", "A provider that is built in, or an installed plugin", {}, true}, &options.name);
  DefinePluginWork(setup, options.work);
}

// Runs the plugin: who asks for what it takes by name, of the checkout that the lock file is in, has reviewed it.
int RunProviderSchema(const ProviderSchemaOptions& options, Console& console) {
  auto work = BeginPluginWork(console, options.work, true);
  if (!work) return console.Fail(work.error());
  providers::CatalogOptions catalog_options;
  catalog_options.base_directory = work->folder;
  catalog_options.plugins = work->folders;
  providers::Catalog catalog(std::move(catalog_options));
  providers::PluginUse use;
  use.pins = work->lock;
  catalog.UsePlugins(std::move(use));
  auto provider = catalog.Find(work->RefOf(options.name));
  if (!provider) return console.Fail(provider.error());
  const model::Manifest& manifest = (*provider)->Manifest();
  auto schema = base::ParseJson(manifest.property_schema);
  if (!schema) return console.Fail("the schema of " + options.name + ": " + schema.error().message);
  if (!console.common().json) {
    console.Out(schema->dump(2, ' ', true) + "\n");  // ASCII alone: nothing in it reaches the terminal as it is
    return kExitOk;
  }
  console.Out(base::Canonical({{"type", "provider_schema"},
                               {"name", options.name},
                               {"version", manifest.version},
                               {"schema", std::move(*schema)},
                               {"abilities", manifest.abilities},
                               {"scopeProperties", manifest.scope_properties},
                               {"mutableProperties", manifest.mutable_properties},
                               {"exclusiveProperties", manifest.exclusive_properties}}) +
              "\n");
  return kExitOk;
}

}  // namespace kadende::cli
