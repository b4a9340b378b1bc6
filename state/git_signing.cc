#include "state/git_signing.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

#include "engine/base/text.h"
#include "state/git_program.h"

namespace kadende::state {
namespace {

constexpr const char* kSign = "commit.gpgsign";
constexpr std::array<const char*, 7> kHow = {"user.signingkey",          "gpg.format",       "gpg.program",
                                             "gpg.openpgp.program",      "gpg.x509.program", "gpg.ssh.program",
                                             "gpg.ssh.defaultKeyCommand"};
constexpr auto kLimit = std::chrono::minutes(2);  // somebody may have to touch a key

bool IsTrue(std::string value) {
  for (char& c : value) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return value == "true" || value == "yes" || value == "on" || value == "1";
}

// As git decides whose settings it obeys: one's own, and behind sudo those of who called it.
bool IsOurs(const GitRepository& repository) {
  struct stat info {};
  if (stat(repository.CommonDirectory().c_str(), &info) != 0) return false;
  if (info.st_uid == geteuid()) return true;
  const char* caller = std::getenv("SUDO_UID");
  return geteuid() == 0 && caller != nullptr && base::ParseInt(caller) == static_cast<std::int64_t>(info.st_uid);
}

std::string_view TakeLine(std::string_view* text) {
  const std::size_t end = std::min(text->find('\n'), text->size());
  const std::string_view line = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  return line;
}

// "Name <email> 1763800000 +0000" as git's environment wants it.
GitSettings Person(const std::string& prefix, std::string_view person) {
  const std::size_t open = person.rfind(" <");
  const std::size_t close = person.rfind("> ");
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return {};
  return {{prefix + "_NAME", std::string(person.substr(0, open))},
          {prefix + "_EMAIL", std::string(person.substr(open + 2, close - open - 2))},
          {prefix + "_DATE", "@" + std::string(person.substr(close + 2))}};
}

// What the commit's bytes say, as `git commit-tree` is told it.
GitCommand CommandFor(const GitRepository& own, std::string_view commit, GitSettings settings) {
  GitCommand command;
  command.arguments = {"--git-dir=" + own.CommonDirectory(), "commit-tree", "-S"};
  command.settings = std::move(settings);
  command.settings.emplace_back("i18n.commitEncoding", "UTF-8");
  command.settings.emplace_back("core.fsync", "all");
  command.limit = kLimit;
  const auto add = [&command](GitSettings person) {
    for (auto& entry : person) command.environment.push_back(std::move(entry));
  };
  for (std::string_view line = TakeLine(&commit); !line.empty(); line = TakeLine(&commit)) {
    const std::string_view key = line.substr(0, line.find(' '));
    const std::string value(line.substr(std::min(key.size() + 1, line.size())));
    if (key == "tree") command.arguments.push_back(value);
    if (key == "parent") command.arguments.insert(command.arguments.end(), {"-p", value});
    if (key == "author") add(Person("GIT_AUTHOR", value));
    if (key == "committer") add(Person("GIT_COMMITTER", value));
  }
  command.input = commit;
  return command;
}

// What the git program is to be told beside the user's own settings; nothing: the user does not sign.
std::optional<GitSettings> SigningOf(const GitRepository& own, RepositoryAround& around) {
  const auto found = around.Find();
  const GitRepository* asked = found && *found != nullptr && IsOurs(**found) ? *found : &own;
  if (!IsTrue(asked->Setting(kSign).value_or(""))) return std::nullopt;
  GitSettings settings;
  for (const char* const key : kHow) {
    if (auto value = asked->Setting(key)) settings.emplace_back(key, std::move(*value));
  }
  return settings;
}

// The commit is an object of `own` then; its tree and parent must be there before.
base::Result<ObjectId> SignCommit(const GitRepository& own, std::string_view commit, GitSettings settings) {
  const auto output = RunGit(CommandFor(own, commit, std::move(settings)));
  if (!output) return tl::unexpected(base::Wrap(output.error(), "cannot sign the commit").value());
  std::string_view text = output->out;
  const auto id = ObjectIdFromHex(TakeLine(&text));
  if (output->status == 0 && id) return *id;
  std::string why = output->err;
  while (!why.empty() && why.back() == '\n') why.pop_back();
  std::replace(why.begin(), why.end(), '\n', ' ');
  return base::Fail(base::ErrorCode::kDenied,
                    "git could not sign the commit (commit.gpgsign is on): " + base::EscapeTerminal(why) +
                        "; give it a key that works without asking (user.signingkey, "
                        "gpg.format), or set commit.gpgsign to false");
}

}  // namespace

base::Result<ObjectId> WriteCommit(GitRepository& own, RepositoryAround& around, std::string commit,
                                   ObjectBatch* batch) {
  auto signing = SigningOf(own, around);
  if (!signing) {
    const ObjectId id = batch->Add(ObjectKind::kCommit, std::move(commit));
    if (auto written = own.Write(*batch); !written) return tl::unexpected(written.error());
    return id;
  }
  if (auto written = own.Write(*batch); !written) return tl::unexpected(written.error());
  const auto id = SignCommit(own, commit, std::move(*signing));
  if (!id) return id;
  auto bytes = own.Read(*id, ObjectKind::kCommit);
  if (!bytes) return tl::unexpected(bytes.error());
  batch->Add(ObjectKind::kCommit, std::move(*bytes));
  return *id;
}

}  // namespace kadende::state
