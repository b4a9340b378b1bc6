// What may stand at the end of a command line that is being typed: the answer to a shell's question. Reads the
// registry, and state offline where the name of a cluster, group or node is asked for. The scripts of `kadende
// completion` ask.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command_facts.h"

namespace kadende::cli {

struct Candidate {
  std::string text;         // the whole word
  std::string description;  // one line; may be empty
};

enum class Also { kNothing, kFiles, kDirectories };  // what the shell itself adds

struct Candidates {
  std::vector<Candidate> words;
  Also also = Also::kNothing;
  bool open = false;  // words are beginnings: no space after them
};

// Names out of state. Whatever is wrong is an empty answer: a key press is no place for errors.
class NameSource {
 public:
  virtual ~NameSource() = default;
  enum class Kind { kCluster, kGroup, kNode };
  struct Question {
    Kind kind = Kind::kCluster;
    std::string state;    // --state, as typed; empty: the one here
    std::string cluster;  // as typed; empty: of all clusters
    std::string prefix;
  };
  [[nodiscard]] virtual Candidates Names(const Question& question) = 0;
};

// `words`: what stands after `kadende`, the last one is being typed (perhaps empty). Quotes and escapes of a shell are
// taken off. Every candidate begins with the last word.
[[nodiscard]] Candidates Complete(const std::vector<CommandFacts>& commands, std::vector<std::string> words,
                                  NameSource& names);

// The answer as the scripts read it: "words|files|dirs [open]" on the first line, then `WORD<tab>DESCRIPTION` lines.
[[nodiscard]] std::string CompletionAnswer(const Candidates& candidates);

}  // namespace kadende::cli
