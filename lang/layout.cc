#include "lang/layout.h"

#include <algorithm>
#include <map>

#include "lang/comments.h"

namespace kadende::lang {
namespace {

class LayoutMaker {
 public:
  LayoutMaker(const SourceText& source, const Node& root) : source_(source), scan_(ScanComments(source, root)) {
    layout_.root = MakeBlock(root, nullptr);
  }

  Layout Make() {
    layout_.comments = scan_.comments.size();
    for (const Comment& comment : scan_.comments) Attach(comment);
    MoveHead();
    return std::move(layout_);
  }

 private:
  std::unique_ptr<Block> MakeBlock(const Node& node, Entry* owner) {
    auto block = std::make_unique<Block>();
    block->node = &node;
    block->owner = owner;
    if (const auto end = scan_.flow_end.find(node.offset); node.flow && end != scan_.flow_end.end()) {
      block->flow_end = end->second;
      block->one_line = source_.LineOf(node.offset) == source_.LineOf(end->second);
    }
    blocks_.emplace(node.offset, block.get());
    const std::vector<std::size_t> dashes = node.flow ? std::vector<std::size_t>() : FindDashes(node);
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const Node& item = node.items[i];
      AddEntry(block.get(), nullptr, item, i < dashes.size() ? dashes[i] : item.offset);
    }
    for (const Member& member : node.members) AddEntry(block.get(), &member, member.value, member.key_offset);
    return block;
  }

  void AddEntry(Block* block, const Member* member, const Node& value, std::size_t start) {
    auto entry = std::make_unique<Entry>();
    entry->member = member;
    entry->value = &value;
    entry->start = start;
    entry->parent = block;
    const int line = source_.LineOf(start);
    const std::size_t line_start = source_.LineStart(line);
    const bool first_on_line = IsBlank(source_.bytes().substr(line_start, start - line_start));
    entry->blank_before = first_on_line && line > 1 && IsBlank(source_.Line(line - 1));
    entries_.push_back(entry.get());
    if (value.kind == NodeKind::kMapping || value.kind == NodeKind::kSequence) {
      entry->below = MakeBlock(value, entry.get());
    }
    block->entries.push_back(std::move(entry));
  }

  // The reader gives the place of an item's value and of the first dash. The other dashes are the first thing on their
  // lines, in the same column.
  std::vector<std::size_t> FindDashes(const Node& list) const {
    std::vector<std::size_t> dashes;
    if (list.items.empty()) return dashes;
    dashes.push_back(list.offset);
    const auto indent = static_cast<std::size_t>(list.place.column - 1);
    const auto lines = static_cast<int>(source_.LineCount());
    for (int line = list.place.line + 1; line <= lines && dashes.size() < list.items.size(); ++line) {
      const std::string_view text = source_.Line(line);
      const bool dash = text.find_first_not_of(' ') == indent && text[indent] == '-' &&
                        (text.size() == indent + 1 || text[indent + 1] == ' ' || text[indent + 1] == '\t');
      if (dash && !IsOpaque(source_.LineStart(line))) dashes.push_back(source_.LineStart(line) + indent);
    }
    return dashes;
  }

  bool IsOpaque(std::size_t offset) const {
    auto span = std::upper_bound(scan_.opaque.begin(), scan_.opaque.end(), offset,
                                 [](std::size_t at, const Span& s) { return at < s.begin; });
    return span != scan_.opaque.begin() && offset < (--span)->end;
  }

  void Attach(const Comment& comment) {
    for (const std::size_t bracket : comment.inside) {
      if (const auto block = blocks_.find(bracket); block != blocks_.end()) block->second->has_comments = true;
    }
    const auto next = std::upper_bound(entries_.begin(), entries_.end(), comment.offset,
                                       [](std::size_t at, const Entry* entry) { return at < entry->start; });
    Entry* after = next == entries_.end() ? nullptr : *next;
    Entry* before = next == entries_.begin() ? nullptr : *(next - 1);
    if (comment.own_line || before == nullptr) {
      AttachLine(comment, before, after);
    } else {
      Owner(before, comment.offset)->trailing.push_back({comment.text, false, comment.column});
    }
  }

  // Out of brackets that are closed already.
  static Entry* Owner(Entry* entry, std::size_t offset) {
    while (entry->parent->owner != nullptr && entry->parent->node->flow && entry->parent->flow_end < offset) {
      entry = entry->parent->owner;
    }
    return entry;
  }

  void AttachLine(const Comment& comment, Entry* before, Entry* after) {
    const Note note{comment.text, comment.blank_before, comment.column};
    if (!comment.inside.empty()) {
      const auto block = blocks_.find(comment.inside.back());
      if (block != blocks_.end() && (after == nullptr || after->start > block->second->flow_end)) {
        block->second->foot.push_back(note);
        return;
      }
    } else if (Block* block = FootOf(comment, before, after)) {
      block->foot.push_back(note);
      return;
    }
    after->lead.push_back(note);
  }

  // The block whose end the comment stands at, judged by its column; null where it belongs to what follows.
  Block* FootOf(const Comment& comment, Entry* before, const Entry* after) const {
    if (before == nullptr && after == nullptr) return layout_.root.get();
    if (before == nullptr) return nullptr;
    const int follows = after == nullptr ? 0 : after->parent->node->place.column;
    for (Block* block = Owner(before, comment.offset)->parent; block != nullptr;
         block = block->owner == nullptr ? nullptr : block->owner->parent) {
      const int column = block->node->place.column;
      if (after != nullptr && (column <= follows || block == after->parent)) return nullptr;
      if (column <= comment.column || block->owner == nullptr) return block;
    }
    return nullptr;
  }

  // A comment at the top with an empty line behind it is about the file, not about the first key.
  void MoveHead() {
    if (layout_.root->entries.empty()) return;
    Entry& first = *layout_.root->entries.front();
    std::size_t count = first.blank_before ? first.lead.size() : 0;
    for (std::size_t i = first.lead.size(); count == 0 && i > 1; --i) {
      if (first.lead[i - 1].blank_before) count = i - 1;
    }
    const auto end = first.lead.begin() + static_cast<std::ptrdiff_t>(count);
    layout_.head.assign(first.lead.begin(), end);
    first.lead.erase(first.lead.begin(), end);
    if (layout_.head.empty()) return;
    // The empty line belongs to the head now, and must not follow the key to another place.
    (first.lead.empty() ? first.blank_before : first.lead.front().blank_before) = false;
  }

  const SourceText& source_;
  Scan scan_;
  Layout layout_;
  std::vector<Entry*> entries_;           // by start
  std::map<std::size_t, Block*> blocks_;  // by the node's offset; brackets are unique
};

}  // namespace

Layout MakeLayout(const SourceText& source, const Node& root) {
  return LayoutMaker(source, root).Make();
}

std::vector<std::string> ListComments(const SourceText& source, const Node& root) {
  std::vector<std::string> texts;
  for (Comment& comment : ScanComments(source, root).comments) texts.push_back(std::move(comment.text));
  return texts;
}

}  // namespace kadende::lang
