#include "engine/base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <numeric>

namespace kadende::base {
namespace {

// One code point of UTF-8 from text[at...]; 0 bytes where it is malformed (also overlong forms, surrogates).
struct Decoded {
  char32_t code = 0;
  std::size_t bytes = 0;
};

Decoded Decode(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 && lead <= 0xF4  ? 4
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                                                           : 0;
  if (length == 0 || at + length > text.size()) return {};
  char32_t code = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3FU);
  }
  constexpr std::array<char32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kSmallest[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
  return {code, length};
}

// Characters that change how text is shown without being seen: control, bidirectional, zero width, line separators.
bool IsHidden(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x200B && code <= 0x200F) ||
         (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF || code == 0x061C;
}

template <class Put>
std::string Escape(std::string_view text, Put put) {
  std::string out;
  out.reserve(text.size());
  std::array<char, 16> buffer{};
  for (std::size_t at = 0; at < text.size();) {
    const Decoded decoded = Decode(text, at);
    if (decoded.bytes == 0) {
      std::snprintf(buffer.data(), buffer.size(), "\\x%02x",
                    static_cast<unsigned>(static_cast<unsigned char>(text[at])));
      out += buffer.data();
      ++at;
      continue;
    }
    const std::string_view piece = text.substr(at, decoded.bytes);
    if (!put(decoded.code, piece, out)) {
      std::snprintf(buffer.data(), buffer.size(), decoded.code < 0x100 ? "\\x%02x" : "\\u{%x}",
                    static_cast<unsigned>(decoded.code));
      out += buffer.data();
    }
    at += decoded.bytes;
  }
  return out;
}

void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

}  // namespace

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t at = text.find(separator); at != std::string_view::npos; at = text.find(separator, begin)) {
    parts.emplace_back(text.substr(begin, at - begin));
    begin = at + 1;
  }
  parts.emplace_back(text.substr(begin));
  return parts;
}

std::string Join(std::span<const std::string> parts, std::string_view separator) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += separator;
    out += parts[i];
  }
  return out;
}

std::optional<std::int64_t> ParseInt(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool IsValidUtf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bytes = Decode(text, at).bytes;
    if (bytes == 0) return false;
    at += bytes;
  }
  return true;
}

std::optional<std::string> Nearest(std::string_view word, std::span<const std::string> candidates) {
  // Words beyond this are no typing errors of any key, and the distance costs their product.
  constexpr std::size_t kLongest = 128;
  std::size_t best = (word.size() + 2) / 3 + 1;
  std::optional<std::string> found;
  if (word.empty() || word.size() > kLongest) return found;
  std::vector<std::size_t> row;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kLongest) continue;
    row.resize(candidate.size() + 1);
    std::iota(row.begin(), row.end(), 0);
    for (std::size_t i = 0; i < word.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i + 1;
      for (std::size_t j = 0; j < candidate.size(); ++j) {
        const std::size_t substituted = diagonal + (word[i] == candidate[j] ? 0 : 1);
        diagonal = row[j + 1];
        row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, substituted});
      }
    }
    if (row.back() < best) {
      best = row.back();
      found = candidate;
    }
  }
  return found;
}

std::string EscapeTerminal(std::string_view text) {
  return Escape(text, [](char32_t code, std::string_view piece, std::string& out) {
    if (IsHidden(code)) return false;
    out += piece;
    return true;
  });
}

std::string EscapeMarkdown(std::string_view text) {
  std::string escaped = Escape(text, [](char32_t code, std::string_view piece, std::string& out) {
    if (IsHidden(code)) return false;
    switch (code) {
      case '<':
        out += "&lt;";
        return true;
      case '>':
        out += "&gt;";
        return true;
      case '&':
        out += "&amp;";
        return true;
      case '@':
        out += "&#64;";
        return true;  // no mention of anybody
      case '#':
        out += "&#35;";
        return true;  // no link to an issue
      case '$':
        out += "&#36;";
        return true;  // no formula
      case '\\':
      case '`':
      case '*':
      case '_':
      case '|':
      case '[':
      case ']':
      case '~':
      case '!':
        out += '\\';
        break;
      default:
        break;
    }
    out += piece;
    return true;
  });
  // Code hosts make links of bare addresses, too.
  ReplaceAll(escaped, "://", "&#58;//");
  ReplaceAll(escaped, "www.", "www&#46;");
  ReplaceAll(escaped, "WWW.", "WWW&#46;");
  return escaped;
}

std::string EscapeHtml(std::string_view text) {
  return Escape(text, [](char32_t code, std::string_view piece, std::string& out) {
    if (IsHidden(code) && code != '\n') return false;
    switch (code) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += piece;
    }
    return true;
  });
}

std::string QuoteJson(std::string_view text) {
  std::string out = "\"";
  std::array<char, 8> buffer{};
  for (std::size_t at = 0; at < text.size();) {
    const Decoded decoded = Decode(text, at);
    if (decoded.bytes == 0) {  // JSON is UTF-8: what is not becomes the replacement character
      out += "\xEF\xBF\xBD";
      ++at;
      continue;
    }
    switch (decoded.code) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      default:
        if (decoded.code < 0x20) {
          std::snprintf(buffer.data(), buffer.size(), "\\u%04x", static_cast<unsigned>(decoded.code));
          out += buffer.data();
        } else {
          out += text.substr(at, decoded.bytes);
        }
    }
    at += decoded.bytes;
  }
  return out + "\"";
}

std::string Count(std::uint64_t n, std::string_view singular, std::string_view plural) {
  std::string out = GroupDigits(n) + " ";
  if (n == 1) return out.append(singular);
  return plural.empty() ? out.append(singular) + "s" : out.append(plural);
}

std::string GroupDigits(std::uint64_t n) {
  std::string digits = std::to_string(n);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

}  // namespace kadende::base
