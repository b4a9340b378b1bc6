#include "lang/comments.h"

#include <algorithm>

namespace kadende::lang {
namespace {

std::size_t Indent(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

class Scanner {
 public:
  Scanner(const SourceText& source, const Node& root) : source_(source), bytes_(source.bytes()) { Collect(root, 0); }

  Scan Run() {
    std::sort(scan_.opaque.begin(), scan_.opaque.end(), [](const Span& a, const Span& b) { return a.begin < b.begin; });
    std::sort(flows_.begin(), flows_.end());
    std::size_t span = 0;
    std::size_t flow = 0;
    for (std::size_t at = 0; at < bytes_.size();) {
      if (span < scan_.opaque.size() && at == scan_.opaque[span].begin) {
        at = std::max(scan_.opaque[span++].end, at + 1);
        continue;
      }
      at = Step(at, &flow);
    }
    std::sort(scan_.comments.begin(), scan_.comments.end(),
              [](const Comment& a, const Comment& b) { return a.offset < b.offset; });
    return std::move(scan_);
  }

 private:
  std::size_t Step(std::size_t at, std::size_t* flow) {
    const char c = bytes_[at];
    if (*flow < flows_.size() && at == flows_[*flow]) {
      open_.push_back(at);
      ++*flow;
    } else if ((c == ']' || c == '}') && !open_.empty()) {
      scan_.flow_end[open_.back()] = at;
      open_.pop_back();
    } else if (c == '#' && (at == 0 || std::string_view(" \t\n").find(bytes_[at - 1]) != std::string_view::npos)) {
      return AddComment(at);
    }
    return at + 1;
  }

  std::size_t AddComment(std::size_t at) {
    Comment comment;
    const Place place = source_.PlaceOf(at, 1);
    comment.offset = at;
    comment.line = place.line;
    comment.column = place.column;
    const std::size_t end = std::min(bytes_.find('\n', at), bytes_.size());
    std::string_view text = bytes_.substr(at, end - at);
    while (!text.empty() && std::string_view(" \t\r").find(text.back()) != std::string_view::npos)
      text.remove_suffix(1);
    comment.text = text;
    const std::size_t start = source_.LineStart(place.line);
    comment.own_line = IsBlank(bytes_.substr(start, at - start));
    comment.blank_before = comment.own_line && place.line > 1 && IsBlank(source_.Line(place.line - 1));
    comment.inside = open_;
    scan_.comments.push_back(std::move(comment));
    return end;
  }

  void Collect(const Node& node, std::size_t indent) {
    switch (node.kind) {
      case NodeKind::kNull:
        return;
      case NodeKind::kScalar:
        CollectScalar(node.offset, node.quoted, indent);
        return;
      case NodeKind::kSequence:
      case NodeKind::kMapping:
        break;
    }
    // A single pair inside a list (`[a: b]`) is a mapping without a bracket of its own.
    if (node.flow && (bytes_[node.offset] == '[' || bytes_[node.offset] == '{')) flows_.push_back(node.offset);
    const auto own = static_cast<std::size_t>(node.place.column - 1);
    for (const Node& item : node.items) Collect(item, own);
    for (const Member& member : node.members) {
      CollectScalar(member.key_offset, member.key_quoted, own);
      Collect(member.value, own);
    }
  }

  void CollectScalar(std::size_t offset, bool quoted, std::size_t indent) {
    if (!quoted || offset >= bytes_.size()) return;
    const char first = bytes_[offset];
    if (first == '"' || first == '\'') {
      scan_.opaque.push_back({offset, QuotedEnd(offset)});
    } else if (first == '|' || first == '>') {
      scan_.opaque.push_back({offset, BlockEnd(offset, indent)});
    }
  }

  std::size_t QuotedEnd(std::size_t offset) const {
    const char quote = bytes_[offset];
    std::size_t at = offset + 1;
    for (; at < bytes_.size(); ++at) {
      if (quote == '"' && bytes_[at] == '\\') {
        ++at;
      } else if (bytes_[at] == quote) {
        const bool doubled = quote == '\'' && at + 1 < bytes_.size() && bytes_[at + 1] == quote;
        if (!doubled) return at + 1;
        ++at;
      }
    }
    return bytes_.size();
  }

  // Also notes the comment behind the scalar's indicator, because the scan skips it.
  std::size_t BlockEnd(std::size_t offset, std::size_t indent) {
    const int header = source_.LineOf(offset);
    const std::size_t line_end = std::min(bytes_.find('\n', offset), bytes_.size());
    const std::string_view rest = bytes_.substr(offset, line_end - offset);
    const std::size_t hash = rest.find('#');
    if (hash != std::string_view::npos) AddComment(offset + hash);
    const std::size_t digit = rest.substr(0, hash).find_first_of("123456789");
    std::size_t content = 0;
    if (digit != std::string_view::npos) content = indent + static_cast<std::size_t>(rest[digit] - '0');
    const auto lines = static_cast<int>(source_.LineCount());
    for (int line = header + 1; line <= lines; ++line) {
      const std::string_view text = source_.Line(line);
      if (IsBlank(text)) continue;
      if (content == 0) content = std::max(Indent(text), std::size_t{1});
      // Text of a block scalar stands to the right of what holds it; the root's has indentation 0.
      if (Indent(text) < content || Indent(text) <= indent) return source_.LineStart(line);
    }
    return bytes_.size();
  }

  const SourceText& source_;
  std::string_view bytes_;
  Scan scan_;
  std::vector<std::size_t> flows_;
  std::vector<std::size_t> open_;
};

}  // namespace

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

Scan ScanComments(const SourceText& source, const Node& root) {
  return Scanner(source, root).Run();
}

}  // namespace kadende::lang
