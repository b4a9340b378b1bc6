#include "cli/commands/sim.h"

#include <algorithm>

#include "cli/view/style.h"
#include "engine/base/text.h"
#include "providers/sim/sim_cloud.h"

namespace kadende::cli {
namespace {

using base::ErrorCode;
using providers::SimCloud;
using providers::SimCommand;

// "a=1 b=2" as well as "a 1 b 2".
base::Result<std::vector<std::pair<std::string, std::string>>> Pairs(const std::vector<std::string>& words) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::size_t at = 0; at < words.size(); ++at) {
    const auto equals = words[at].find('=');
    if (equals != std::string::npos) {
      pairs.emplace_back(words[at].substr(0, equals), words[at].substr(equals + 1));
    } else if (at + 1 < words.size()) {
      pairs.emplace_back(words[at], words[at + 1]);
      ++at;
    } else {
      return base::Fail(ErrorCode::kInvalid, "the setting `" + words[at] + "` has no value: write it as NAME=VALUE");
    }
  }
  return pairs;
}

int Set(const SimOptions& options, Console& console, bool create) {
  auto pairs = Pairs(options.settings);
  if (!pairs) return console.Fail(pairs.error());
  auto cloud = SimCloud::Open(options.cloud, create);
  if (!cloud) return console.Fail(cloud.error());
  if (pairs->empty()) return kExitOk;
  auto changed = (*cloud)->ChangeSettings([&](providers::SimSettings& settings) -> base::Status {
    for (const auto& [name, value] : *pairs) {
      if (auto set = SetSimSetting(settings, name, value); !set) return set;
    }
    return {};
  });
  return changed ? kExitOk : console.Fail(changed.error());
}

std::string CountersText(const providers::SimCounters& counters) {
  return "made " + std::to_string(counters.made) + "\nlive " + std::to_string(counters.live) + "\npending " +
         std::to_string(counters.pending) + "\nterminated " + std::to_string(counters.terminated) + "\ndestroyed " +
         std::to_string(counters.destroyed) + "\nended " + std::to_string(counters.ended) + "\naccepted " +
         std::to_string(counters.accepted) + "\ndeduplicated " + std::to_string(counters.deduplicated) + "\n";
}

// "made 3" lines as {"made":3,...}.
std::string LinesAsJson(std::string_view lines, bool quote) {
  std::string json;
  for (const std::string& line : base::Split(lines, '\n')) {
    const auto space = line.find(' ');
    if (line.empty()) continue;
    const std::string value = space == std::string::npos ? std::string() : line.substr(space + 1);
    json += (json.empty() ? "{" : ",") + base::QuoteJson(line.substr(0, space)) + ":" +
            (quote ? base::QuoteJson(value) : value);
  }
  return (json.empty() ? "{" : json) + "}";
}

std::string NodeOf(const model::Instance& instance) {
  return model::NodeAddress{instance.owner.group, instance.owner.slot}.Display();
}

std::string RowText(const providers::SimInstance& row) {
  const model::Instance& instance = row.instance;
  std::string text = PadRight(instance.id, 16) + "  " +
                     PadRight(row.removed ? "removed" : model::InstanceStatusName(instance.status), 11) + "  " +
                     PadRight(base::EscapeTerminal(instance.owner.cluster), 16) + "  " +
                     PadRight(base::EscapeTerminal(NodeOf(instance)), 24) + "  incarnation " +
                     std::to_string(instance.owner.incarnation);
  if (!instance.status_reason.empty()) text += "  " + base::EscapeTerminal(instance.status_reason);
  return text + "\n";
}

std::string RowJson(const providers::SimInstance& row) {
  const model::Instance& instance = row.instance;
  return "{\"id\":" + base::QuoteJson(instance.id) + ",\"name\":" + base::QuoteJson(instance.name) +
         ",\"status\":" + base::QuoteJson(model::InstanceStatusName(instance.status)) +
         ",\"removed\":" + (row.removed ? "true" : "false") +
         ",\"lineage\":" + base::QuoteJson(instance.owner.lineage) +
         ",\"cluster\":" + base::QuoteJson(instance.owner.cluster) + ",\"node\":" + base::QuoteJson(NodeOf(instance)) +
         ",\"incarnation\":" + std::to_string(instance.owner.incarnation) +
         ",\"token\":" + base::QuoteJson(base::ToBase32(instance.owner.token)) + ",\"properties\":" + row.properties +
         "}\n";
}

bool Exists(const providers::SimInstance& row) {
  return !row.removed && row.instance.status != model::InstanceStatus::kTerminated;
}

// An id or name as it is; a node ("web[0]") as the id of the one instance that it has.
base::Result<std::string> InstanceOf(SimCloud& cloud, const std::string& text) {
  if (model::ParseNodeQuery(text).group.empty()) return text;
  std::vector<std::string> ids;
  auto done = cloud.ForEach([&](const providers::SimInstance& row) {
    if (Exists(row) && NodeOf(row.instance) == text) ids.push_back(row.instance.id);
  });
  if (!done) return tl::unexpected(std::move(done.error()));
  if (ids.size() == 1) return ids.front();
  if (ids.empty()) return base::Fail(ErrorCode::kNotFound, "the cloud has no instance of the node " + text);
  return base::Fail(ErrorCode::kInvalid, "several instances are of the node " + text + ": " + base::Join(ids, ", "));
}

int Order(const SimOptions& options, Console& console, SimCommand command) {
  auto cloud = SimCloud::Open(options.cloud, false);
  if (!cloud) return console.Fail(cloud.error());
  for (const std::string& text : options.instances) {
    auto instance = InstanceOf(**cloud, text);
    if (!instance) return console.Fail(instance.error());
    if (auto done = (*cloud)->Command(command, *instance, options.reason); !done) return console.Fail(done.error());
  }
  return kExitOk;
}

void DefineCloud(CommandSetup& setup, SimOptions& options) {
  setup.Add({"CLOUD", "", "The cloud's file: `cloud` of resourceProperties", {}, true}, &options.cloud);
}

}  // namespace

void DefineSimSettings(CommandSetup& setup, SimOptions& options) {
  DefineCloud(setup, options);
  setup.Add({"NAME=VALUE", "", "Settings; `kadende sim status CLOUD` lists them", {}, false}, &options.settings);
}

void DefineSimRun(CommandSetup& setup, SimOptions& options) {
  DefineCloud(setup, options);
  setup.Add({"NAME", "", "What the instance is called", {}, true}, &options.name);
  setup.Add({"PROPERTY=VALUE", "", "What it is made of; values as text", {}, false}, &options.settings);
  setup.Add({"--label", "KEY=VALUE", "A label (repeatable)", {}, false}, &options.labels);
}

void DefineSimCloud(CommandSetup& setup, SimOptions& options) {
  DefineCloud(setup, options);
}

void DefineSimList(CommandSetup& setup, SimOptions& options) {
  DefineCloud(setup, options);
  setup.Add({"-a,--all", "", "Also instances that are gone", {}, false}, &options.all);
}

void DefineSimInstances(CommandSetup& setup, SimOptions& options) {
  DefineCloud(setup, options);
  setup.Add({"INSTANCE", "", "Ids, names, or nodes as web[0]", {}, true}, &options.instances);
  setup.Add({"--reason", "TEXT", "What the cloud gives as the reason", {}, false}, &options.reason);
}

int RunSimCreate(const SimOptions& options, Console& console) {
  return Set(options, console, true);
}

int RunSimSet(const SimOptions& options, Console& console) {
  return Set(options, console, false);
}

int RunSimRun(const SimOptions& options, Console& console) {
  auto pairs = Pairs(options.settings);
  if (!pairs) return console.Fail(pairs.error());
  auto labels = Pairs(options.labels);
  if (!labels) return console.Fail(labels.error());
  auto cloud = SimCloud::Open(options.cloud, false);
  if (!cloud) return console.Fail(cloud.error());
  std::sort(pairs->begin(), pairs->end());
  std::sort(labels->begin(), labels->end());
  std::string properties;
  for (const auto& [name, value] : *pairs) {
    properties += (properties.empty() ? "{" : ",") + base::QuoteJson(name) + ":" + base::QuoteJson(value);
  }
  auto id = (*cloud)->RunByHand(options.name, properties.empty() ? "{}" : properties + "}", *labels);
  if (!id) return console.Fail(id.error());
  console.Out(console.common().json ? "{\"id\":" + base::QuoteJson(*id) + "}\n" : *id + "\n");
  return kExitOk;
}

int RunSimStatus(const SimOptions& options, Console& console) {
  auto cloud = SimCloud::Open(options.cloud, false);
  if (!cloud) return console.Fail(cloud.error());
  auto counters = (*cloud)->Count();
  if (!counters) return console.Fail(counters.error());
  auto settings = (*cloud)->Settings();
  if (!settings) return console.Fail(settings.error());
  if (console.common().json) {
    console.Out("{\"scope\":" + base::QuoteJson((*cloud)->scope()) +
                ",\"counters\":" + LinesAsJson(CountersText(*counters), false) +
                ",\"settings\":" + LinesAsJson(FormatSimSettings(*settings), true) + "}\n");
  } else {
    console.Out("scope " + (*cloud)->scope() + "\n" + CountersText(*counters) + FormatSimSettings(*settings));
  }
  return kExitOk;
}

int RunSimCount(const SimOptions& options, Console& console) {
  auto cloud = SimCloud::Open(options.cloud, false);
  if (!cloud) return console.Fail(cloud.error());
  auto counters = (*cloud)->Count();
  if (!counters) return console.Fail(counters.error());
  const std::string text = CountersText(*counters);
  console.Out(console.common().json ? LinesAsJson(text, false) + "\n" : text);
  return kExitOk;
}

int RunSimList(const SimOptions& options, Console& console) {
  auto cloud = SimCloud::Open(options.cloud, false);
  if (!cloud) return console.Fail(cloud.error());
  auto done = (*cloud)->ForEach([&](const providers::SimInstance& row) {
    if (options.all || Exists(row)) console.Out(console.common().json ? RowJson(row) : RowText(row));
  });
  return done ? kExitOk : console.Fail(done.error());
}

int RunSimHealthy(const SimOptions& options, Console& console) {
  return Order(options, console, SimCommand::kHealthy);
}

int RunSimUnhealthy(const SimOptions& options, Console& console) {
  return Order(options, console, SimCommand::kUnhealthy);
}

int RunSimStop(const SimOptions& options, Console& console) {
  return Order(options, console, SimCommand::kStop);
}

int RunSimTerminate(const SimOptions& options, Console& console) {
  return Order(options, console, SimCommand::kTerminate);
}

int RunSimVanish(const SimOptions& options, Console& console) {
  return Order(options, console, SimCommand::kVanish);
}

}  // namespace kadende::cli
