#include "cli/state_remote.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "engine/base/text.h"
#include "engine/base/time.h"
#include "state/git_program.h"

namespace kadende::cli {
namespace {

constexpr base::Millis kLocalGit = std::chrono::seconds(10);  // asks the repository around, no network
constexpr base::Millis kLifetime = std::chrono::minutes(10);
constexpr base::Millis kShortestLifetime = std::chrono::milliseconds(200);

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// Names of remotes and branches are read and nothing is run, so that it does not matter whose repository it is.
std::vector<std::string> AskGit(const std::string& folder, std::vector<std::string> arguments) {
  state::GitCommand command;
  command.arguments = {"-C", folder};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  command.settings = {{"safe.directory", "*"}};
  command.limit = kLocalGit;
  std::vector<std::string> lines;
  const auto output = state::RunGit(command);
  if (!output || output->status != 0) return lines;
  std::istringstream text(output->out);
  for (std::string line; std::getline(text, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

bool IsRemoteOf(const std::string& folder, const std::string& name) {
  const auto names = AskGit(folder, {"remote"});
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The remote that a person who works here pushes to.
std::string RemoteAround(const std::string& folder) {
  const auto names = AskGit(folder, {"remote"});
  if (names.empty()) return {};
  const auto has = [&](const std::string& name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  if (const auto branch = AskGit(folder, {"symbolic-ref", "--short", "-q", "HEAD"}); !branch.empty()) {
    const auto upstream = AskGit(folder, {"config", "branch." + branch.front() + ".remote"});
    if (!upstream.empty() && has(upstream.front())) return upstream.front();
  }
  if (has("origin")) return "origin";
  return names.size() == 1 ? names.front() : std::string();
}

StateRemote Named(std::string remote) {
  StateRemote named;
  if (remote != kNoRemote) named.remote = std::move(remote);
  return named;
}

// What the file says against what is in use: that stays, and is said.
void CompareWithFile(const RemoteQuestion& question, StateRemote& in_use) {
  if (question.spec == nullptr || question.spec->state_remote.empty()) return;
  const std::string& wanted = question.spec->state_remote;
  if (wanted == in_use.remote) return;
  in_use.note =
      "the file says `state.remote: " + base::EscapeTerminal(wanted) + "`, but the state of " +
      base::EscapeTerminal(question.cluster) + " is " +
      (in_use.remote.empty() ? "this machine's alone" : "shared through " + base::EscapeTerminal(in_use.remote)) +
      ", and stays so; --state-remote changes that";
}

}  // namespace

std::optional<StateRemote> RemoteIndex::Of(std::string_view cluster) const {
  std::optional<StateRemote> found;
  std::ifstream input(path_);
  for (std::string line; std::getline(input, line);) {
    const auto first = line.find('\t');
    const auto second = line.find('\t', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;  // torn by a crash
    if (std::string_view(line).substr(0, first) != cluster) continue;
    if (second == first + 1) {
      found.reset();
      continue;
    }
    found = Named(line.substr(first + 1, second - first - 1));
    found->continue_on_loss = line.substr(second + 1) == "continue";
  }
  return found;
}

base::Status RemoteIndex::Remember(std::string_view cluster, const StateRemote& remote) const {
  const std::string name = remote.remote.empty() ? std::string(kNoRemote) : remote.remote;
  const auto known = Of(cluster);
  if (known && known->remote == remote.remote && known->continue_on_loss == remote.continue_on_loss) return {};
  if (!known && remote.remote.empty()) return {};
  return Append(cluster, name, remote.continue_on_loss);
}

base::Status RemoteIndex::Forget(std::string_view cluster) const {
  return Of(cluster) ? Append(cluster, {}, false) : base::Status{};
}

base::Status RemoteIndex::Append(std::string_view cluster, std::string_view remote, bool continue_on_loss) const {
  const std::string line =
      std::string(cluster) + '\t' + std::string(remote) + '\t' + (continue_on_loss ? "continue" : "freeze") + '\n';
  if (std::count(line.begin(), line.end(), '\n') != 1 || std::count(line.begin(), line.end(), '\t') != 2) {
    return base::Fail(base::ErrorCode::kInvalid, "a remote's address has no tabs and no line breaks");
  }
  const int fd = open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  // One write in append mode: lines of two processes do not mix.
  const bool written = fd >= 0 && write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  const int cause = errno;
  if (fd >= 0) close(fd);
  if (written) return {};
  return base::Fail(base::ErrorCode::kUnavailable, "cannot write " + path_ + ": " + std::strerror(cause));
}

StateRemote ChooseRemote(const RemoteQuestion& question, const RemoteIndex& index) {
  const std::string flag = question.flag.empty() ? Environment("KADENDE_STATE_REMOTE") : question.flag;
  const auto remembered = index.Of(question.cluster);
  StateRemote chosen;
  if (!flag.empty()) {
    chosen = Named(flag);
    if (remembered) chosen.continue_on_loss = remembered->continue_on_loss;
  } else if (remembered) {
    chosen = *remembered;
    CompareWithFile(question, chosen);
  } else if (question.spec != nullptr && !question.spec->state_remote.empty()) {
    // A name is one that this machine's own repository gave a meaning to; an address is the file's word alone.
    const std::string& wanted = question.spec->state_remote;
    if (question.trusted || IsRemoteOf(question.folder, wanted)) {
      chosen = Named(wanted);
    } else {
      chosen.note = "`state.remote: " + base::EscapeTerminal(wanted) +
                    "` is no remote of the repository around the file, and an address that only a file names is asked "
                    "by an apply alone; --state-remote names it to every command";
    }
  } else if (!question.known) {
    chosen.remote = RemoteAround(question.folder);
    chosen.only_if_there = true;
  }
  if (question.spec != nullptr && question.trusted) chosen.continue_on_loss = question.spec->continue_on_remote_loss;
  return chosen;
}

base::Millis RunLifetime() {
  const auto given = base::ParseDuration(Environment("KADENDE_RUN_LIFETIME"));
  return given && *given >= kShortestLifetime ? *given : kLifetime;
}

}  // namespace kadende::cli
