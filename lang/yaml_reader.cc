#include "lang/yaml_reader.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <numeric>
#include <streambuf>

namespace kadende::lang {
namespace {

// Ends the reading; the diagnostic is already there.
struct Stop {};

constexpr std::size_t kMaxProblems = 100;

// A read-only stream over bytes, without the copy that std::istringstream would make.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view bytes) {
    char* begin = const_cast<char*>(bytes.data());  // NOLINT: a get area is never written
    setg(begin, begin, begin + bytes.size());
  }
};

// Positions of offsets that mostly rise: counts on from the last one, so a long line is not counted again and again.
class Cursor {
 public:
  explicit Cursor(const SourceText& source) : source_(source) {}

  Place At(std::size_t offset) {
    const std::string_view bytes = source_.bytes();
    offset = std::min(offset, bytes.size());
    if (offset < offset_) {
      offset_ = 0;
      line_ = column_ = 1;
    }
    for (; offset_ < offset; ++offset_) {
      const char c = bytes[offset_];
      if (c == '\n') {
        ++line_;
        column_ = 1;
      } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
        ++column_;
      }
    }
    return {line_, column_, 1};
  }

 private:
  const SourceText& source_;
  std::size_t offset_ = 0;
  int line_ = 1;
  int column_ = 1;
};

// Characters to underline for a scalar that starts at `offset`.
int ScalarLength(std::string_view bytes, std::size_t offset, const std::string& text, bool quoted) {
  if (!quoted && bytes.substr(offset, text.size()) == text) return std::max(1, CountCharacters(text));
  if (offset >= bytes.size()) return 1;
  const std::size_t line_end = std::min(bytes.find('\n', offset), bytes.size());
  const char quote = bytes[offset];
  if (quote != '"' && quote != '\'') return 1;  // block scalar, or a plain one over several lines
  std::size_t end = offset + 1;
  while (end < line_end && bytes[end] != quote) end += (quote == '"' && bytes[end] == '\\') ? 2U : 1U;
  return CountCharacters(bytes.substr(offset, std::min(end + 1, line_end) - offset));
}

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const SourceText& source, Document* document) : source_(source), document_(*document), cursor_(source) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 1) return;
    Problem("a second document starts here", Offset(mark), "a file is one cluster: put further ones into files");
    throw Stop{};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    Begin(&node, NodeKind::kNull, mark, {}, anchor);
    Add(std::move(node));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    Problem("aliases (`*name`) are not part of the language", Offset(mark),
            "repeat the value, or use `defaults` or `variables`");
    Node node;
    Begin(&node, NodeKind::kNull, mark, {}, YAML::NullAnchor);
    Add(std::move(node));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node;
    Begin(&node, NodeKind::kScalar, mark, tag, anchor);
    node.quoted = tag == "!";
    node.text = value;
    node.place.length = ScalarLength(source_.bytes(), node.offset, value, node.quoted);
    Add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    Open(NodeKind::kSequence, mark, tag, anchor, style);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    Open(NodeKind::kMapping, mark, tag, anchor, style);
  }
  void OnMapEnd() override {
    FindDuplicates(open_.back().node);
    Close();
  }

  void Problem(std::string message, std::size_t offset, std::string remedy = {}) {
    if (document_.diagnostics.items().size() >= kMaxProblems) throw Stop{};
    document_.diagnostics.Error({}, std::move(message), source_.Range(source_.PlaceOf(offset, 1)), std::move(remedy));
  }

 private:
  struct Frame {
    Node node;
    bool has_key = false;  // a mapping's key was read, its value comes next
    Member member;
  };

  static std::size_t Offset(const YAML::Mark& mark) { return mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos); }

  void Begin(Node* node, NodeKind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    node->kind = kind;
    node->offset = static_cast<std::uint32_t>(std::min(Offset(mark), source_.bytes().size()));
    node->place = cursor_.At(node->offset);
    if (++nodes_ > kMaxNodes) {
      Problem("the file has more than " + std::to_string(kMaxNodes) + " values", node->offset,
              "many equal nodes are one group with a `size`, not many entries");
      throw Stop{};
    }
    const std::string_view rest = source_.bytes().substr(node->offset);
    const bool tagged = (!tag.empty() && tag != "?" && tag != "!") || rest.starts_with('!');
    if (anchor != YAML::NullAnchor) {
      Problem("anchors (`&name`) are not part of the language", node->offset, "use `defaults` or `variables`");
    } else if (tagged) {
      Problem("tags (`!type`) are not part of the language", node->offset, "write quotes to make a value text");
    }
  }

  void Open(NodeKind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YAML::EmitterStyle::value style) {
    Frame frame;
    Begin(&frame.node, kind, mark, tag, anchor);
    frame.node.flow = style == YAML::EmitterStyle::Flow;
    if (open_.size() >= kMaxDepth) {
      document_.too_deep = true;
      Problem("nested more than " + std::to_string(kMaxDepth) + " levels deep", frame.node.offset);
      throw Stop{};
    }
    open_.push_back(std::move(frame));
  }

  void Close() {
    Node node = std::move(open_.back().node);
    open_.pop_back();
    Add(std::move(node));
  }

  void Add(Node node) {
    if (open_.empty()) {
      document_.root = std::move(node);
      return;
    }
    Frame& parent = open_.back();
    if (parent.node.kind == NodeKind::kSequence) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.has_key) {
      SetKey(&parent, std::move(node));
    } else {
      parent.member.value = std::move(node);
      parent.node.members.push_back(std::move(parent.member));
      parent.member = {};
      parent.has_key = false;
    }
  }

  void SetKey(Frame* frame, Node key) {
    if (key.kind == NodeKind::kSequence || key.kind == NodeKind::kMapping) {
      Problem("a key must be text", key.offset, "write quotes around the key");
    } else if (key.kind == NodeKind::kNull) {
      Problem("a key is missing", key.offset, "write quotes around the key to name it `~` or `null`");
    } else if (key.text == "<<" && !key.quoted) {
      Problem("merge keys (`<<`) are not part of the language", key.offset, "use `defaults`");
    }
    frame->member.key = std::move(key.text);
    frame->member.key_quoted = key.quoted;
    frame->member.key_offset = key.offset;
    frame->member.key_place = key.place;
    frame->has_key = true;
  }

  void FindDuplicates(const Node& mapping) {
    std::vector<std::uint32_t> order(mapping.members.size());
    std::iota(order.begin(), order.end(), 0U);
    const auto& members = mapping.members;
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      const int compared = members[a].key.compare(members[b].key);
      return compared != 0 ? compared < 0 : a < b;
    });
    for (std::size_t i = 1; i < order.size(); ++i) {
      const Member& first = members[order[i - 1]];
      const Member& second = members[order[i]];
      if (first.key != second.key || second.key.empty()) continue;
      if (document_.diagnostics.items().size() >= kMaxProblems) throw Stop{};
      document_.diagnostics.Error(
          {}, "duplicate key `" + second.key + "`: it is in line " + std::to_string(first.key_place.line) + " already",
          source_.Range(second.key_place));
    }
  }

  const SourceText& source_;
  Document& document_;
  Cursor cursor_;
  std::vector<Frame> open_;
  std::size_t nodes_ = 0;
  int documents_ = 0;
};

// Where more brackets than allowed are open, as far as that can be told from bytes alone: brackets in quotes, comments
// and block scalars are counted, too. The size of the file where it never is.
std::size_t TooDeep(std::string_view bytes) {
  std::size_t open = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const char c = bytes[at];
    if (c == '[' || c == '{') {
      if (++open > kMaxDepth) return at + 1;
    } else if ((c == ']' || c == '}') && open > 0) {
      --open;
    }
  }
  return bytes.size();
}

Document Build(const SourceText& source, std::string_view bytes) {
  Document document;
  TreeBuilder builder(source, &document);
  ViewBuffer buffer(bytes);
  std::istream stream(&buffer);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop&) {
    // Already reported.
  } catch (const YAML::Exception& problem) {
    const auto offset = problem.mark.pos < 0 ? std::size_t{0} : static_cast<std::size_t>(problem.mark.pos);
    document.diagnostics.Error({}, "not valid YAML: " + problem.msg, source.Range(source.PlaceOf(offset, 1)));
  } catch (const std::exception& problem) {
    document.diagnostics.Error({}, std::string("not readable as YAML: ") + problem.what(), {source.file()});
  }
  return document;
}

}  // namespace

const Member* Node::Find(std::string_view key) const {
  const auto found = std::find_if(members.begin(), members.end(), [&](const Member& m) { return m.key == key; });
  return found == members.end() ? nullptr : &*found;
}

const Place& Member::Where() const {
  return value.kind == NodeKind::kScalar ? value.place : key_place;
}

Document ReadYaml(const SourceText& source) {
  Document document;
  if (auto problem = source.FindUnreadable()) {
    document.diagnostics.Add(std::move(*problem));
    return document;
  }
  if (const std::size_t end = TooDeep(source.bytes()); end < source.bytes().size()) {
    // yaml-cpp reads a flow collection to its end before it says anything. Of a file that looks too deep, the part that
    // does is enough to know; where it was text after all, the file is read as any other.
    Document part = Build(source, source.bytes().substr(0, end));
    if (part.too_deep) return part;
  }
  return Build(source, source.bytes());
}

std::string DescribeNode(const Node& node) {
  switch (node.kind) {
    case NodeKind::kNull:
      return "nothing";
    case NodeKind::kSequence:
      return "a list";
    case NodeKind::kMapping:
      return "a mapping";
    case NodeKind::kScalar:
      break;
  }
  const std::string_view text = node.text;
  std::string shown(text.substr(0, 60));
  while (shown.size() == 60 && (static_cast<unsigned char>(shown.back()) & 0x80) != 0) shown.pop_back();
  if (shown.size() < text.size()) shown += "...";
  return (node.quoted ? "the text `" : "`") + shown + "`";
}

}  // namespace kadende::lang
