#include "cli/view/nodes_table.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "cli/view/node_rows.h"
#include "cli/view/style.h"
#include "cli/view/text_table.h"
#include "engine/base/text.h"

namespace kadende::cli {
namespace {

using base::EscapeTerminal;
using model::HealthState;

constexpr std::size_t kShortRevision = 12;
constexpr std::size_t kInstanceTail = 12;  // where it is narrow; the ends of ids tell them apart
constexpr std::size_t kHeadLines = 2;      // of a screen: headline and titles

std::string ShortRevision(const base::Digest& revision) {
  return revision.IsZero() ? std::string() : base::ToHex(revision).substr(0, kShortRevision);
}

Color ColorOf(const std::string& status) {
  if (status == "running" || status == "live") return Color::kGreen;
  if (status == "pending" || status == "leaving" || status == "unknown" || status == "terminating")
    return Color::kYellow;
  return status == "tombstone" ? Color::kDim : Color::kRed;
}

TextCell HealthCell(const NodeRow& row) {
  if (row.health == nullptr) return {"-", Color::kDim};
  const std::string name(model::HealthStateName(row.health->state));
  if (row.stale) return {name + "?", Color::kDim};
  switch (row.health->state) {
    case HealthState::kHealthy:
      return {name, Color::kGreen};
    case HealthState::kUnhealthy:
      return {name, Color::kRed};
    case HealthState::kUnknown:
    case HealthState::kInitializing:
      return {name, Color::kYellow};
  }
  return {name, Color::kNone};
}

// How long until the next look. What is stored is up to ten seconds old: a look that was due since then, or that was
// under way, is now.
std::string NextLook(const NodeRow& row, base::TimePoint now) {
  if (row.health == nullptr || row.stale || row.health->check.empty()) return "-";
  const base::TimePoint next = row.health->next_at;
  if (next > now) return Age(now, std::max(next, now + std::chrono::seconds(1)));
  const bool by_provider = row.health->check == model::CheckTypeName(model::CheckType::kProvider);
  return next == base::TimePoint{} && by_provider ? "-" : "now";
}

// One table of the rows at these places.
TextTable TableOf(const std::vector<NodeRow>& rows, const std::vector<std::size_t>& places, base::TimePoint now) {
  const bool health = std::any_of(rows.begin(), rows.end(), [](const NodeRow& row) { return row.health != nullptr; });
  std::vector<TextColumn> columns{{"NODE"}, {"STATUS"}};
  if (health) columns.insert(columns.end(), {{"HEALTH"}, {"SINCE"}, {"NEXT"}});
  columns.insert(columns.end(),
                 {{"INSTANCE", 4, kInstanceTail}, {"ADDRESS", 5}, {"REVISION", 1}, {"AGE", 2}, {"NOTE"}});
  TextTable table(std::move(columns));
  for (const std::size_t place : places) {
    const NodeRow& row = rows[place];
    const model::NodeRecord& node = *row.node;
    std::vector<TextCell> cells{{EscapeTerminal(row.group) + "[" + EscapeTerminal(node.slot.Key()) + "]"},
                                {row.status, ColorOf(row.status)}};
    if (health) {
      cells.push_back(HealthCell(row));
      cells.push_back({row.health == nullptr ? "-" : Age(row.health->since, now)});
      cells.push_back({NextLook(row, now)});
    }
    cells.push_back({EscapeTerminal(node.instance_id)});
    cells.push_back({EscapeTerminal(row.address)});
    cells.push_back({ShortRevision(node.revision)});
    cells.push_back({Age(node.created_at, now)});
    cells.push_back({EscapeTerminal(row.note)});
    table.Add(std::move(cells));
  }
  return table;
}

std::vector<std::size_t> AllPlaces(const std::vector<NodeRow>& rows) {
  std::vector<std::size_t> places(rows.size());
  for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
  return places;
}

std::string Lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

// What a person should see first, 0 before all.
int Urgency(const NodeRow& row) {
  if (row.IsUnhealthy()) return 0;
  const bool well = row.status == "running" || row.status == "live" || row.status == "tombstone";
  if (!well) return 1;
  if (row.health != nullptr && row.health->state != HealthState::kHealthy) return 2;
  return row.note.empty() || row.health != nullptr ? 4 : 3;
}

// The places of the rows that `count` lines have room for, in the order of the rows.
std::vector<std::size_t> MostUrgent(const std::vector<NodeRow>& rows, std::size_t count) {
  std::vector<std::size_t> places = AllPlaces(rows);
  if (rows.size() <= count) return places;
  std::stable_sort(places.begin(), places.end(),
                   [&rows](std::size_t a, std::size_t b) { return Urgency(rows[a]) < Urgency(rows[b]); });
  places.resize(count);
  std::sort(places.begin(), places.end());
  return places;
}

std::string Rest(const std::vector<NodeRow>& rows, const std::vector<std::size_t>& shown) {
  HealthCounts counts;
  std::size_t next = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (next < shown.size() && shown[next] == i) {
      ++next;
    } else {
      counts.Add(rows[i]);
    }
  }
  const std::string health = counts.Text();
  return "and " + base::Count(rows.size() - shown.size(), "more node") + (health.empty() ? "" : ": " + health);
}

std::string Headline(const NodesSeen& seen, const std::vector<NodeRow>& rows, const NodesTableOptions& options) {
  HealthCounts counts;
  for (const NodeRow& row : rows) counts.Add(row);
  const std::string health = counts.Text();
  return EscapeTerminal(seen.state.cluster.name) + " at " + base::FormatRfc3339(options.now) + ": " +
         base::Count(rows.size(), "node") + (health.empty() ? "" : "; " + health);
}

}  // namespace

std::string NodesTable(const NodesSeen& seen, const NodesTableOptions& options) {
  const std::vector<NodeRow> rows = NodeRows(seen, options);
  std::string text = "No nodes.\n";
  if (!rows.empty()) text = Lines(TableOf(rows, AllPlaces(rows), options.now).Lines({options.color, options.width}));
  std::string notes;
  for (const std::string& note : GroupNotes(seen, rows, options)) {
    notes += options.width == 0 ? EscapeTerminal(note) + "\n" : Lines(WrapText(EscapeTerminal(note), options.width));
  }
  return notes.empty() ? text : text + "\n" + notes;
}

std::string NodesHeadline(const NodesSeen& seen, const NodesTableOptions& options) {
  return Headline(seen, NodeRows(seen, options), options);
}

std::vector<std::string> NodesScreen(const NodesSeen& seen, const NodesTableOptions& options, std::size_t height) {
  const std::vector<NodeRow> rows = NodeRows(seen, options);
  std::vector<std::string> notes;
  for (const std::string& note : GroupNotes(seen, rows, options)) {
    for (std::string& line : WrapText(EscapeTerminal(note), options.width)) notes.push_back(std::move(line));
  }
  // Rows have what notes leave, and notes never more than a third where rows need the room.
  const std::size_t room = height > kHeadLines ? height - kHeadLines : 1;
  const std::size_t wanted = notes.empty() ? 0 : notes.size() + 1;
  const std::size_t for_notes = rows.size() + wanted <= room ? wanted : std::min(wanted, room / 3);
  const std::size_t for_rows = std::max<std::size_t>(room - for_notes, 1);
  const std::size_t fit = rows.size() <= for_rows ? for_rows : for_rows - 1;  // the count takes a line

  std::vector<std::string> screen{Shorten(Headline(seen, rows, options), options.width)};
  const std::vector<std::size_t> places = MostUrgent(rows, fit);
  const TextTableOptions fitted{options.color, options.width, Overflow::kCut};
  for (std::string& line : TableOf(rows, places, options.now).Lines(fitted)) screen.push_back(std::move(line));
  if (places.size() < rows.size()) screen.push_back(Shorten(Rest(rows, places), options.width));
  if (for_notes < 2) return screen;
  screen.emplace_back();
  const bool cut = notes.size() > for_notes - 1;
  const std::size_t shown = cut ? for_notes - 2 : notes.size();
  for (std::size_t i = 0; i < shown; ++i) screen.push_back(std::move(notes[i]));
  if (cut) {
    screen.push_back(
        Shorten("and " + base::Count(notes.size() - shown, "more line") + ", see `kadende nodes`", options.width));
  }
  return screen;
}

std::string NodesFingerprint(const NodesSeen& seen, const NodesTableOptions& options) {
  const std::vector<NodeRow> rows = NodeRows(seen, options);
  std::string text;
  for (const NodeRow& row : rows) {
    text += row.group + "\x1f" + row.node->slot.Key() + "\x1f" + std::to_string(row.node->incarnation) + "\x1f" +
            row.status + "\x1f" + row.node->instance_id + "\x1f" + row.address + "\x1f" + row.note;
    if (row.health != nullptr) {
      text += "\x1f" + std::to_string(static_cast<int>(row.health->state)) + (row.stale ? "?" : "") +
              std::to_string(base::ToUnixMillis(row.health->since));
    }
    text += "\n";
  }
  // Ages in them go on by themselves: at the beginning of time there are none.
  NodesTableOptions ageless = options;
  ageless.now = base::TimePoint{};
  for (const std::string& note : GroupNotes(seen, rows, ageless)) text += note + "\n";
  return text;
}

std::string ClusterText(const model::ClusterState& state, const NodesTableOptions& options) {
  const model::ClusterRecord& cluster = state.cluster;
  std::string out = Paint(options.color, Color::kBold, "Cluster " + EscapeTerminal(cluster.name)) + "\n";
  const auto add = [&out](std::string_view key, const std::string& value) {
    if (!value.empty()) out += "  " + PadRight(key, 9) + EscapeTerminal(value) + "\n";
  };
  add("version", cluster.version);
  add("id", cluster.id);
  add("lineage", cluster.lineage);
  add("serial", cluster.serial == 0 ? "never published" : std::to_string(cluster.serial));
  add("commit", cluster.commit);
  if (cluster.run) add("run", "unfinished, of " + cluster.run->actor + ": " + cluster.run->subject);
  if (!state.groups.empty()) out += "\n";
  for (const auto& [path, group] : state.groups) {
    const model::GroupRecord& record = group.record;
    if (record.current.revision.IsZero() && record.target.revision.IsZero() && group.LiveCount() == 0) continue;
    out += "  " + EscapeTerminal(path) + ": " + std::to_string(group.LiveCount()) + " of " +
           std::to_string(record.target.size) + " live, revision " + ShortRevision(record.target.revision);
    if (const auto* revision = group.Revision(record.target.revision))
      out += ", " + EscapeTerminal(revision->provider.name);
    if (record.target != record.current) {
      out += ", on the way from size " + std::to_string(record.current.size) + ", revision " +
             ShortRevision(record.current.revision);
    }
    out += "\n";
  }
  return out;
}

}  // namespace kadende::cli
