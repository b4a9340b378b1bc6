// What all SimCloud objects of a process that mean the same file share, and the two ways into the file: SimView reads
// one snapshot, SimEdit is one thread's part of a write transaction. Internal to sim_cloud*.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/instance.h"
#include "providers/sim/sim_codec.h"
#include "providers/sim/sim_dictionary.h"
#include "providers/sim/sim_file.h"
#include "providers/sim/sim_settings.h"
#include "providers/sim/sim_writer.h"

namespace kadende::providers {

// What an instance is at a time.
enum class SimPhase : std::uint8_t { kPending, kPresent, kTerminating, kTerminated, kRemoved };
[[nodiscard]] SimPhase PhaseAt(const SimRecord& record, std::int64_t at_ms);

// "sim-00000000042": eleven digits, so that it fits where std::string needs no heap.
[[nodiscard]] std::string SimInstanceId(std::uint64_t number);
[[nodiscard]] std::optional<std::uint64_t> ParseSimInstanceId(std::string_view id);

// Where a record is, and what it holds; the record's views live as long as the transaction is not written to.
struct SimFound {
  std::uint64_t number = 0;
  std::uint32_t lineage = 0;
  SimRecord record;
};

// One read transaction. Not across a wait.
class SimView {
 public:
  SimTxn& txn;
  SimTallies tallies;
  SimSettings settings;
  std::int64_t now_ms;
  std::vector<std::string_view> texts;     // by dictionary id
  std::vector<std::string_view> lineages;  // by lineage id

  [[nodiscard]] std::optional<SimFound> Find(std::uint64_t number);
  [[nodiscard]] std::string_view Resolve(const SimText& text) const;
  // What follows from an instance's number alone: id, address, attributes.
  static void FillGenerated(model::Instance& instance, std::uint64_t number);
  // The instance as it looks at `at_ms`.
  [[nodiscard]] model::Instance ToInstance(const SimFound& found, std::int64_t at_ms) const;
};

class SimCore;

// One job's sight of the write transaction. What it changes is seen by the jobs after it, and committed with them.
class SimEdit {
 public:
  SimEdit(SimCore& core, SimTxn& txn);

  SimTallies tallies;
  SimSettings settings;
  std::int64_t now_ms;

  [[nodiscard]] std::optional<std::uint64_t> FindToken(const base::Digest& token);
  void PutToken(const base::Digest& token, std::uint64_t number);
  [[nodiscard]] std::optional<SimFound> Find(std::uint64_t number);
  // A new instance gets the next number.
  std::uint64_t Make(std::string_view lineage, const SimRecord& record);
  // `found` is as Find gave it; its record is replaced, below `lineage`.
  void Replace(const SimFound& found, const SimRecord& record, std::string_view lineage);
  void Replace(const SimFound& found, const SimRecord& record);
  void Remove(const SimFound& found);
  // The record is removed when its removed_at has passed and no delayed listing can show it any more.
  void RemoveLater(std::uint64_t number, const SimRecord& record);
  // Writes: call it before Find, whose views a write ends. Text that is kept inline is borrowed.
  [[nodiscard]] SimText Intern(std::string_view text);
  void NoteCluster(std::string_view cluster, std::string_view lineage);
  [[nodiscard]] SimView View();  // a view of the present state, with this job's changes

 private:
  friend class SimCore;
  void Sweep();
  void Finish();
  [[nodiscard]] std::uint32_t LineageId(std::string_view lineage);

  SimCore& core_;
  SimTxn& txn_;
  std::string stored_tallies_;
  SimSettings loaded_settings_;
  std::string buffer_;
};

// Thread-safe. Counted per file in a registry of the process, because LMDB must not open a file twice in one.
class SimCore {
 public:
  // Every Acquire is ended by a Release.
  [[nodiscard]] static base::Result<SimCore*> Acquire(const std::string& path, bool create);
  static void Release(SimCore* core);

  template <class F>
  [[nodiscard]] base::Status Edit(F work) {
    struct Job final : SimJob {
      explicit Job(F& f) : call(f) {}
      void Apply(SimEdit& edit) override { call(edit); }
      F& call;
    } job(work);
    return writer_.Run(job);
  }
  template <class F>
  [[nodiscard]] base::Status View(F work) {
    auto txn = file_->Read();
    if (!txn) return tl::unexpected(std::move(txn.error()));
    SimView view = Look(*txn);
    if (base::Status status = txn->status(); !status) return status;
    work(view);
    return txn->status();
  }

  [[nodiscard]] const FileIdentity& identity() const { return identity_; }
  [[nodiscard]] const std::string& scope() const { return scope_; }
  // Lineages that ever had an instance of this cluster name.
  [[nodiscard]] static std::vector<std::uint32_t> LineagesOf(SimView& view, std::string_view cluster);

 private:
  friend class SimEdit;
  SimCore(std::unique_ptr<SimFile> file, FileIdentity identity);
  [[nodiscard]] base::Status Initialise();
  [[nodiscard]] base::Status Write(std::span<SimJob* const> jobs);
  [[nodiscard]] SimView Look(SimTxn& txn);

  const std::unique_ptr<SimFile> file_;
  const FileIdentity identity_;
  std::string scope_;  // constant after Initialise
  SimDictionary texts_{SimTable::kTexts};
  SimDictionary lineages_{SimTable::kLineages};
  SimWriter writer_;
  // The writer's alone: pairs of cluster and lineage that are known to be stored.
  std::unordered_set<std::string> noted_clusters_;
  int users_ = 0;  // guarded by the registry's mutex
};

}  // namespace kadende::providers
