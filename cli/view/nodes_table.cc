#include "cli/view/nodes_table.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "cli/view/node_rows.h"
#include "cli/view/style.h"
#include "engine/base/json.h"
#include "engine/base/text.h"
#include "engine/model/policy_json.h"

namespace kadende::cli {
namespace {

using base::EscapeTerminal;

constexpr std::size_t kShortRevision = 12;
constexpr std::array<std::string_view, 7> kTitles = {"NODE",     "STATUS", "INSTANCE", "ADDRESS",
                                                     "REVISION", "AGE",    "NOTE"};
using Cells = std::array<std::string, kTitles.size()>;

std::string ShortRevision(const base::Digest& revision) {
  return revision.IsZero() ? std::string() : base::ToHex(revision).substr(0, kShortRevision);
}

Color ColorOf(const std::string& status) {
  if (status == "running" || status == "live") return Color::kGreen;
  if (status == "pending" || status == "leaving" || status == "unknown" || status == "terminating")
    return Color::kYellow;
  return status == "tombstone" ? Color::kDim : Color::kRed;
}

Cells CellsOf(const NodeRow& row, base::TimePoint now) {
  const model::NodeRecord& node = *row.node;
  return {EscapeTerminal(row.group) + "[" + EscapeTerminal(node.slot.Key()) + "]",
          row.status,
          EscapeTerminal(node.instance_id),
          EscapeTerminal(row.address),
          ShortRevision(node.revision),
          Age(node.created_at, now),
          EscapeTerminal(row.note)};
}

std::string Table(const std::vector<Cells>& rows, bool color) {
  std::array<std::size_t, kTitles.size()> widths{};
  for (std::size_t i = 0; i < kTitles.size(); ++i) widths[i] = kTitles[i].size();
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  }
  const auto line = [&](const auto& cells, bool body) {
    std::string out;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      std::string cell = i + 1 == cells.size() ? std::string(cells[i]) : PadRight(cells[i], widths[i] + 2);
      if (color && body && i == 1) cell = Paint(true, ColorOf(std::string(cells[i])), cell);
      out += cell;
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    return out + "\n";
  };
  std::string out = line(kTitles, false);
  for (const auto& row : rows) out += line(row, true);
  return out;
}

std::string Notes(const model::ClusterState& state, const plan::PriorView* view, const NodesTableOptions& options) {
  std::string out;
  for (const auto& note : GroupNotes(state, view, options)) out += EscapeTerminal(note) + "\n";
  return out;
}

}  // namespace

std::string NodesTable(const model::ClusterState& state, const plan::PriorView* view,
                       const NodesTableOptions& options) {
  std::vector<Cells> rows;
  for (const auto& row : NodeRows(state, view, options)) rows.push_back(CellsOf(row, options.now));
  const std::string notes = Notes(state, view, options);
  const std::string table = rows.empty() ? "No nodes.\n" : Table(rows, options.color);
  return notes.empty() ? table : table + "\n" + notes;
}

std::string NodesJson(const model::ClusterState& state, const plan::PriorView* view, const NodesTableOptions& options) {
  // Written piece by piece: a value per node would cost half a second at 100,000.
  std::string out = "{\"cluster\":" + base::QuoteJson(state.cluster.name) +
                    ",\"lineage\":" + base::QuoteJson(state.cluster.lineage) +
                    ",\"serial\":" + std::to_string(state.cluster.serial) + ",\"nodes\":[";
  bool first = true;
  for (const auto& row : NodeRows(state, view, options)) {
    const model::NodeRecord& node = *row.node;
    out += std::string(first ? "" : ",") + "{\"node\":" + base::QuoteJson(row.group + "[" + node.slot.Key() + "]") +
           ",\"group\":" + base::QuoteJson(row.group) + ",\"slot\":" + base::QuoteJson(node.slot.Key()) +
           ",\"incarnation\":" + std::to_string(node.incarnation) + ",\"status\":" + base::QuoteJson(row.status) +
           ",\"tainted\":" + (node.tainted ? "true" : "false");
    const auto add = [&out](const char* key, const std::string& value) {
      if (!value.empty()) out += std::string(",\"") + key + "\":" + base::QuoteJson(value);
    };
    add("instance", node.instance_id);
    add("address", row.address);
    add("revision", node.revision.IsZero() ? std::string() : base::ToHex(node.revision));
    if (node.created_at != base::TimePoint{}) add("createdAt", base::FormatRfc3339(node.created_at, true));
    add("note", row.note);
    if (node.attributes != "{}" && !node.attributes.empty()) out += ",\"attributes\":" + node.attributes;
    out += "}";
    first = false;
  }
  out += "],\"notes\":[";
  first = true;
  for (const auto& note : GroupNotes(state, view, options)) {
    out += (first ? "" : ",") + base::QuoteJson(note);
    first = false;
  }
  return out + "]}\n";
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
