#include "cli/man_page.h"

#include <algorithm>
#include <array>

#include "cli/registry.h"

namespace kadende::cli {
namespace {

// Text for roff: no escape, no request at the start of a line, hyphens that can be copied. `code` becomes bold.
std::string Roff(std::string_view text) {
  std::string roff;
  bool code = false;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && (c == '.' || c == '\'')) roff += "\\&";
    line_start = c == '\n';
    if (c == '`') {
      roff += code ? "\\fR" : "\\fB";
      code = !code;
    } else if (c == '\\') {
      roff += "\\e";
    } else if (c == '-') {
      roff += "\\-";
    } else if (c == '\'') {
      roff += "\\(aq";
    } else if (c == '^') {
      roff += "\\(ha";
    } else if (c == '~') {
      roff += "\\(ti";
    } else {
      roff += c;
    }
  }
  return roff;
}

std::string Bold(std::string_view text) {
  return "\\fB" + Roff(text) + "\\fR";
}
std::string Italic(std::string_view text) {
  return "\\fI" + Roff(text) + "\\fR";
}

std::string PageName(std::string_view command) {
  std::string name = "kadende-" + std::string(command);
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

std::string Reference(std::string_view page) {
  return Bold(page) + "(1)";
}

std::string Title(std::string name, std::string_view version, std::string_view summary) {
  std::string text =
      ".TH " + Roff(name) + " 1 \"\" \"kadende " + Roff(version) + "\" \"Kadende\"\n.nh\n.ad l\n.SH NAME\n";
  std::transform(name.begin(), name.end(), name.begin(), [](char c) { return c == ' ' ? '-' : c; });
  return text + Roff(name) + " \\- " + Roff(summary) + "\n";
}

// "a sentence of help" as one ends.
std::string Sentence(const std::string& help) {
  return Roff(help) + (help.empty() || help.ends_with('.') ? "" : ".");
}

std::string Entry(const OptionFacts& option) {
  std::string text = ".TP\n";
  if (option.positional()) {
    text += Italic(option.info.names);
  } else {
    std::string names;
    for (const std::string& name : option.Names()) names += (names.empty() ? "" : ", ") + Bold(name);
    text += names + (option.takes_value() ? " " + Italic(option.info.placeholder) : "");
  }
  text += "\n" + Sentence(option.info.help);
  if (!option.info.choices.empty()) {
    std::string choices;
    for (const std::string& choice : option.info.choices) choices += (choices.empty() ? "" : ", ") + Bold(choice);
    text += "\nOne of " + choices + ".";
  }
  if (!option.default_text.empty()) text += "\nDefault: " + Bold(option.default_text) + ".";
  return text + "\n";
}

std::string Entries(std::string_view heading, const std::vector<OptionFacts>& options, bool positional) {
  std::string text;
  for (const OptionFacts& option : options) {
    if (option.positional() == positional) text += Entry(option);
  }
  return text.empty() ? text : ".SH " + std::string(heading) + "\n" + text;
}

std::string Synopsis(const CommandFacts& command) {
  std::string text = ".SH SYNOPSIS\n" + Bold("kadende " + command.info.name) + " [" + Italic("OPTIONS") + "]";
  for (const OptionFacts& option : command.options) {
    if (!option.positional()) continue;
    const std::string word = Italic(option.info.names) + (option.repeatable() ? "..." : "");
    text += option.info.required ? " " + word : " [" + word + "]";
  }
  return text + "\n";
}

std::string Example(const std::string& example) {
  std::string text = ".SH EXAMPLES\n.EX\n";
  std::size_t begin = 0;
  while (begin <= example.size()) {
    const std::size_t end = std::min(example.find('\n', begin), example.size());
    std::string_view line(example.data() + begin, end - begin);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    text += Roff(line) + "\n";
    begin = end + 1;
  }
  return text + ".EE\n";
}

struct Term {
  std::string_view term;
  std::string_view text;
};

std::string Terms(std::string_view heading, const auto& terms) {
  std::string text = ".SH " + std::string(heading) + "\n";
  for (const Term& term : terms) text += ".TP\n" + Bold(term.term) + "\n" + Roff(term.text) + "\n";
  return text;
}

constexpr std::array kExitCodes{
    Term{"0", "Done; with `--detailed-exitcode`: nothing to do."},
    Term{"1", "An error, wrong usage included."},
    Term{"2", "Changes; only with `--detailed-exitcode`."},
    Term{"130", "Interrupted."},
};
constexpr std::array kFiles{
    Term{"*.yml, *.yaml",
         "A cluster file: one with `name` and `groups` at its top. `kadende schema --reference` is "
         "the reference of its keys."},
    Term{".kadende/", "State, beside the cluster file, or where `--state` says. It ignores itself in git."},
    Term{"$XDG_STATE_HOME/kadende/process/",
         "Nodes of the provider `process`; without the variable below "
         "`~/.local/state`."},
};
constexpr std::array kEnvironment{
    Term{"KADENDE_ACTOR",
         "Who acts, as events and versions name it. Default: what the CI system says, else "
         "user@host."},
    Term{"KADENDE_SHIM", "Where the program `kadende-shim` is, under which nodes of `process` run."},
    Term{"NO_COLOR", "Where it is set and not empty: no colours."},
    Term{"NOTIFY_SOCKET, WATCHDOG_USEC",
         "Set by systemd: `kadende watch` says there when it is ready, how it is, and "
         "that it still turns."},
};
constexpr std::array kSignals{
    Term{"SIGINT, SIGTERM",
         "The first: nothing more is started, what runs is waited for and recorded. The second: "
         "leave; what is open is settled by the next run."},
    Term{"SIGHUP", "As SIGTERM; to `kadende watch`: look for clusters, and at each of them, anew. No node ends."},
};

std::string CommandPage(const CommandFacts& command, std::string_view version) {
  std::string text = Title(PageName(command.info.name), version, command.info.summary);
  text += Synopsis(command);
  text += Entries("ARGUMENTS", command.options, true);
  text += Entries("OPTIONS", command.options, false);
  text += Entries("COMMON OPTIONS", command.common, false);
  text += Example(command.info.example);
  text += Terms("EXIT STATUS", kExitCodes);
  return text + ".SH SEE ALSO\n" + Reference("kadende") + "\n";
}

std::string MainPage(const std::vector<CommandFacts>& commands, std::string_view version) {
  std::string text = Title("kadende", version, "keep clusters of machines at the size and health that a file asks for");
  text += ".SH SYNOPSIS\n" + Bold("kadende") + " " + Italic("COMMAND") + " [" + Italic("OPTIONS") + "] [" +
          Italic("ARGUMENTS") + "]\n";
  text += ".SH DESCRIPTION\n" +
          Roff(
              "Kadende keeps clusters of machines at the size and health that a reviewed YAML file asks for, on any "
              "provider.\n`kadende plan` shows what would change and why; `kadende apply` does exactly that;\n"
              "`kadende watch` re-plans for ever and brings back what is gone.\n"
              "State is versioned, and its history is in git.\n");
  text += ".SH COMMANDS\nEach has a page of its own.\n";
  std::string_view heading;
  for (const CommandFacts& command : commands) {
    if (Heading(command.info.group) != heading) {
      heading = Heading(command.info.group);
      text += ".SS " + Roff(heading) + "\n";
    }
    text += ".TP\n" + Reference(PageName(command.info.name)) + "\n" + Sentence(command.info.summary) + "\n";
  }
  if (!commands.empty()) text += Entries("COMMON OPTIONS", commands.front().common, false);
  text += Terms("FILES", kFiles) + Terms("ENVIRONMENT", kEnvironment) + Terms("EXIT STATUS", kExitCodes);
  text += Terms("SIGNALS", kSignals) + ".SH SEE ALSO\n";
  std::string references;
  for (const CommandFacts& command : commands) {
    references += (references.empty() ? "" : ",\n") + Reference(PageName(command.info.name));
  }
  return text + references + "\n";
}

}  // namespace

std::vector<ManPage> ManPages(const std::vector<CommandFacts>& commands, std::string_view version) {
  std::vector<ManPage> pages{{"kadende.1", MainPage(commands, version)}};
  for (const CommandFacts& command : commands) {
    pages.push_back({PageName(command.info.name) + ".1", CommandPage(command, version)});
  }
  return pages;
}

}  // namespace kadende::cli
