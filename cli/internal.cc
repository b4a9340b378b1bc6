#include "cli/internal.h"

#include <unistd.h>

#include <exception>

#include "cli/complete.h"
#include "cli/complete_names.h"
#include "cli/configuration.h"
#include "cli/man_page.h"

namespace kadende::cli {
namespace {

constexpr std::string_view kComplete = "__complete";
constexpr std::string_view kMan = "__man";

// Nothing that goes wrong here is shown: the person is in the middle of a line.
int AnswerShell(std::vector<std::string> words, Console& console) {
  try {
    StoredNames names;
    console.Out(CompletionAnswer(Complete(AllCommandFacts(), std::move(words), names)));
  } catch (const std::exception&) {
    console.Out(CompletionAnswer({}));
  }
  console.Flush();
  return kExitOk;
}

int WriteManPages(const std::vector<std::string>& words, Console& console) {
  if (words.size() != 1) return console.Fail("which folder? `kadende __man DIR`");
  for (const ManPage& page : ManPages(AllCommandFacts(), KADENDE_VERSION)) {
    if (auto written = WriteFile(words[0] + "/" + page.file, page.text); !written) return console.Fail(written.error());
  }
  return console.Finish(kExitOk);
}

}  // namespace

bool IsInternal(std::string_view word) {
  return word == kComplete || word == kMan;
}

int RunInternal(const std::vector<std::string>& words) {
  Console console(CommonOptions{});
  std::vector<std::string> rest(words.begin() + 1, words.end());
  return words[0] == kComplete ? AnswerShell(std::move(rest), console) : WriteManPages(rest, console);
}

}  // namespace kadende::cli
