#include "cli/command_facts.h"

#include <algorithm>

#include "cli/registry.h"

namespace kadende::cli {
namespace {

// Writes down what a command would declare.
class Recorder : public CommandSetup {
 public:
  void Add(OptionInfo info, bool* /*target*/) override { Note(std::move(info), OptionShape::kSwitch, {}); }
  void Add(OptionInfo info, std::string* target) override { Note(std::move(info), OptionShape::kText, *target); }
  void Add(OptionInfo info, std::vector<std::string>* /*target*/) override {
    Note(std::move(info), OptionShape::kList, {});
  }
  void Add(OptionInfo info, std::uint32_t* target) override {
    Note(std::move(info), OptionShape::kNumber, *target == 0 ? std::string() : std::to_string(*target));
  }
  void Add(OptionInfo info, base::Millis* target) override {
    Note(std::move(info), OptionShape::kDuration, base::FormatDuration(*target));
  }

  std::vector<OptionFacts> options;

 private:
  void Note(OptionInfo info, OptionShape shape, std::string default_text) {
    options.push_back({std::move(info), shape, std::move(default_text)});
  }
};

}  // namespace

std::vector<std::string> OptionFacts::Names() const {
  std::vector<std::string> names;
  if (positional()) return names;
  std::string_view rest = info.names;
  for (;;) {
    const auto comma = rest.find(',');
    names.emplace_back(rest.substr(0, comma));
    if (comma == std::string_view::npos) return names;
    rest.remove_prefix(comma + 1);
  }
}

std::vector<CommandFacts> AllCommandFacts() {
  CommonOptions common;
  Recorder every;
  DefineCommon(every, common);
  std::vector<CommandFacts> facts;
  for (const auto& command : Commands()) {
    Recorder own;
    command->Define(own);
    facts.push_back({command->Info(), std::move(own.options), every.options});
  }
  return facts;
}

std::vector<Family> Families(const std::vector<CommandFacts>& commands) {
  std::vector<Family> families;
  for (const CommandFacts& command : commands) {
    const auto space = command.info.name.find(' ');
    if (space == std::string::npos) continue;
    const std::string word = command.info.name.substr(0, space);
    if (std::any_of(families.begin(), families.end(), [&](const Family& known) { return known.word == word; })) {
      continue;
    }
    const auto itself = std::find_if(commands.begin(), commands.end(),
                                     [&](const CommandFacts& other) { return other.info.name == word; });
    const bool runs = itself != commands.end();
    families.push_back({word, runs ? itself->info.summary : std::string(FamilySummary(word)), runs});
  }
  return families;
}

}  // namespace kadende::cli
