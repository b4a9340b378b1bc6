// What is wrong with something that a user wrote, and where.
//
// Shapes: a Diagnostics list keeps the order in which problems were found; Sort() orders them by file, line
// and column for output. All problems of a file are reported at once, so nobody fixes errors one run at a time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kadende::base {

enum class Severity : std::uint8_t { kWarning, kError };

// Lines and columns count from 1, columns in characters (code points); 0 = unknown. `length` is the number
// of characters to underline, at least 1 where the column is known.
struct SourceRange {
  std::string file;
  int line = 0;
  int column = 0;
  int length = 1;
};

struct Diagnostic {
  Severity severity = Severity::kError;
  std::string message;  // "unknown key `siez`"
  std::string path;     // "groups.web.siez"; empty where the whole file is meant
  SourceRange range;    // file empty where it came from no file (a provider, a flag)
  std::string remedy;   // "did you mean `size`?"; may be empty
  std::string excerpt;  // the source line itself, without newline; filled by whoever has the bytes
};

class Diagnostics {
 public:
  void Add(Diagnostic diagnostic);
  void Error(std::string path, std::string message, SourceRange range = {}, std::string remedy = {});
  void Warning(std::string path, std::string message, SourceRange range = {}, std::string remedy = {});
  void Append(Diagnostics other);

  [[nodiscard]] bool HasErrors() const;
  [[nodiscard]] bool empty() const { return items_.empty(); }
  [[nodiscard]] const std::vector<Diagnostic>& items() const { return items_; }
  [[nodiscard]] std::vector<Diagnostic>& mutable_items() { return items_; }
  void Sort();

 private:
  std::vector<Diagnostic> items_;
};

// Plain text, one block a diagnostic, byte for byte what tests assert:
//   cluster.yml:7:5: error: unknown key `siez` (groups.web.siez)
//       7 |     siez: 2
//         |     ^~~~
//     did you mean `size`?
// Control characters of the excerpt and message are made visible, so a hostile file cannot write to a terminal.
[[nodiscard]] std::string Render(const Diagnostic& diagnostic);
[[nodiscard]] std::string Render(const Diagnostics& diagnostics);

}  // namespace kadende::base
