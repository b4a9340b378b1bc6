#include "state/git_verify.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "engine/base/text.h"
#include "engine/model/spec_hash.h"
#include "state/git_documents.h"
#include "state/git_layout.h"
#include "state/git_snapshot.h"
#include "state/git_verify_groups.h"

namespace kadende::state {
namespace {

constexpr std::size_t kShortId = 10;
// Long histories are read by several threads, each a stretch of versions; beyond four the disk is what is waited for.
constexpr std::size_t kVersionsPerThread = 100;
constexpr std::size_t kMostThreads = 4;

// One stretch of versions, each against the one before it. Not shared between threads, nor is its repository.
class Verifier {
 public:
  // `compacted`: some version of the line says that older ones were left out.
  Verifier(const GitRepository& repository, bool compacted)
      : repository_(repository), compacted_(compacted), objects_(repository), groups_(objects_) {}

  // `commits`: of the whole line, oldest first. Stops at the first fault.
  void Verify(const std::vector<Commit>& commits, std::size_t from, std::size_t to) {
    const Commit* before = from == 0 ? nullptr : &commits[from - 1];
    for (std::size_t i = from; i < to; ++i) {
      at_ = &commits[i].summary;
      if (!CheckCommit(commits[i], before) || !CheckTree(commits[i], before)) return;
      ++versions_;
      before = &commits[i];
    }
  }

  [[nodiscard]] std::uint64_t versions() const { return versions_; }
  [[nodiscard]] const std::optional<ports::HistoryFault>& fault() const { return fault_; }
  [[nodiscard]] const CheckedObjects& objects() const { return objects_; }

 private:
  [[nodiscard]] std::string Version() const {
    return "serial " + std::to_string(at_->serial) + " (" + at_->id.substr(0, kShortId) + ")";
  }
  bool Fail(const std::string& where, std::string cause, std::string remedy) {
    fault_ = ports::HistoryFault{Version() + (where.empty() ? "" : ": " + where), std::move(cause), std::move(remedy)};
    return false;
  }

  bool CheckCommit(const Commit& commit, const Commit* before) {
    const ports::CommitSummary& says = commit.summary;
    for (const char* const key : {"Kadende-Serial", "Kadende-Lineage", "Kadende-Cluster", "Kadende-Spec"}) {
      if (!says.trailers.contains(key)) return Fail("", "its message has no " + std::string(key), kForeignVersion);
    }
    const auto lost = says.trailers.find(std::string(kLostTrailer));
    const bool anew = lost != says.trailers.end();
    if (before == nullptr) {
      if (says.serial == 1 || compacted_ || anew) return true;
      return Fail("", "it is the oldest version and not the first, and none says that older ones were left out",
                  kRestoreHistory);
    }
    const std::string after = anew ? lost->second.substr(0, lost->second.find(' ')) : std::string();
    const std::uint64_t last =
        anew ? static_cast<std::uint64_t>(base::ParseInt(after).value_or(0)) : before->summary.serial;
    if (says.serial == last + 1) return true;
    return Fail("",
                "its serial is " + std::to_string(says.serial) + ", the version before it has " +
                    std::to_string(before->summary.serial),
                kForeignVersion);
  }

  bool CheckTree(const Commit& commit, const Commit* before) {
    // A former cluster of this name has incarnations of its own; it has left nothing behind.
    const bool is_succession = before != nullptr && before->summary.lineage != commit.summary.lineage;
    if (is_succession && !CheckSuccession(*before)) return false;
    auto step = objects_.Tree({}, commit.tree, before == nullptr ? nullptr : &before->tree);
    if (!step) return Fail("", step.error().message, kRestoreHistory);
    for (const TreeEntry& entry : step->now) {
      const TreeEntry* was = step->Before(entry.name);
      if (!entry.is_tree) {
        if (!objects_.IsNew(entry.id)) continue;
        if (const auto bytes = objects_.Blob(entry.id); !bytes) {
          return Fail(entry.name, bytes.error().message, kRestoreHistory);
        }
      } else if (entry.name == "groups" && (was == nullptr || was->id != entry.id)) {
        auto fault = groups_.Check(entry.id, was != nullptr && !is_succession ? &was->id : nullptr);
        if (fault) return Fail(fault->place, std::move(fault->cause), std::move(fault->remedy));
      }
    }
    return CheckHeader(commit, step->now);
  }

  // The two files that the message speaks of, read and fitting each other.
  struct Header {
    ObjectId meta;
    ObjectId spec;
    model::ClusterRecord record;
  };

  bool ReadHeader(const ObjectId& meta, const ObjectId& spec) {
    if (header_.meta == meta && header_.spec == spec) return true;
    const auto text = objects_.Blob(meta);
    if (!text) return Fail("meta.json", text.error().message, kRestoreHistory);
    model::ClusterRecord record;
    if (auto read = DecodeMeta(*text, &record); !read) return Fail("meta.json", read.error().message, kRestoreHistory);
    const auto file = objects_.Blob(spec);
    if (!file) return Fail("spec.yaml", file.error().message, kRestoreHistory);
    if (model::SpecHash(*file, record.variables) != record.spec_hash) {
      return Fail("spec.yaml", "its text and the variables have another SHA-256 than specHash", kForeignVersion);
    }
    header_ = {meta, spec, std::move(record)};
    return true;
  }

  // What the message says of the tree.
  bool CheckHeader(const Commit& commit, const std::vector<TreeEntry>& entries) {
    const TreeEntry* meta = FindIn(entries, "meta.json");
    const TreeEntry* spec = FindIn(entries, "spec.yaml");
    if (meta == nullptr || spec == nullptr) {
      return Fail(meta == nullptr ? "meta.json" : "spec.yaml", "the file is missing", kForeignVersion);
    }
    if (!ReadHeader(meta->id, spec->id)) return false;
    const model::ClusterRecord& record = header_.record;
    const ports::CommitSummary& says = commit.summary;
    if (record.lineage != says.lineage) {
      return Fail("meta.json", "its lineage is " + record.lineage + ", the message says " + says.lineage,
                  kForeignVersion);
    }
    if (record.name != says.trailers.at("Kadende-Cluster")) {
      return Fail("meta.json", "its name is " + record.name + ", the message says otherwise", kForeignVersion);
    }
    if (base::ToHex(record.spec_hash) != says.spec_hash) {
      return Fail("meta.json", "its specHash is not the one in the message (Kadende-Spec)", kForeignVersion);
    }
    return true;
  }

  bool CheckSuccession(const Commit& before) {
    const auto old = ReadSnapshot(repository_, before.tree);
    if (!old) return Fail("", "the former cluster of this name: " + old.error().message, kRestoreHistory);
    for (const auto& [path, group] : old->state.groups) {
      const bool left = std::any_of(group.nodes.begin(), group.nodes.end(),
                                    [](const auto& row) { return row.second.phase != model::NodePhase::kTombstone; });
      if (left) {
        return Fail("", "another cluster (lineage " + before.summary.lineage + ") had this name and still had nodes",
                    kForeignVersion);
      }
    }
    return true;
  }

  const GitRepository& repository_;
  const bool compacted_;
  const ports::CommitSummary* at_ = nullptr;
  std::uint64_t versions_ = 0;
  std::optional<ports::HistoryFault> fault_;
  CheckedObjects objects_;
  GroupsCheck groups_;
  Header header_;
};

// All commits of a line, oldest first; with a fault in `check` those that could be read.
std::vector<Commit> Collect(const GitLine& line, std::string_view name, ports::HistoryCheck& check) {
  std::vector<Commit> commits;
  std::optional<ObjectId> at = line.tip;
  while (at) {
    auto commit = ReadCommit(line.repository(), *at);
    if (!commit) {
      const std::string place = commits.empty()
                                    ? "the tip of " + BranchOf(name)
                                    : "the version before serial " + std::to_string(commits.back().summary.serial);
      check.fault = ports::HistoryFault{place + " (" + ToHex(*at).substr(0, kShortId) + ")", commit.error().message,
                                        kRestoreHistory};
      break;
    }
    at = commit->parent;
    commits.push_back(std::move(*commit));
  }
  std::reverse(commits.begin(), commits.end());
  return commits;
}

// Repositories for threads beside this one, as many as are worth it and can be opened.
std::vector<GitRepository> OpenForThreads(const GitRepository& repository, std::size_t versions) {
  const std::size_t threads = std::min<std::size_t>(
      {kMostThreads, std::max(1U, std::thread::hardware_concurrency()), versions / kVersionsPerThread});
  std::vector<GitRepository> more;
  while (more.size() + 1 < threads) {
    auto opened = GitRepository::Open(repository.CommonDirectory());
    if (!opened || !*opened) break;
    more.push_back(std::move(**opened));
  }
  return more;
}

// The oldest fault counts, and what was read before it.
void Gather(const std::vector<std::unique_ptr<Verifier>>& verifiers, ports::HistoryCheck& check) {
  std::unordered_set<ObjectId, ObjectIdHash> objects;
  for (const auto& verifier : verifiers) {
    check.versions += verifier->versions();
    objects.insert(verifier->objects().seen().begin(), verifier->objects().seen().end());
    check.fault = verifier->fault();
    if (check.fault) break;
  }
  check.objects = objects.size();
}

}  // namespace

base::Result<ports::HistoryCheck> VerifyLine(const GitLine& line, std::string_view name) {
  ports::HistoryCheck check;
  check.tip = ToHex(line.tip);
  const std::vector<Commit> commits = Collect(line, name, check);
  if (check.fault) return check;
  check.oldest_serial = commits.front().summary.serial;
  check.newest_serial = commits.back().summary.serial;
  const bool compacted = std::any_of(commits.begin(), commits.end(), [](const Commit& commit) {
    return commit.summary.trailers.contains(std::string(ports::kCompactedTrailer));
  });
  const std::vector<GitRepository> more = OpenForThreads(line.repository(), commits.size());
  const std::size_t parts = more.size() + 1;
  std::vector<std::unique_ptr<Verifier>> verifiers;
  verifiers.push_back(std::make_unique<Verifier>(line.repository(), compacted));
  for (const GitRepository& repository : more) verifiers.push_back(std::make_unique<Verifier>(repository, compacted));
  {
    std::vector<std::jthread> threads;
    const auto begin = [&](std::size_t part) { return commits.size() * part / parts; };
    for (std::size_t part = 1; part < parts; ++part) {
      threads.emplace_back([&, part] { verifiers[part]->Verify(commits, begin(part), begin(part + 1)); });
    }
    verifiers[0]->Verify(commits, 0, begin(1));
  }
  Gather(verifiers, check);
  return check;
}

}  // namespace kadende::state
