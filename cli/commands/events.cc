#include "cli/commands/events.h"

#include <algorithm>
#include <limits>

#include "cli/find_node.h"
#include "cli/lost_cluster.h"
#include "cli/planning.h"
#include "cli/view/event_text.h"

namespace kadende::cli {
namespace {

std::vector<std::string> StoredKinds() {
  std::vector<std::string> names;
  for (int i = 0; i <= static_cast<int>(model::kLastEventKind); ++i) {
    const auto kind = static_cast<model::EventKind>(i);
    if (model::IsStored(kind)) names.emplace_back(model::EventKindName(kind));
  }
  return names;
}

// A node that is gone has events too: the bracket form needs no node of today.
base::Status SelectNode(Session& session, const std::string& lineage, const std::string& text,
                        ports::EventQuery& query) {
  const model::NodeQuery wanted = model::ParseNodeQuery(text);
  query.group = wanted.group;
  query.slot_key = wanted.slot_key;
  if (!wanted.group.empty()) return {};
  auto state = session.Load(lineage);
  if (!state) return tl::unexpected(std::move(state.error()));
  auto node = FindNode(*state, text);
  if (!node) return tl::unexpected(std::move(node.error()));
  query.group = node->group;
  query.slot_key = node->record.slot.Key();
  return {};
}

// The newest of these kinds.
void Keep(const std::vector<std::string>& kinds, std::size_t limit, std::vector<model::Event>& events) {
  std::erase_if(events, [&kinds](const model::Event& event) {
    return std::find(kinds.begin(), kinds.end(), model::EventKindName(event.kind)) == kinds.end();
  });
  if (events.size() > limit) events.erase(events.begin(), events.end() - static_cast<std::ptrdiff_t>(limit));
}

}  // namespace

void DefineEvents(CommandSetup& setup, EventsOptions& options) {
  setup.Add({"CLUSTER", "", "Name, id or lineage; default: the only cluster", {}, false}, &options.cluster);
  setup.Add({"--node", "NODE", "Only this node, as web[0] or web-0", {}, false}, &options.node);
  setup.Add({"--group", "GROUP", "Only this group", {}, false}, &options.group);
  setup.Add({"--kind", "KIND", "Only this kind, as node_unhealthy (repeatable)", StoredKinds(), false}, &options.kinds);
  setup.Add({"--limit", "N", "At most N events, the newest", {}, false}, &options.limit);
}

int RunEvents(const EventsOptions& options, Console& console) {
  auto session = OpenHere(console, false);
  if (!session) return console.Fail(session.error());
  auto cluster = FindCluster(**session, console, options.cluster);
  if (!cluster) return console.Fail(cluster.error());
  ports::EventQuery query;
  query.lineage = cluster->lineage;
  query.group = options.group;
  // The store knows no kinds. What it keeps is bounded.
  query.limit = options.kinds.empty() ? options.limit : std::numeric_limits<std::uint32_t>::max();
  if (!options.node.empty()) {
    if (auto found = SelectNode(**session, cluster->lineage, options.node, query); !found) {
      return console.Fail(found.error());
    }
  }
  if (!(*session)->IsStored(cluster->lineage)) {
    console.Note(
        (*session)->remote() == nullptr
            ? "Events are in the working store alone, and lost with it.\n"
            : "Events are in the working store of the machine that acted; `kadende log` has what was published.\n");
    return kExitOk;
  }
  auto events = (*session)->store()->Events(query);
  if (!events) return console.Fail(events.error());
  if (!options.kinds.empty()) Keep(options.kinds, options.limit, *events);
  if (console.common().json) {
    for (const model::Event& event : *events) console.Out(EventJson(event) + "\n");
    return kExitOk;
  }
  EventTextOptions text;
  text.color = console.color_out();
  console.Out(EventsText(*events, text));
  return kExitOk;
}

}  // namespace kadende::cli
