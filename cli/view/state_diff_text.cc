#include "cli/view/state_diff_text.h"

#include <algorithm>

#include "cli/view/first_properties.h"
#include "cli/view/json_writer.h"
#include "cli/view/plan_text.h"
#include "cli/view/style.h"
#include "engine/base/text.h"

namespace kadende::cli {
namespace {

using base::EscapeTerminal;
using model::NodeRecord;

constexpr std::size_t kPropertyLimit = 40;
constexpr std::size_t kValueCells = 120;
constexpr std::size_t kShortRevision = 12;

Color ColorOf(NodeDiffKind kind) {
  if (kind == NodeDiffKind::kAdded) return Color::kGreen;
  return kind == NodeDiffKind::kChanged ? Color::kYellow : Color::kRed;
}

std::string_view SignOf(NodeDiffKind kind) {
  switch (kind) {
    case NodeDiffKind::kAdded:
      return "+";
    case NodeDiffKind::kReplaced:
      return "-/+";
    case NodeDiffKind::kChanged:
      return "~";
    case NodeDiffKind::kRemoved:
      return "-";
  }
  return "";
}

std::string Or(const std::string& text, std::string_view otherwise) {
  return text.empty() ? std::string(otherwise) : EscapeTerminal(text);
}

// "a -> b", or `a` where both are the same.
std::string Arrow(const std::string& before, const std::string& after) {
  return before == after ? after : before + " -> " + after;
}

std::string RevisionOf(const NodeRecord& node) {
  return node.revision.IsZero() ? "none" : base::ToHex(node.revision).substr(0, kShortRevision);
}

std::string TaintOf(const NodeRecord& node) {
  if (!node.tainted) return "no";
  return node.taint_reason.empty() ? "yes" : "yes (" + EscapeTerminal(node.taint_reason) + ")";
}

class Writer {
 public:
  Writer(const VersionsCompared& versions, const StateDiff& diff, const StateDiffTextOptions& options)
      : versions_(versions), diff_(diff), options_(options) {}

  std::string Write() {
    Version("from  ", versions_.before.commit);
    Version("to    ", versions_.after.commit);
    Line("");
    for (const FieldChange& change : diff_.header) Field("", change);
    if (!diff_.header.empty()) Line("");
    for (const GroupDiff& group : diff_.groups) Group(group);
    Spec();
    out_ += Paint(options_.color, Color::kBold, StateDiffSummary(diff_, !versions_.spec_diff.empty())) + "\n";
    return std::move(out_);
  }

 private:
  void Line(const std::string& text) { out_ += text + "\n"; }
  void Painted(Color color, const std::string& text) { Line(Paint(options_.color, color, text)); }

  void Version(const std::string& title, const ports::CommitSummary& commit) {
    LogTextOptions log;
    log.color = options_.color;
    log.now = options_.now;
    Line(title + CommitHeading(commit, log) + ": " + EscapeTerminal(commit.subject));
  }

  [[nodiscard]] std::string Value(const std::string& value) const {
    return EscapeTerminal(options_.verbose ? value : CutValue(value, kValueCells));
  }

  void Field(const std::string& indent, const FieldChange& change) {
    const std::string path = EscapeTerminal(change.path) + ": ";
    if (change.before.empty()) {
      Line(indent + Paint(options_.color, Color::kGreen, "+") + " " + path + Value(change.after));
    } else if (change.after.empty()) {
      Line(indent + Paint(options_.color, Color::kRed, "-") + " " + path + Value(change.before));
    } else {
      Line(indent + Paint(options_.color, Color::kYellow, "~") + " " + path + EscapeTerminal(change.before) + " -> " +
           EscapeTerminal(change.after));
    }
  }

  void Group(const GroupDiff& group) {
    std::string header = EscapeTerminal(group.path);
    if (group.before == nullptr) header += " (new group)";
    if (group.after == nullptr) header += " (removed)";
    if (!group.moved_from.empty()) header += " (was " + EscapeTerminal(group.moved_from) + ")";
    header += ": size " + Arrow(std::to_string(group.SizeBefore()), std::to_string(group.SizeAfter()));
    Painted(Color::kBold, header);
    const std::size_t shown = options_.verbose ? group.fields.size() : std::min(kPropertyLimit, group.fields.size());
    for (std::size_t i = 0; i < shown; ++i) Field("  ", group.fields[i]);
    if (shown < group.fields.size()) {
      Line("  and " + base::Count(group.fields.size() - shown, "more property", "more properties"));
    }
    for (const std::string& change : group.settings) {
      Line("  " + Paint(options_.color, Color::kYellow, "~") + " " + EscapeTerminal(change));
    }
    for (const model::Hold& hold : group.holds_lifted) Hold(group, Color::kRed, "-", hold);
    for (const model::Hold& hold : group.holds_set) Hold(group, Color::kGreen, "+", hold);
    Nodes(group);
    Line("");
  }

  void Hold(const GroupDiff& group, Color color, const char* sign, const model::Hold& hold) {
    std::string text = "  " + Paint(options_.color, color, sign) + " hold of " + EscapeTerminal(group.path);
    if (!hold.slot_key.empty()) text += "[" + EscapeTerminal(hold.slot_key) + "]";
    if (!hold.owner.empty()) text += " by " + EscapeTerminal(hold.owner);
    if (!hold.reason.empty()) text += ": " + EscapeTerminal(hold.reason);
    Line(text);
  }

  void Nodes(const GroupDiff& group) {
    const std::size_t all = group.nodes.size();
    const std::size_t limit = options_.verbose ? all : options_.per_group_limit;
    // One more line than the limit is not worth a cut.
    const std::size_t shown = all <= limit + 1 ? all : limit;
    for (std::size_t i = 0; i < shown; ++i) Node(group, group.nodes[i]);
    std::map<NodeDiffKind, std::vector<model::Slot>> rest;
    for (std::size_t i = shown; i < all; ++i) {
      const NodeDiff& node = group.nodes[i];
      rest[node.kind].push_back(node.after != nullptr ? node.after->slot : node.before->slot);
    }
    for (const auto& [kind, slots] : rest) {
      Painted(ColorOf(kind), "  " + std::string(SignOf(kind)) + " and " + base::GroupDigits(slots.size()) + " more " +
                                 std::string(NodeDiffName(kind)) + ": " +
                                 EscapeTerminal(Shorten(SlotRange(slots), 60)));
    }
  }

  void Node(const GroupDiff& group, const NodeDiff& node) {
    const NodeRecord& either = node.after != nullptr ? *node.after : *node.before;
    std::string text = "  " + std::string(SignOf(node.kind)) + " " +
                       EscapeTerminal(model::NodeAddress{group.path, either.slot}.Display()) + "  ";
    switch (node.kind) {
      case NodeDiffKind::kAdded:
      case NodeDiffKind::kRemoved:
        text += Or(either.instance_id, "no instance");
        if (!either.address.empty()) text += "  " + EscapeTerminal(either.address);
        break;
      case NodeDiffKind::kReplaced:
        text += Arrow(Or(node.before->instance_id, "none"), Or(either.instance_id, "none"));
        if (node.before->address != either.address) {
          text += "  " + Arrow(Or(node.before->address, "no address"), Or(either.address, "no address"));
        }
        if (node.before->revision != either.revision) {
          text += "  revision " + Arrow(RevisionOf(*node.before), RevisionOf(either));
        }
        break;
      case NodeDiffKind::kChanged:
        text += Changes(*node.before, either);
        break;
    }
    if (node.leaving) text += "  (the old instance is still to be destroyed)";
    Painted(ColorOf(node.kind), text);
  }

  static std::string Changes(const NodeRecord& before, const NodeRecord& after) {
    std::vector<std::string> parts;
    const auto add = [&parts](const char* what, const std::string& from, const std::string& to) {
      if (from != to) parts.push_back(what + (": " + from) + " -> " + to);
    };
    add("instance", Or(before.instance_id, "none"), Or(after.instance_id, "none"));
    add("address", Or(before.address, "none"), Or(after.address, "none"));
    add("revision", RevisionOf(before), RevisionOf(after));
    add("tainted", TaintOf(before), TaintOf(after));
    add("attributes", EscapeTerminal(before.attributes), EscapeTerminal(after.attributes));
    return base::Join(parts, "; ");
  }

  void Spec() {
    if (versions_.spec_diff.empty()) return;
    std::string_view rest = versions_.spec_diff;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string line = EscapeTerminal(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      Color color = Color::kNone;
      if (line.starts_with("@@")) color = Color::kCyan;
      if (line.starts_with("+")) color = Color::kGreen;
      if (line.starts_with("-")) color = Color::kRed;
      if (line.starts_with("+++") || line.starts_with("---")) color = Color::kBold;
      Painted(color, line);
    }
    Line("");
  }

  const VersionsCompared& versions_;
  const StateDiff& diff_;
  const StateDiffTextOptions& options_;
  std::string out_;
};

class Document {
 public:
  Document(const VersionsCompared& versions, const StateDiff& diff, const Sink& sink)
      : versions_(versions), diff_(diff), json_(sink) {}

  void Write() {
    json_.BeginObject();
    json_.RawField("from", CommitJson(versions_.before.commit));
    json_.RawField("to", CommitJson(versions_.after.commit));
    json_.Key("counts");
    json_.BeginObject();
    json_.Field("added", diff_.added);
    json_.Field("replaced", diff_.replaced);
    json_.Field("changed", diff_.changed);
    json_.Field("removed", diff_.removed);
    json_.EndObject();
    Fields("header", diff_.header);
    json_.Key("groups");
    json_.BeginArray();
    for (const GroupDiff& group : diff_.groups) Group(group);
    json_.EndArray();
    json_.OptionalField("spec", versions_.spec_diff);
    json_.EndObject();
    json_.Finish();
  }

 private:
  void Fields(std::string_view key, const std::vector<FieldChange>& fields) {
    json_.Key(key);
    json_.BeginArray();
    for (const FieldChange& change : fields) {
      json_.BeginObject();
      json_.Field("path", change.path);
      if (!change.before.empty()) json_.RawField("before", change.before);
      if (!change.after.empty()) json_.RawField("after", change.after);
      json_.EndObject();
    }
    json_.EndArray();
  }

  void Group(const GroupDiff& group) {
    json_.BeginObject();
    json_.Field("group", group.path);
    json_.OptionalField("movedFrom", group.moved_from);
    if (group.before == nullptr) json_.Field("new", true);
    if (group.after == nullptr) json_.Field("removed", true);
    json_.Field("sizeBefore", group.SizeBefore());
    json_.Field("sizeAfter", group.SizeAfter());
    Fields("fields", group.fields);
    json_.Strings("settings", group.settings);
    Holds("holdsSet", group.holds_set);
    Holds("holdsLifted", group.holds_lifted);
    json_.Key("nodes");
    json_.BeginArray();
    for (const NodeDiff& node : group.nodes) Node(group, node);
    json_.EndArray();
    json_.EndObject();
  }

  void Holds(std::string_view key, const std::vector<model::Hold>& holds) {
    if (holds.empty()) return;
    json_.Key(key);
    json_.BeginArray();
    for (const model::Hold& hold : holds) {
      json_.BeginObject();
      json_.OptionalField("slot", hold.slot_key);
      json_.OptionalField("owner", hold.owner);
      json_.OptionalField("reason", hold.reason);
      json_.EndObject();
    }
    json_.EndArray();
  }

  void Node(const GroupDiff& group, const NodeDiff& node) {
    const NodeRecord& either = node.after != nullptr ? *node.after : *node.before;
    json_.BeginObject();
    json_.Field("node", model::NodeAddress{group.path, either.slot}.Display());
    json_.Field("slot", either.slot.Key());
    json_.Field("change", NodeDiffName(node.kind));
    if (node.leaving) json_.Field("leaving", true);
    Row("before", node.before);
    Row("after", node.after);
    json_.EndObject();
  }

  void Row(std::string_view key, const NodeRecord* node) {
    if (node == nullptr) return;
    json_.Key(key);
    json_.BeginObject();
    json_.Field("incarnation", node->incarnation);
    json_.OptionalField("instance", node->instance_id);
    json_.OptionalField("address", node->address);
    if (!node->revision.IsZero()) json_.Field("revision", base::ToHex(node->revision));
    json_.Field("tainted", node->tainted);
    json_.OptionalField("taintReason", node->taint_reason);
    json_.EndObject();
  }

  const VersionsCompared& versions_;
  const StateDiff& diff_;
  JsonWriter json_;
};

}  // namespace

std::string StateDiffSummary(const StateDiff& diff, bool spec_changed) {
  if (diff.IsEmpty()) {
    return spec_changed ? "Nodes and groups are the same; the file reads differently." : "No differences.";
  }
  std::string text = base::Count(diff.added, "node") + " added, " + std::to_string(diff.replaced) + " replaced, " +
                     std::to_string(diff.changed) + " changed, " + std::to_string(diff.removed) + " removed";
  return text + (spec_changed ? "; the file changed." : "; the file is the same.");
}

std::string StateDiffText(const VersionsCompared& versions, const StateDiffTextOptions& options) {
  const StateDiff diff = CompareStates(versions.before.state, versions.after.state);
  return Writer(versions, diff, options).Write();
}

std::string StateDiffJson(const VersionsCompared& versions) {
  std::string text;
  const Sink sink = [&text](std::string_view piece) { text.append(piece); };
  const StateDiff diff = CompareStates(versions.before.state, versions.after.state);
  Document(versions, diff, sink).Write();
  return text;
}

}  // namespace kadende::cli
