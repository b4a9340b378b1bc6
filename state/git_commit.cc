#include "state/git_commit.h"

#include <algorithm>
#include <utility>

#include "engine/base/text.h"

namespace kadende::state {
namespace {

// git ends a name at '<' and a header at a newline.
std::string CleanIdentity(std::string_view text, std::string_view otherwise) {
  std::string clean;
  for (const char c : text) {
    if (c != '<' && c != '>' && static_cast<unsigned char>(c) >= 0x20) clean += c;
  }
  const auto blank = [](char c) { return c == ' '; };
  clean.erase(clean.begin(), std::find_if_not(clean.begin(), clean.end(), blank));
  while (!clean.empty() && blank(clean.back())) clean.pop_back();
  return clean.empty() ? std::string(otherwise) : clean;
}

// `git log` writes messages to a terminal as they are.
std::string CleanLine(std::string_view text) {
  std::string line(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return base::EscapeTerminal(line);
}

std::string CleanBody(std::string_view text) {
  std::vector<std::string> lines = base::Split(text, '\n');
  for (auto& line : lines) line = base::EscapeTerminal(line);
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  lines.erase(lines.begin(), std::find_if(lines.begin(), lines.end(), [](const auto& line) { return !line.empty(); }));
  return base::Join(lines, "\n");
}

void AppendTrailer(std::string_view key, std::string_view value, std::string* out) {
  if (!value.empty()) out->append(key).append(": ").append(CleanLine(value)).append("\n");
}

std::string Message(const CommitRequest& request) {
  const ports::PublishRequest& publish = *request.publish;
  const model::ClusterRecord& cluster = publish.state->cluster;
  const std::string subject = CleanLine(publish.subject);
  const std::string body = CleanBody(publish.body);
  std::string message = (subject.empty() ? "publish " + CleanLine(cluster.name) : subject) + "\n\n";
  if (!body.empty()) message += body + "\n\n";
  AppendTrailer("Kadende-Serial", std::to_string(request.serial), &message);
  AppendTrailer("Kadende-Lineage", cluster.lineage, &message);
  AppendTrailer("Kadende-Cluster", cluster.name, &message);
  AppendTrailer("Kadende-Actor", publish.actor, &message);
  AppendTrailer("Kadende-Spec", base::ToHex(cluster.spec_hash), &message);
  if (cluster.run) AppendTrailer(kRunTrailer, cluster.run->id, &message);
  AppendTrailer(kLostTrailer, request.lost, &message);
  for (const auto& [key, value] : publish.trailers) AppendTrailer(key, value, &message);
  return message;
}

// Takes the part up to `separator` off the front; the whole where there is none.
std::string_view TakeUntil(std::string_view* text, std::string_view separator) {
  const std::size_t at = text->find(separator);
  const std::string_view part = text->substr(0, at);
  text->remove_prefix(at == std::string_view::npos ? text->size() : at + separator.size());
  return part;
}

void ReadTrailers(std::string_view text, ports::CommitSummary* summary) {
  while (!text.empty()) {
    std::string_view line = TakeUntil(&text, "\n");
    const std::string_view key = TakeUntil(&line, ": ");
    if (!line.empty()) summary->trailers[std::string(key)] = line;
  }
  const auto take = [&](const char* key) {
    const auto found = summary->trailers.find(key);
    return found == summary->trailers.end() ? std::string() : found->second;
  };
  summary->actor = take("Kadende-Actor");
  summary->lineage = take("Kadende-Lineage");
  summary->spec_hash = take("Kadende-Spec");
  summary->serial = static_cast<std::uint64_t>(base::ParseInt(take("Kadende-Serial")).value_or(0));
}

void ReadMessage(std::string_view message, ports::CommitSummary* summary) {
  while (!message.empty() && message.back() == '\n') message.remove_suffix(1);
  summary->subject = TakeUntil(&message, "\n");
  while (!message.empty() && message.front() == '\n') message.remove_prefix(1);
  const std::size_t last = message.rfind("\n\n");
  const std::string_view trailers = last == std::string_view::npos ? message : message.substr(last + 2);
  // Ours always ends with trailers; a person's commit may not.
  if (trailers.substr(0, 8) != "Kadende-") {
    summary->body = message;
    return;
  }
  if (last != std::string_view::npos) summary->body = message.substr(0, last);
  ReadTrailers(trailers, summary);
}

// "Name <email> 1700000000 +0000"
base::TimePoint ReadTime(std::string_view person) {
  const std::size_t end = person.rfind("> ");
  if (end == std::string_view::npos) return {};
  std::string_view rest = person.substr(end + 2);
  return base::FromUnixMillis(base::ParseInt(TakeUntil(&rest, " ")).value_or(0) * 1000);
}

}  // namespace

std::string EncodeCommit(const CommitRequest& request) {
  const std::string person = CleanIdentity(request.identity.name, "kadende") + " <" +
                             CleanIdentity(request.identity.email, "kadende@localhost") + "> " +
                             std::to_string(base::ToUnixMillis(request.publish->time) / 1000) + " +0000\n";
  std::string bytes = "tree " + ToHex(request.tree) + "\n";
  if (request.parent) bytes += "parent " + ToHex(*request.parent) + "\n";
  return bytes + "author " + person + "committer " + person + "\n" + Message(request);
}

base::Result<Commit> ReadCommit(const GitRepository& repository, const ObjectId& id) {
  const auto bytes = repository.Read(id, ObjectKind::kCommit);
  if (!bytes) return tl::unexpected(bytes.error());
  std::string_view message = *bytes;
  std::string_view header = TakeUntil(&message, "\n\n");
  Commit commit;
  commit.summary.id = ToHex(id);
  std::optional<ObjectId> tree;
  while (!header.empty()) {
    std::string_view line = TakeUntil(&header, "\n");
    const std::string_view key = TakeUntil(&line, " ");
    if (key == "tree") tree = ObjectIdFromHex(line);
    if (key == "parent" && !commit.parent) commit.parent = ObjectIdFromHex(line);
    if (key == "committer") commit.summary.time = ReadTime(line);
  }
  if (!tree) return base::Fail(base::ErrorCode::kCorrupt, "git commit " + commit.summary.id + " is damaged");
  commit.tree = *tree;
  ReadMessage(message, &commit.summary);
  return commit;
}

}  // namespace kadende::state
