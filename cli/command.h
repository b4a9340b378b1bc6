// What a command is: options that a command line fills in, and a function from them to an exit code. Commands know
// nothing of the library that reads the command line (app.cc).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/console.h"
#include "engine/base/time.h"

namespace kadende::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitError = 1;
inline constexpr int kExitChanges = 2;  // only with --detailed-exitcode
inline constexpr int kExitInterrupted = 130;

struct OptionInfo {
  std::string names;                 // "-q,--quiet", or for a positional what it is called: "FILE|DIR"
  std::string placeholder;           // "FILE"; unused by switches and positionals
  std::string help;                  // one line
  std::vector<std::string> choices;  // allowed values; empty: any
  bool required = false;
};

// Declares the options of one command. Targets must outlive the setup; a target keeps its value as the default.
class CommandSetup {
 public:
  virtual ~CommandSetup() = default;
  virtual void Add(OptionInfo info, bool* target) = 0;
  virtual void Add(OptionInfo info, std::string* target) = 0;
  virtual void Add(OptionInfo info, std::vector<std::string>* target) = 0;  // repeatable
  virtual void Add(OptionInfo info, std::uint32_t* target) = 0;
  virtual void Add(OptionInfo info, base::Millis* target) = 0;  // "10s"
};

// Which heading of `kadende --help` lists the command.
enum class CommandGroup : std::uint8_t { kConfiguration, kChange, kLook, kWatch, kState, kOther };

struct CommandInfo {
  std::string name;  // "plan"; "nodes logs" is a command below `nodes`
  CommandGroup group = CommandGroup::kOther;
  std::string summary;
  std::string example;  // shown at the end of the help text
};

class Command {
 public:
  virtual ~Command() = default;
  [[nodiscard]] virtual const CommandInfo& Info() const = 0;
  virtual void Define(CommandSetup& setup) = 0;
  [[nodiscard]] virtual int Run(Console& console) = 0;
};

// A command made of an options struct and two functions, as each file in commands/ offers them.
template <class Options>
class CommandOf : public Command {
 public:
  CommandOf(CommandInfo info, void (*define)(CommandSetup&, Options&), int (*run)(const Options&, Console&))
      : info_(std::move(info)), define_(define), run_(run) {}
  [[nodiscard]] const CommandInfo& Info() const override { return info_; }
  void Define(CommandSetup& setup) override { define_(setup, options_); }
  [[nodiscard]] int Run(Console& console) override { return run_(options_, console); }

 private:
  CommandInfo info_;
  void (*define_)(CommandSetup&, Options&);
  int (*run_)(const Options&, Console&);
  Options options_;
};

}  // namespace kadende::cli
