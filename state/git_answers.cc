#include "state/git_answers.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/text.h"
#include "state/git_address.h"

namespace kadende::state {
namespace {

using base::ErrorCode;

constexpr std::size_t kMaxLines = 8;
constexpr std::size_t kMaxText = 1000;

constexpr std::array<std::string_view, 12> kDeniedWords = {
    "permission denied",       "authentication failed", "could not read username",
    "could not read password", "invalid username",      "access denied",
    "host key verification",   "returned error: 401",   "returned error: 403",
    "not authorized",          "unauthorized",          "permission to"};
constexpr std::array<std::string_view, 9> kCorruptWords = {
    "is corrupt",      "is damaged",           "bad object",
    "missing blob",    "missing tree",         "missing commit",
    "unable to read ", "inflate: data stream", "did not send all necessary objects"};
constexpr std::array<std::string_view, 3> kNeverWords = {"does not support --atomic push", "dubious ownership",
                                                         "unable to find remote helper"};
// The sentences that git adds for people who set up a remote; the line before says what is wrong.
constexpr std::array<std::string_view, 4> kBoilerplate = {"please make sure you have the correct access rights",
                                                          "and the repository exists", "hint:", "to http"};

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool HasAny(const std::string& lower, std::span<const std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

std::vector<std::string> LinesOf(std::string_view text) {
  std::vector<std::string> lines;
  for (auto& line : base::Split(text, '\n')) {
    while (!line.empty() && line.back() == '\r') line.pop_back();  // ssh ends its lines so
    // A server's progress overwrites itself.
    line = line.substr(line.rfind('\r') == std::string::npos ? 0 : line.rfind('\r') + 1);
    while (!line.empty() && (line.back() == ' ' || line.back() == '\t')) line.pop_back();
    const std::string lower = Lower(line);
    const bool empty = line.empty() || lower == "remote:";
    const bool boilerplate = std::any_of(kBoilerplate.begin(), kBoilerplate.end(),
                                         [&](std::string_view words) { return lower.starts_with(words); });
    if (!empty && !boilerplate) lines.push_back(base::EscapeTerminal(WithoutCredentials(line)));
  }
  return lines;
}

// What a push says of refs that it did not update: "!\t<from>:<to>\t[remote rejected] (pre-receive hook declined)".
std::vector<std::string> Refusals(std::string_view out) {
  std::vector<std::string> refusals;
  for (const auto& line : base::Split(out, '\n')) {
    const auto fields = base::Split(line, '\t');
    if (fields.size() >= 3 && fields[0] == "!") refusals.push_back(fields[2]);
  }
  return refusals;
}

ErrorCode CodeOf(const std::string& lower, bool refused) {
  if (HasAny(lower, kNeverWords)) return ErrorCode::kInvalid;
  if (HasAny(lower, kDeniedWords) || refused) return ErrorCode::kDenied;
  if (HasAny(lower, kCorruptWords)) return ErrorCode::kCorrupt;
  return ErrorCode::kUnavailable;
}

std::string Remedy(const std::string& lower, ErrorCode code) {
  if (lower.find("--atomic") != std::string::npos) {
    return "; state needs a remote that can update two refs at once, as git servers since 2.4 do";
  }
  if (code == ErrorCode::kCorrupt) {
    if (lower.find("remote:") != std::string::npos) {
      return "; the remote repository is damaged: run `git fsck` there, and restore it from a clone or a backup";
    }
    return "; objects are gone or damaged: run `git fsck` in history.git of the state directory and in the remote "
           "repository; a damaged history.git can be moved away and is fetched anew";
  }
  if (lower.find("could not read username") != std::string::npos || lower.find("publickey") != std::string::npos) {
    return "; nobody is asked for a password here: use an ssh agent, a credential helper or GIT_ASKPASS";
  }
  return {};
}

}  // namespace

std::map<std::string, std::string> ParseRefList(std::string_view out) {
  std::map<std::string, std::string> refs;
  for (const auto& line : base::Split(out, '\n')) {
    const std::size_t tab = line.find('\t');
    if (tab != std::string::npos) refs[line.substr(tab + 1)] = line.substr(0, tab);
  }
  return refs;
}

PushOutcome ReadPush(const GitOutput& push) {
  const std::vector<std::string> refusals = Refusals(push.out);
  const bool finished = push.out == "Done\n" || push.out.ends_with("\nDone\n");
  if (push.status == 0 && refusals.empty() && finished) return PushOutcome::kDone;
  const std::string reasons = Lower(base::Join(refusals, "\n") + "\n" + push.err);
  constexpr std::array<std::string_view, 5> kMovedWords = {"stale info", "fetch first", "non-fast-forward",
                                                           "incorrect old value", "already exists"};
  constexpr std::array<std::string_view, 4> kBusyWords = {"cannot lock ref", "failed to update ref", "unable to create",
                                                          "atomic transaction failed"};
  // A server's "non-fast-forward" is its receive.denyNonFastForwards: with a lease, git itself never says so.
  constexpr std::array<std::string_view, 6> kRejectedWords = {"hook declined", "hook failed",
                                                              "protected",     "deny updating a hidden ref",
                                                              "prohibited",    "[remote rejected] (non-fast-forward)"};
  if (HasAny(reasons, kRejectedWords)) return PushOutcome::kRejected;
  if (HasAny(reasons, kMovedWords)) return PushOutcome::kMoved;
  if (HasAny(reasons, kBusyWords)) return PushOutcome::kBusy;
  if (reasons.find("[remote rejected]") != std::string::npos) return PushOutcome::kRejected;
  return PushOutcome::kFailed;
}

base::Error ExplainFailure(const GitOutput& output, std::string_view what, std::string_view address) {
  std::vector<std::string> lines = LinesOf(output.err);
  const std::vector<std::string> refusals = Refusals(output.out);
  lines.insert(lines.end(), refusals.begin(), refusals.end());
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  // The last ones say why it ended.
  if (lines.size() > kMaxLines) lines.erase(lines.begin(), lines.end() - kMaxLines);
  std::string text = base::Join(lines, "; ");
  if (text.size() > kMaxText) text = text.substr(0, kMaxText) + "...";
  if (text.empty()) text = "git ended with status " + std::to_string(output.status) + " and said nothing";
  const std::string lower = Lower(text);
  base::Error error;
  error.code = CodeOf(lower, ReadPush(output) == PushOutcome::kRejected);
  error.message = std::string(what) + " " + std::string(address) + ": " + text + Remedy(lower, error.code);
  return error;
}

}  // namespace kadende::state
