#include "lang/formatter.h"

#include <algorithm>

#include "engine/base/text.h"
#include "lang/keys.h"
#include "lang/layout.h"
#include "lang/values.h"

namespace kadende::lang {
namespace {

constexpr std::size_t kWidth = 120;

// What a mapping means, for the order of its keys.
struct Meaning {
  const Table* table = nullptr;  // its keys; null: the user's own names, in the user's order
  bool groups = false;           // a folder of groups
  const Table* items = nullptr;  // the mappings below (a list's items, or values by name) are of this table
};

bool IsGroupNode(const Node& node) {
  return std::any_of(node.members.begin(), node.members.end(), [](const Member& m) { return MarksGroup(m.key); });
}

Meaning MeaningBelow(const Meaning& meaning, const Entry& entry) {
  if (meaning.groups) return IsGroupNode(*entry.value) ? Meaning{&GroupTable()} : Meaning{nullptr, true};
  if (meaning.items != nullptr) return {meaning.items};
  const Key* key =
      meaning.table == nullptr || entry.member == nullptr ? nullptr : meaning.table->Find(entry.member->key);
  if (key == nullptr) return {};
  switch (key->type) {
    case ValueType::kTable:
    case ValueType::kDefaults:
      return {key->table};
    case ValueType::kTables:
    case ValueType::kNamedTables:
      return {nullptr, false, key->table};
    case ValueType::kGroups:
      return {nullptr, true};
    default:
      return {};
  }
}

std::size_t Rank(const Table& table, const Entry& entry) {
  const Key* key = entry.member == nullptr ? nullptr : table.Find(entry.member->key);
  return key == nullptr ? table.keys.size() : static_cast<std::size_t>(key - table.keys.data());
}

std::vector<const Entry*> InOrder(const Block& block, const Meaning& meaning) {
  std::vector<const Entry*> entries;
  for (const auto& entry : block.entries) entries.push_back(entry.get());
  if (meaning.table != nullptr) {
    std::stable_sort(entries.begin(), entries.end(), [&](const Entry* a, const Entry* b) {
      return Rank(*meaning.table, *a) < Rank(*meaning.table, *b);
    });
  }
  return entries;
}

class Writer {
 public:
  explicit Writer(const SourceText& source) : source_(source) {}

  std::string Write(const Layout& layout) {
    WriteNotes(layout.head, 0, false);
    if (!layout.head.empty() && !layout.root->entries.empty()) out_ += "\n";
    WriteBlock(*layout.root, {&ClusterTable()}, 0);
    return std::move(out_);
  }

 private:
  void WriteNotes(const std::vector<Note>& notes, std::size_t indent, bool blank_first) {
    for (std::size_t i = 0; i < notes.size(); ++i) {
      if (notes[i].blank_before && (i > 0 || blank_first)) out_ += "\n";
      out_.append(indent, ' ').append(notes[i].text).append("\n");
    }
  }

  // Every entry on lines of its own, starting at the beginning of a line.
  void WriteBlock(const Block& block, const Meaning& meaning, std::size_t indent) {
    const std::vector<const Entry*> entries = InOrder(block, meaning);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      WriteNotes(LeadOf(*entries[i]), indent, i > 0);
      if (entries[i]->blank_before && (i > 0 || !entries[i]->lead.empty())) out_ += "\n";
      out_.append(indent, ' ');
      WriteEntry(*entries[i], meaning, indent);
    }
    WriteNotes(block.foot, indent, !entries.empty());
  }

  // Comments behind a value of several lines: the last one stays, the others go above.
  static std::vector<Note> LeadOf(const Entry& entry) {
    std::vector<Note> lead = entry.lead;
    for (std::size_t i = 0; i + 1 < entry.trailing.size(); ++i) lead.push_back({entry.trailing[i].text});
    return lead;
  }

  // Ends the line, with its comment in the column that the author chose, where there is room.
  void EndLine(const Entry& entry) {
    if (!entry.trailing.empty()) {
      const Note& note = entry.trailing.back();
      const std::size_t line = out_.rfind('\n') + 1;  // npos + 1 is 0
      const int width = CountCharacters(std::string_view(out_).substr(line));
      out_.append(static_cast<std::size_t>(std::max(note.column - 1 - width, 2)), ' ').append(note.text);
    }
    out_ += "\n";
  }

  // From the key or dash on; the indentation is written already.
  void WriteEntry(const Entry& entry, const Meaning& meaning, std::size_t indent) {
    const std::string key = entry.member == nullptr ? "-" : Key(*entry.member) + ":";
    out_ += key;
    const Block* below = entry.below.get();
    if (below == nullptr) {
      WriteScalar(entry, indent);
      return;
    }
    const Meaning inner = MeaningBelow(meaning, entry);
    if (const auto line = OneLine(*below, inner, indent + key.size() + 1)) {
      out_ += " " + *line;
      EndLine(entry);
      return;
    }
    const bool compact = entry.member == nullptr && entry.trailing.empty() && StartsPlainly(*below, inner);
    if (compact) {
      out_ += " ";
      WriteCompact(*below, inner, indent + 2);
    } else {
      EndLine(entry);
      WriteBlock(*below, inner, indent + 2);
    }
  }

  static bool StartsPlainly(const Block& block, const Meaning& meaning) {
    const Entry& first = *InOrder(block, meaning).front();
    return LeadOf(first).empty();
  }

  // A block that begins behind a dash.
  void WriteCompact(const Block& block, const Meaning& meaning, std::size_t indent) {
    const std::size_t begin = out_.size();
    WriteBlock(block, meaning, indent);
    out_.erase(begin, indent);  // the first entry's indentation is the dash
  }

  void WriteScalar(const Entry& entry, std::size_t indent) {
    const Node& node = *entry.value;
    const bool block = node.quoted && node.offset < source_.bytes().size() &&
                       (source_.bytes()[node.offset] == '|' || source_.bytes()[node.offset] == '>');
    if (!block || !IsLiteral(node.text)) {
      out_ += " " + Scalar(node);
      EndLine(entry);
      return;
    }
    const bool ends = node.text.ends_with('\n');
    out_ += ends ? " |" : " |-";
    EndLine(entry);
    for (const std::string& line : base::Split(ends ? node.text.substr(0, node.text.size() - 1) : node.text, '\n')) {
      if (!line.empty()) out_.append(indent + 2, ' ').append(line);
      out_ += "\n";
    }
  }

  // Text that reads back from a block scalar as it is.
  static bool IsLiteral(std::string_view text) {
    if (text.empty() || text.front() == ' ' || text.front() == '\n' || text.front() == '\t') return false;
    if (text.ends_with("\n\n")) return false;
    return std::all_of(text.begin(), text.end(), [](char c) {
      const auto byte = static_cast<unsigned char>(c);
      return byte >= 0x20 ? byte != 0x7F : c == '\n' || c == '\t';
    });
  }

  static std::string Scalar(const Node& node) {
    if (node.IsNull()) return "null";
    const bool quote = node.quoted || node.text.find('\n') != std::string::npos;
    return quote ? base::QuoteJson(node.text) : node.text;
  }
  static std::string Key(const Member& member) {
    const bool quote = member.key_quoted || member.key.find('\n') != std::string::npos;
    return quote ? base::QuoteJson(member.key) : member.key;
  }

  // Brackets, where the author wrote brackets and they fit.
  std::optional<std::string> OneLine(const Block& block, const Meaning& meaning, std::size_t column) {
    const bool list = block.node->kind == NodeKind::kSequence;
    if (block.entries.empty() && block.foot.empty()) return list ? "[]" : "{}";
    if (!block.node->flow || block.has_comments) return std::nullopt;
    std::string line = Flow(block, meaning);
    const bool fits = column + static_cast<std::size_t>(CountCharacters(line)) <= kWidth;
    return fits || block.one_line ? std::optional(std::move(line)) : std::nullopt;
  }

  std::string Flow(const Block& block, const Meaning& meaning) {
    const bool list = block.node->kind == NodeKind::kSequence;
    std::string line = list ? "[" : "{";
    for (const Entry* entry : InOrder(block, meaning)) {
      if (line.size() > 1) line += ", ";
      if (entry->member != nullptr) line += Key(*entry->member) + ": ";
      line += entry->below ? Flow(*entry->below, MeaningBelow(meaning, *entry)) : Scalar(*entry->value);
    }
    return line + (list ? "]" : "}");
  }

  const SourceText& source_;
  std::string out_;
};

// Whether two trees hold the same values; the order of keys does not count.
bool SameValues(const Node& a, const Node& b) {
  if (a.kind != b.kind || a.text != b.text || a.items.size() != b.items.size()) return false;
  if (a.kind == NodeKind::kScalar && ClassifyScalar(a) != ClassifyScalar(b)) return false;
  if (a.members.size() != b.members.size()) return false;
  if (!std::equal(a.items.begin(), a.items.end(), b.items.begin(), SameValues)) return false;
  const auto sorted = [](const Node& node) {
    std::vector<const Member*> members;
    for (const Member& member : node.members) members.push_back(&member);
    std::sort(members.begin(), members.end(), [](const Member* x, const Member* y) { return x->key < y->key; });
    return members;
  };
  const auto left = sorted(a);
  const auto right = sorted(b);
  return std::equal(left.begin(), left.end(), right.begin(), [](const Member* x, const Member* y) {
    return x->key == y->key && SameValues(x->value, y->value);
  });
}

// The layout is made by rules of our own beside those of the YAML library. Where the two do not agree about a
// file, it is better left as it is.
bool Survived(const SourceText& before, const Node& root, const std::string& text) {
  const SourceText after(text, before.file());
  const Document document = ReadYaml(after);
  if (document.diagnostics.HasErrors() || !SameValues(root, document.root)) return false;
  std::vector<std::string> old_comments = ListComments(before, root);
  std::vector<std::string> new_comments = ListComments(after, document.root);
  std::sort(old_comments.begin(), old_comments.end());
  std::sort(new_comments.begin(), new_comments.end());
  return old_comments == new_comments;
}

}  // namespace

FormatResult Format(std::string_view bytes, std::string_view file) {
  FormatResult result;
  const SourceText source(bytes, file);
  Document document = ReadYaml(source);
  result.diagnostics = std::move(document.diagnostics);
  const Node& root = document.root;
  if (!result.diagnostics.HasErrors() && root.kind != NodeKind::kMapping) {
    result.diagnostics.Error({}, "a cluster is a mapping, but this is " + DescribeNode(root), {source.file()});
  }
  if (!result.diagnostics.HasErrors()) {
    result.text = Writer(source).Write(MakeLayout(source, root));
    if (!Survived(source, root, result.text)) {
      result.text.clear();
      result.diagnostics.Error({}, "this file cannot be formatted without losing a comment or a value", {source.file()},
                               "move comments to lines of their own, and multi-line values to `|`");
    }
  }
  result.diagnostics.Sort();
  source.FillExcerpts(&result.diagnostics);
  return result;
}

}  // namespace kadende::lang
