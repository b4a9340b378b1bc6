#include "state/git_run_ref.h"

#include <unistd.h>

#include <array>
#include <exception>
#include <utility>

#include "engine/base/json.h"
#include "engine/base/text.h"
#include "state/git_commit.h"
#include "state/git_layout.h"
#include "state/git_snapshot.h"
#include "state/git_tree.h"
#include "state/intent_codec.h"

namespace kadende::state {
namespace {

using base::Json;

constexpr int kRunFormat = 1;
constexpr std::string_view kRunFile = "run.json";
constexpr std::string_view kIntentsFile = "intents.jsonl";
constexpr std::string_view kRunPrefix = "refs/kadende/run/";
constexpr std::array<std::string_view, 4> kKinds = {"apply", "watch", "destroy", "edit"};

std::string HostName() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

Json Time(base::TimePoint time) {
  return base::FormatRfc3339(time, true);
}

base::TimePoint ReadTime(const Json& json, const char* key) {
  return base::ParseRfc3339(json.value(key, std::string())).value_or(base::TimePoint{});
}

// Everything of `claim` but what is the commit's own, and what the open run has beside its plan.
std::string EncodeRun(const ports::RunClaim& claim, const std::optional<model::Run>& run) {
  Json json = {{"format", kRunFormat},
               {"run", claim.run_id},
               {"lineage", claim.lineage},
               {"host", claim.host},
               {"pid", claim.holder.pid},
               {"actor", claim.holder.actor},
               {"reason", claim.holder.reason},
               {"since", Time(claim.holder.since)},
               {"renewed", Time(claim.renewed)},
               {"lifetimeMs", claim.lifetime.count()},
               // Two claims are never the same commit, or both would seem to have won.
               {"nonce", model::NewLineage()}};
  if (run) {
    json["kind"] = kKinds.at(static_cast<std::size_t>(run->kind));
    json["subject"] = run->subject;
    json["runActor"] = run->actor;
    json["startedAt"] = Time(run->started_at);
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

base::Result<Json> ParseRun(const std::string& text) {
  auto json = base::ParseJson(text);
  if (!json) return base::Wrap(json.error(), kRunFile);
  const int format = json->is_object() ? json->value("format", 0) : 0;
  if (format > kRunFormat) {
    return base::Fail(base::ErrorCode::kInvalid, "run.json was written by a newer kadende (format " +
                                                     std::to_string(format) + ", this one reads " +
                                                     std::to_string(kRunFormat) + "); update kadende");
  }
  if (format < 1) return base::Fail(base::ErrorCode::kCorrupt, "run.json has no format number");
  return json;
}

ports::RunClaim ClaimFromJson(const Json& json) {
  ports::RunClaim claim;
  claim.run_id = json.at("run").get<std::string>();
  claim.lineage = json.at("lineage").get<std::string>();
  claim.host = json.value("host", std::string());
  claim.holder = {json.value("actor", std::string()), json.value("reason", std::string()),
                  json.value("pid", std::int64_t{0}), ReadTime(json, "since")};
  claim.renewed = ReadTime(json, "renewed");
  claim.lifetime = base::Millis(json.at("lifetimeMs").get<std::int64_t>());
  return claim;
}

model::Run RunFromJson(const Json& json) {
  model::Run run;
  run.id = json.at("run").get<std::string>();
  const std::string kind = json.value("kind", std::string());
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (kKinds[i] == kind) run.kind = static_cast<model::RunKind>(i);
  }
  run.actor = json.value("runActor", json.value("actor", std::string()));
  run.subject = json.value("subject", std::string());
  run.started_at = ReadTime(json, "startedAt");
  return run;
}

template <class Work>
auto Guarded(Work work) -> base::Result<decltype(work())> {
  try {
    return work();
  } catch (const std::exception& exception) {
    return base::Fail(base::ErrorCode::kCorrupt, std::string("run.json: ") + exception.what());
  }
}

// A file at the top of a commit's tree; nothing where there is none.
base::Result<std::optional<std::string>> ReadTop(const GitRepository& repository, const ObjectId& tree,
                                                 std::string_view name) {
  const auto entries = ReadTree(repository, tree);
  if (!entries) return tl::unexpected(entries.error());
  for (const auto& entry : *entries) {
    if (entry.is_tree || entry.name != name) continue;
    auto bytes = repository.Read(entry.id, ObjectKind::kBlob);
    if (!bytes) return base::Wrap(bytes.error(), name);
    return std::optional<std::string>(std::move(*bytes));
  }
  return std::nullopt;
}

// The tree with one file at its top set.
base::Result<ObjectId> AddFile(GitRepository& repository, const ObjectId& tree, std::string_view name,
                               std::string bytes) {
  ObjectBatch batch;
  TreeEditor editor(repository, tree);
  if (auto put = editor.Put(name, std::move(bytes), &batch); !put) return tl::unexpected(put.error());
  const ObjectId root = editor.Write(&batch);
  if (auto written = repository.Write(batch); !written) return tl::unexpected(written.error());
  return root;
}

// Intents and the open run, on top of what was published.
base::Status ReadRunInto(const GitRepository& repository, const Commit& commit, const std::string& run_text,
                         model::ClusterState* state, const std::string& plan) {
  const auto json = ParseRun(run_text);
  if (!json) return tl::unexpected(json.error());
  auto run = Guarded([&] { return RunFromJson(*json); });
  if (!run) return tl::unexpected(run.error());
  run->plan = plan;
  run->plan_text = commit.summary.body;
  state->cluster.run = std::move(*run);
  state->cluster.commit = commit.parent ? ToHex(*commit.parent) : std::string();
  const auto intents = ReadTop(repository, commit.tree, kIntentsFile);
  if (!intents) return tl::unexpected(intents.error());
  if (!*intents) return {};
  if (auto read = DecodeIntents(**intents, state); !read) return base::Wrap(read.error(), kIntentsFile);
  return {};
}

}  // namespace

std::string RunRefOf(std::string_view cluster) {
  return std::string(kRunPrefix) + EncodePart(cluster);
}

base::Result<RunRefWriter> RunRefWriter::Make(GitRepository& repository, const ports::ClaimRequest& request,
                                              const std::optional<ObjectId>& parent) {
  const model::ClusterState& state = *request.state;
  std::optional<ObjectId> below;
  if (!state.cluster.commit.empty()) {
    const auto id = ObjectIdFromHex(state.cluster.commit);
    if (!id) return base::Fail(base::ErrorCode::kCorrupt, "state names a commit that is no object id");
    const auto commit = ReadCommit(repository, *id);
    if (!commit) return tl::unexpected(commit.error());
    below = commit->tree;
  }
  ObjectBatch batch;
  const auto snapshot =
      WriteSnapshot(repository, below, state, state.cluster.run ? state.cluster.run->plan : "", &batch);
  if (!snapshot) return tl::unexpected(snapshot.error());
  if (auto written = repository.Write(batch); !written) return tl::unexpected(written.error());
  const auto tree = AddFile(repository, *snapshot, kIntentsFile, EncodeIntents(state));
  if (!tree) return tl::unexpected(tree.error());

  RunRefWriter writer;
  writer.tree_ = *tree;
  writer.parent_ = parent;
  writer.header_.cluster = state.cluster;
  writer.header_.cluster.spec_text.clear();
  ports::RunClaim& claim = writer.claim_;
  claim.base = parent ? ToHex(*parent) : std::string();
  claim.run_id = request.run_id;
  claim.lineage = state.cluster.lineage;
  claim.host = HostName();
  claim.holder = request.holder;
  claim.lifetime = request.lifetime;
  return writer;
}

base::Result<ports::RunClaim> RunRefWriter::Write(GitRepository& repository, base::TimePoint now) const {
  const model::ClusterRecord& cluster = header_.cluster;
  ports::RunClaim claim = claim_;
  claim.renewed = now;
  const auto tree = AddFile(repository, tree_, kRunFile, EncodeRun(claim, cluster.run));
  if (!tree) return tl::unexpected(tree.error());
  ports::PublishRequest message;
  message.state = &header_;
  message.time = now;
  message.subject = "run of " + cluster.name + ": " + (cluster.run ? cluster.run->subject : claim.holder.reason);
  message.body = cluster.run ? cluster.run->plan_text : std::string();
  message.actor = claim.holder.actor;
  const Identity identity = repository.ConfiguredIdentity().value_or(Identity{"kadende", "kadende@localhost"});
  ObjectBatch batch;
  const ObjectId id =
      batch.Add(ObjectKind::kCommit, EncodeCommit({*tree, parent_, identity, cluster.serial, &message}));
  if (auto written = repository.Write(batch); !written) return tl::unexpected(written.error());
  claim.commit = ToHex(id);
  return claim;
}

base::Result<ports::RunClaim> ReadRunClaim(const GitRepository& repository, const ObjectId& id) {
  const auto commit = ReadCommit(repository, id);
  if (!commit) return tl::unexpected(commit.error());
  const auto text = ReadTop(repository, commit->tree, kRunFile);
  if (!text) return tl::unexpected(text.error());
  if (!*text) return base::Fail(base::ErrorCode::kCorrupt, "commit " + ToHex(id) + " has no run.json: not a run's");
  const auto json = ParseRun(**text);
  if (!json) return tl::unexpected(json.error());
  auto claim = Guarded([&] { return ClaimFromJson(*json); });
  if (!claim) return tl::unexpected(claim.error());
  claim->commit = ToHex(id);
  if (commit->parent) claim->base = ToHex(*commit->parent);
  return claim;
}

base::Result<ports::HistoricState> ReadAnyState(const GitRepository& repository, const ObjectId& id) {
  auto commit = ReadCommit(repository, id);
  if (!commit) return tl::unexpected(commit.error());
  auto snapshot = ReadSnapshot(repository, commit->tree);
  if (!snapshot) return base::Wrap(snapshot.error(), "commit " + ToHex(id));
  ports::HistoricState historic{commit->summary, std::move(snapshot->state), std::move(snapshot->plan)};
  historic.state.cluster.serial = commit->summary.serial;
  historic.state.cluster.commit = ToHex(id);
  const auto run = ReadTop(repository, commit->tree, kRunFile);
  if (!run) return base::Wrap(run.error(), "commit " + ToHex(id));
  if (!*run) return historic;
  const auto read = ReadRunInto(repository, *commit, **run, &historic.state, historic.plan);
  if (!read) return base::Wrap(read.error(), "commit " + ToHex(id));
  return historic;
}

}  // namespace kadende::state
