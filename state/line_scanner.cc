#include "state/line_scanner.h"

#include <limits>

#include "engine/base/json.h"

namespace kadende::state {

bool LineScanner::Take(char c) {
  if (!Peek(c)) return false;
  ++at_;
  return true;
}

bool LineScanner::SkipString(bool* escaped) {
  *escaped = false;
  if (!Take('"')) return false;
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '"') {
      ++at_;
      return true;
    }
    if (static_cast<unsigned char>(c) < 0x20) return false;
    if (c == '\\') {
      *escaped = true;
      ++at_;
    }
  }
  return false;
}

bool LineScanner::ReadPlain(std::string_view* value) {
  const std::size_t from = at_ + 1;
  bool escaped = false;
  if (!SkipString(&escaped) || escaped) return false;
  *value = text_.substr(from, at_ - 1 - from);
  return true;
}

bool LineScanner::ReadKey(std::string_view* key) {
  return ReadPlain(key) && Take(':');
}

bool LineScanner::ReadString(std::string* value) {
  const std::size_t from = at_;
  bool escaped = false;
  if (!SkipString(&escaped)) return false;
  if (!escaped) {
    value->assign(text_.substr(from + 1, at_ - from - 2));
    return true;
  }
  // Escapes are rare (a quote in a taint's reason): the full parser may take its time.
  const auto parsed = base::ParseJson(text_.substr(from, at_ - from));
  if (!parsed || !parsed->is_string()) return false;
  *value = parsed->get<std::string>();
  return true;
}

bool LineScanner::ReadUint32(std::uint32_t* value) {
  std::uint64_t number = 0;
  const std::size_t from = at_;
  for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
    number = number * 10 + static_cast<std::uint64_t>(text_[at_] - '0');
    if (number > std::numeric_limits<std::uint32_t>::max()) return false;
  }
  *value = static_cast<std::uint32_t>(number);
  return at_ > from;
}

bool LineScanner::ReadBool(bool* value) {
  for (const bool candidate : {true, false}) {
    const std::string_view word = candidate ? "true" : "false";
    if (text_.substr(at_, word.size()) != word) continue;
    at_ += word.size();
    *value = candidate;
    return true;
  }
  return false;
}

bool LineScanner::ReadRaw(std::string_view* value) {
  const std::size_t from = at_;
  std::size_t depth = 0;
  bool escaped = false;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '"') {
      if (!SkipString(&escaped)) return false;
      if (depth == 0) break;
      continue;
    }
    const bool closes = c == '}' || c == ']';
    if (depth == 0 && (closes || c == ',')) break;  // a number or a word ended before
    ++at_;
    if (c == '{' || c == '[') ++depth;
    if (closes && --depth == 0) break;
  }
  *value = text_.substr(from, at_ - from);
  return depth == 0 && !value->empty();
}

}  // namespace kadende::state
