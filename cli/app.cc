#include "cli/app.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/internal.h"
#include "cli/registry.h"
#include "cli/signals.h"
#include "engine/base/text.h"

namespace kadende::cli {
namespace {

constexpr std::size_t kHelpColumn = 34;
constexpr std::uint32_t kLargestNumber = 1'000'000'000;
constexpr std::uint32_t kMostWorkers = 1024;

// Help for people who read it in a terminal: CLI11's pieces with words of ours.
class HelpFormat : public CLI::Formatter {
 public:
  HelpFormat() {
    column_width(kHelpColumn);
    label("SUBCOMMAND", "COMMAND");
    label("Positionals", "Arguments");
  }
  // What a positional is called; CLI11's own names allow letters only.
  void Name(const CLI::Option* positional, std::string name) { names_[positional] = std::move(name); }

  std::string make_option_name(const CLI::Option* option, bool positional) const override {
    const auto name = names_.find(option);
    return name != names_.end() ? name->second : option->get_name(positional, !positional);
  }
  std::string make_option_opts(const CLI::Option* option) const override {
    std::string text = option->get_type_name().empty() ? "" : " " + option->get_type_name();
    if (!option->get_default_str().empty()) text += " [" + option->get_default_str() + "]";
    return text;
  }

 private:
  std::map<const CLI::Option*, std::string> names_;
};

// Declares options of one command to CLI11.
class Setup : public CommandSetup {
 public:
  Setup(CLI::App& app, HelpFormat& format) : app_(app), format_(format) {}

  void Add(OptionInfo info, bool* target) override { app_.add_flag(info.names, *target, info.help); }
  void Add(OptionInfo info, std::string* target) override {
    auto* option = app_.add_option(Names(info), *target, info.help);
    if (!target->empty()) option->capture_default_str();
    Finish(info, option);
  }
  void Add(OptionInfo info, std::vector<std::string>* target) override {
    auto* option = app_.add_option(Names(info), *target, info.help);
    // A flag that is repeated takes one value each time, so that it does not swallow the positionals after it.
    if (IsFlag(info)) option->expected(1)->take_all()->allow_extra_args(false);
    Finish(info, option);
  }
  void Add(OptionInfo info, std::uint32_t* target) override {
    const bool workers = info.names.ends_with("--parallelism");
    const CLI::Range range(workers ? 1U : 0U, workers ? kMostWorkers : kLargestNumber);
    auto* option = app_.add_option(Names(info), *target, info.help);
    option->check(CLI::Validator(range).description(""));
    if (*target != 0) option->capture_default_str();
    Finish(info, option);
  }
  void Add(OptionInfo info, base::Millis* target) override {
    auto* option = app_.add_option_function<std::string>(
        Names(info),
        [target, names = info.names](const std::string& text) {
          const auto duration = base::ParseDuration(text);
          if (!duration)
            throw CLI::ValidationError(names, "`" + text + "` is no duration: write it as 10s, 5m or 1h30m");
          *target = *duration;
        },
        info.help);
    if (*target >= base::Millis(0)) option->default_str(base::FormatDuration(*target));
    Finish(info, option);
  }

 private:
  static bool IsFlag(const OptionInfo& info) { return info.names.starts_with('-'); }
  std::string Names(const OptionInfo& info) {
    return IsFlag(info) ? info.names : "arg" + std::to_string(++positionals_);
  }

  void Finish(const OptionInfo& info, CLI::Option* option) {
    if (!info.choices.empty()) option->check(CLI::IsMember(info.choices).description(""));
    option->type_name(info.placeholder);
    if (info.required) option->required();
    if (!IsFlag(info)) format_.Name(option, info.names);
  }

  CLI::App& app_;
  HelpFormat& format_;
  int positionals_ = 0;
};

// The whole command line: CLI11's tree, and which command each part of it is.
class Arguments {
 public:
  explicit Arguments(std::vector<std::unique_ptr<Command>>& commands) : app_("", "kadende") {
    app_.description("Keeps clusters of machines at the size and health that a reviewed file asks for.");
    app_.formatter(format_);
    app_.require_subcommand(1);
    app_.set_version_flag("--version", "kadende " KADENDE_VERSION);
    app_.footer("`kadende help COMMAND` shows the options of a command, and an example.");
    for (auto& command : commands) AddCommand(*command);
  }

  // The command to run; nullopt: `*exit_code` says it all (help was printed, or a mistake explained).
  std::optional<Command*> Parse(std::vector<std::string> words, int* exit_code) {
    if (!words.empty() && words[0] == "help") {
      words.erase(words.begin());
      const bool known = words.empty() || parents_.contains(words[0]);
      if (known) words.emplace_back("--help");
    }
    words_ = words;
    try {
      std::reverse(words.begin(), words.end());  // as CLI11 takes them
      app_.parse(std::move(words));
    } catch (const CLI::ParseError& error) {
      *exit_code = Explain(error);
      return std::nullopt;
    }
    CLI::App* chosen = &app_;
    while (!chosen->get_subcommands().empty()) chosen = chosen->get_subcommands().front();
    return of_.at(chosen);
  }

  [[nodiscard]] const CommonOptions& common() const { return common_; }

 private:
  void AddCommand(Command& command) {
    const CommandInfo& info = command.Info();
    const auto space = info.name.find(' ');
    CLI::App* parent = &app_;
    if (space != std::string::npos) {
      CLI::App*& existing = parents_[info.name.substr(0, space)];
      if (existing == nullptr) {
        const std::string family = info.name.substr(0, space);
        existing = app_.add_subcommand(family, std::string(FamilySummary(family)));
        existing->group(std::string(Heading(info.group)))->require_subcommand(1);
      }
      parent = existing;
    }
    CLI::App* app =
        parent->add_subcommand(space == std::string::npos ? info.name : info.name.substr(space + 1), info.summary);
    app->group(parent == &app_ ? std::string(Heading(info.group)) : "Commands");
    app->footer("Example:\n  " + info.example);
    Setup setup(*app, *format_);
    command.Define(setup);
    DefineCommon(setup, common_);
    if (parent == &app_) parents_[info.name] = app;
    of_[app] = &command;
  }

  // Where the parser had come to.
  CLI::App* Deepest() {
    CLI::App* deepest = &app_;
    while (!deepest->get_subcommands().empty()) deepest = deepest->get_subcommands().front();
    return deepest;
  }

  int Explain(const CLI::ParseError& error) {
    CommonOptions plain;
    Console console(plain);
    if (error.get_exit_code() == 0) {
      console.Out(error.get_name() == "CallForHelp" ? app_.help() : std::string(error.what()) + "\n");
      return console.Finish(kExitOk);
    }
    CLI::App* deepest = Deepest();
    const std::string command = deepest == &app_ ? "kadende" : CommandLine(deepest);
    std::string message = error.what();
    message = Named(*deepest, std::move(message));
    if (auto unknown = Unknown(*deepest)) {
      message = *unknown;
    } else if (const auto before = app_.remaining(); deepest != &app_ && !before.empty()) {
      message = "options stand after the command, as in `" + command + " --state DIR`";
    }
    if (error.get_name() == "RequiredError" && deepest->get_require_subcommand_min() > 0 && !Unknown(*deepest)) {
      message = "a command is missing";
    }
    return console.Fail(message + "\n`" + command + " --help` shows what there is");
  }

  static std::string CommandLine(const CLI::App* app) {
    std::string text;
    for (; app != nullptr; app = app->get_parent()) text = app->get_name() + (text.empty() ? "" : " ") + text;
    return text;
  }

  // "arg1 is required", "arg1: x not in {...}" with the name that the help text has for it.
  [[nodiscard]] std::string Named(const CLI::App& app, std::string message) const {
    for (const CLI::Option* option : app.get_options([](const CLI::Option* each) { return each->get_positional(); })) {
      const std::string name = option->get_name(true);
      if (message.starts_with(name + " is") || message.starts_with(name + ":")) {
        return format_->make_option_name(option, true) + message.substr(name.size());
      }
    }
    return message;
  }

  // A long option with one dash ("-yes") is taken apart by the parser; people know it as they wrote it.
  [[nodiscard]] std::string AsWritten(const std::string& word) const {
    const auto written = std::find_if(words_.begin(), words_.end(), [&word](const std::string& each) {
      return each.size() > 2 && each[0] == '-' && each[1] != '-' && each.ends_with(word.substr(1));
    });
    return written == words_.end() ? word : *written;
  }

  // The first word that the command does not know, and what may have been meant.
  [[nodiscard]] std::optional<std::string> Unknown(CLI::App& app) const {
    const auto words = app.remaining(true);
    if (words.empty()) return std::nullopt;
    const std::string word = AsWritten(words.front().substr(0, words.front().find('=')));
    std::vector<std::string> known;
    const bool flag = word.starts_with('-');
    if (flag) {
      for (const CLI::Option* option : app.get_options()) {
        for (const auto& name : option->get_lnames()) known.push_back("--" + name);
        for (const auto& name : option->get_snames()) known.push_back("-" + name);
      }
    } else {
      for (const CLI::App* below : app.get_subcommands([](CLI::App*) { return true; }))
        known.push_back(below->get_name());
    }
    const bool command = !flag && !known.empty();
    std::string text = (flag      ? "unknown option `"
                        : command ? "unknown command `"
                                  : "unexpected argument `") +
                       word + "`";
    // Of one letter everything is near.
    const bool letter = flag && word.size() <= 2;
    const std::string sought = flag && !word.starts_with("--") ? "-" + word : word;
    if (auto nearest = base::Nearest(sought, known); nearest && !letter) text += "; did you mean `" + *nearest + "`?";
    return text;
  }

  std::shared_ptr<HelpFormat> format_ = std::make_shared<HelpFormat>();  // shared with CLI11's apps
  CLI::App app_;
  CommonOptions common_;
  std::map<const CLI::App*, Command*> of_;
  std::map<std::string, CLI::App*> parents_;  // by the first word
  std::vector<std::string> words_;            // as they were written
};

}  // namespace

int Main(int argc, char** argv) {
  PrepareProcess();
  if (argc > 1 && IsInternal(argv[1])) return RunInternal({argv + 1, argv + argc});
  auto commands = Commands();
  Arguments arguments(commands);
  int exit_code = kExitError;
  const auto command = arguments.Parse({argv + std::min(argc, 1), argv + argc}, &exit_code);
  if (!command) return exit_code;
  Console console(arguments.common());
  try {
    return console.Finish((*command)->Run(console));
  } catch (const std::exception& exception) {
    // What a library or the machine throws (no memory, no threads left). What was under way is in open intents.
    return console.Fail(std::string("given up: ") + exception.what() + "; run the command again to go on");
  }
}

}  // namespace kadende::cli
