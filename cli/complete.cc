#include "cli/complete.h"

#include <algorithm>
#include <cstdlib>

namespace kadende::cli {
namespace {

// What a shell would make of a word. An open quote is no mistake: the word is being typed.
std::string Unquote(std::string_view word) {
  std::string plain;
  char quote = 0;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char c = word[i];
    if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == quote && quote != 0) {
      quote = 0;
    } else if (c == '\\' && quote != '\'' && i + 1 < word.size()) {
      plain += word[++i];
    } else {
      plain += c;
    }
  }
  return plain;
}

std::string ExpandHome(const std::string& path) {
  const char* home = std::getenv("HOME");
  return path.starts_with("~/") && home != nullptr ? home + path.substr(1) : path;
}

bool Names(const OptionFacts& option, std::string_view part) {
  const std::string& name = option.ValueName();
  for (std::size_t at = name.find(part); at != std::string::npos; at = name.find(part, at + 1)) {
    const std::size_t end = at + part.size();
    const bool begins = at == 0 || name[at - 1] == '|';
    if (begins && (end == name.size() || name[end] == '|' || name[end] == '[')) return true;
  }
  return false;
}

class Completion {
 public:
  Completion(const std::vector<CommandFacts>& commands, NameSource& names) : commands_(commands), names_(names) {}

  Candidates Answer(std::vector<std::string> words) {
    last_ = std::move(words.back());
    words.pop_back();
    const bool help = !words.empty() && words.front() == "help";
    if (help) words.erase(words.begin());
    if (words.empty()) {
      AddFirstWords(help);
      return std::move(found_);
    }
    std::size_t used = 1;
    const CommandFacts* command = Find(words[0]);
    if (words.size() >= 2) {
      if (const CommandFacts* below = Find(words[0] + " " + words[1])) {
        command = below;
        used = 2;
      }
    }
    if (words.size() == 1) AddSecondWords(words[0]);
    if (command != nullptr && !help) AfterCommand(*command, {words.begin() + static_cast<long>(used), words.end()});
    return std::move(found_);
  }

 private:
  const CommandFacts* Find(std::string_view name) const {
    const auto at = std::find_if(commands_.begin(), commands_.end(),
                                 [&](const CommandFacts& command) { return command.info.name == name; });
    return at == commands_.end() ? nullptr : &*at;
  }

  void Offer(const std::string& word, const std::string& description) {
    if (word.starts_with(last_)) found_.words.push_back({word, description});
  }

  void AddFirstWords(bool help) {
    for (const CommandFacts& command : commands_) {
      if (command.info.name.find(' ') == std::string::npos) Offer(command.info.name, command.info.summary);
    }
    for (const Family& family : Families(commands_)) {
      if (!family.runs) Offer(family.word, family.summary);
    }
    if (help) return;
    Offer("help", "Options of a command, and an example");
    if (!last_.starts_with('-')) return;
    Offer("--help", "Every command");
    Offer("--version", "Print the version");
  }

  void AddSecondWords(const std::string& first) {
    for (const CommandFacts& command : commands_) {
      if (command.info.name.starts_with(first + " ")) {
        Offer(command.info.name.substr(first.size() + 1), command.info.summary);
      }
    }
  }

  void AfterCommand(const CommandFacts& command, const std::vector<std::string>& words) {
    for (const auto* list : {&command.options, &command.common}) {
      for (const OptionFacts& option : *list) (option.positional() ? positionals_ : flags_).push_back(&option);
    }
    const OptionFacts* awaits = Walk(words);
    if (awaits != nullptr) {
      AddValues(*awaits, last_, "");
    } else if (last_.starts_with('-') && !only_positionals_) {
      const auto equals = last_.find('=');
      const OptionFacts* option = equals == std::string::npos ? nullptr : Flag(last_.substr(0, equals));
      if (option != nullptr) {
        AddValues(*option, last_.substr(equals + 1), last_.substr(0, equals + 1));
      } else {
        AddFlags();
      }
    } else if (const OptionFacts* positional = Positional(given_)) {
      AddValues(*positional, last_, "");
    }
  }

  // Reads what stands before the cursor; the option whose value comes next, or nullptr.
  const OptionFacts* Walk(const std::vector<std::string>& words) {
    const OptionFacts* awaits = nullptr;
    for (const std::string& word : words) {
      if (awaits != nullptr) {
        Take(*awaits, word);
        awaits = nullptr;
      } else if (word == "--" && !only_positionals_) {
        only_positionals_ = true;
      } else if (word.size() < 2 || !word.starts_with('-') || only_positionals_) {
        if (const OptionFacts* positional = Positional(given_)) Take(*positional, word);
        ++given_;
      } else {
        const auto equals = word.find('=');
        const OptionFacts* option = Flag(word.substr(0, equals));
        if (option == nullptr) continue;
        seen_.push_back(option);
        if (equals != std::string::npos) {
          Take(*option, word.substr(equals + 1));
        } else if (option->takes_value()) {
          awaits = option;
        }
      }
    }
    return awaits;
  }

  void Take(const OptionFacts& option, const std::string& value) {
    if (option.info.names == "--state") question_.state = ExpandHome(value);
    if (Names(option, "CLUSTER")) question_.cluster = value.substr(0, value.find('@'));
  }

  const OptionFacts* Flag(std::string_view name) const {
    for (const OptionFacts* option : flags_) {
      const auto names = option->Names();
      if (std::find(names.begin(), names.end(), name) != names.end()) return option;
    }
    return nullptr;
  }

  const OptionFacts* Positional(std::size_t index) const {
    if (index < positionals_.size()) return positionals_[index];
    return !positionals_.empty() && positionals_.back()->repeatable() ? positionals_.back() : nullptr;
  }

  void AddFlags() {
    for (const OptionFacts* option : flags_) {
      if (!option->repeatable() && std::find(seen_.begin(), seen_.end(), option) != seen_.end()) continue;
      for (const std::string& name : option->Names()) Offer(name, option->info.help);
    }
    Offer("-h", "Options, and an example");
    Offer("--help", "Options, and an example");
  }

  // `before`: what of the word is not the value, "--format=".
  void AddValues(const OptionFacts& option, const std::string& value, const std::string& before) {
    for (const std::string& choice : option.info.choices) Offer(before + choice, "");
    if (!option.info.choices.empty()) return;
    question_.prefix = value;
    if (Names(option, "CLUSTER")) {
      question_.cluster.clear();  // those named before do not narrow this one
      Ask(NameSource::Kind::kCluster, before);
    }
    if (Names(option, "GROUP")) Ask(NameSource::Kind::kGroup, before);
    if (Names(option, "NODE")) Ask(NameSource::Kind::kNode, before);
    if (Names(option, "DIR")) found_.also = Also::kDirectories;
    if (Names(option, "FILE") || Names(option, "PLAN") || Names(option, "CLOUD")) found_.also = Also::kFiles;
  }

  void Ask(NameSource::Kind kind, const std::string& before) {
    question_.kind = kind;
    Candidates names = names_.Names(question_);
    found_.open = names.open;
    for (const Candidate& name : names.words) Offer(before + name.text, name.description);
  }

  const std::vector<CommandFacts>& commands_;
  NameSource& names_;
  std::string last_;
  std::vector<const OptionFacts*> positionals_;
  std::vector<const OptionFacts*> flags_;
  std::vector<const OptionFacts*> seen_;
  std::size_t given_ = 0;  // positionals before the cursor
  bool only_positionals_ = false;
  NameSource::Question question_;
  Candidates found_;
};

// A word that a shell would take apart, or a terminal obey, is offered by no answer.
bool IsPlain(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

Candidates Complete(const std::vector<CommandFacts>& commands, std::vector<std::string> words, NameSource& names) {
  if (words.empty()) words.emplace_back();
  for (std::string& word : words) word = Unquote(word);
  return Completion(commands, names).Answer(std::move(words));
}

std::string CompletionAnswer(const Candidates& candidates) {
  std::string answer = candidates.also == Also::kFiles         ? "files"
                       : candidates.also == Also::kDirectories ? "dirs"
                                                               : "words";
  answer += candidates.open ? " open\n" : "\n";
  for (const Candidate& candidate : candidates.words) {
    if (IsPlain(candidate.text)) answer += candidate.text + "\t" + candidate.description + "\n";
  }
  return answer;
}

}  // namespace kadende::cli
