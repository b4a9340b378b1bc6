#include "engine/base/diagnostics.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

#include "engine/base/text.h"

namespace kadende::base {
namespace {

// Long lines (minified files) would bury the message; the window keeps the marked place in view.
constexpr std::size_t kExcerptWidth = 120;

std::size_t CodePoints(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// Byte offset of the n-th code point (from 0), or the end.
std::size_t ByteOffset(std::string_view text, std::size_t code_point) {
  std::size_t seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) == 0x80) continue;
    if (seen++ == code_point) return i;
  }
  return text.size();
}

void RenderExcerpt(const Diagnostic& diagnostic, std::string& out) {
  const std::string number = std::to_string(diagnostic.range.line);
  const auto column = static_cast<std::size_t>(std::max(diagnostic.range.column, 1)) - 1;
  const std::size_t first = column + 20 > kExcerptWidth ? column + 20 - kExcerptWidth : 0;
  const std::size_t begin = ByteOffset(diagnostic.excerpt, first);
  const std::size_t end = ByteOffset(diagnostic.excerpt, first + kExcerptWidth);
  const std::string_view window = std::string_view(diagnostic.excerpt).substr(begin, end - begin);
  const std::size_t mark = ByteOffset(window, column - first);
  // Escaping widens text, so the caret is placed after escaping what stands before it.
  const std::string before = EscapeTerminal(window.substr(0, mark));
  const std::size_t room = std::max<std::size_t>(CodePoints(window.substr(mark)), 1);
  const std::size_t wanted = static_cast<std::size_t>(std::max(diagnostic.range.length, 1));
  out += "    " + number + " | " + before + EscapeTerminal(window.substr(mark)) + "\n";
  out += "    " + std::string(number.size(), ' ') + " | " + std::string(CodePoints(before), ' ') + "^" +
         std::string(std::min(wanted, room) - 1, '~') + "\n";
}

}  // namespace

void Diagnostics::Add(Diagnostic diagnostic) {
  items_.push_back(std::move(diagnostic));
}

void Diagnostics::Error(std::string path, std::string message, SourceRange range, std::string remedy) {
  Add({Severity::kError, std::move(message), std::move(path), std::move(range), std::move(remedy), {}});
}

void Diagnostics::Warning(std::string path, std::string message, SourceRange range, std::string remedy) {
  Add({Severity::kWarning, std::move(message), std::move(path), std::move(range), std::move(remedy), {}});
}

void Diagnostics::Append(Diagnostics other) {
  items_.insert(items_.end(), std::make_move_iterator(other.items_.begin()),
                std::make_move_iterator(other.items_.end()));
}

bool Diagnostics::HasErrors() const {
  return std::any_of(items_.begin(), items_.end(), [](const Diagnostic& d) { return d.severity == Severity::kError; });
}

void Diagnostics::Sort() {
  std::stable_sort(items_.begin(), items_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.range.file, a.range.line, a.range.column) < std::tie(b.range.file, b.range.line, b.range.column);
  });
}

std::string Render(const Diagnostic& diagnostic) {
  std::string out;
  if (!diagnostic.range.file.empty()) {
    out += EscapeTerminal(diagnostic.range.file);
    if (diagnostic.range.line > 0) out += ":" + std::to_string(diagnostic.range.line);
    if (diagnostic.range.line > 0 && diagnostic.range.column > 0) out += ":" + std::to_string(diagnostic.range.column);
    out += ": ";
  }
  out += diagnostic.severity == Severity::kError ? "error: " : "warning: ";
  out += EscapeTerminal(diagnostic.message);
  if (!diagnostic.path.empty()) out += " (" + EscapeTerminal(diagnostic.path) + ")";
  out += "\n";
  if (!diagnostic.excerpt.empty() && diagnostic.range.line > 0) RenderExcerpt(diagnostic, out);
  if (!diagnostic.remedy.empty()) out += "    " + EscapeTerminal(diagnostic.remedy) + "\n";
  return out;
}

std::string Render(const Diagnostics& diagnostics) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics.items()) out += Render(diagnostic);
  return out;
}

}  // namespace kadende::base
