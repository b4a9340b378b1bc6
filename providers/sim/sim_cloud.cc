#include "providers/sim/sim_cloud.h"

#include <utility>

#include "providers/sim/sim_core.h"
#include "providers/sim/sim_verdict.h"

namespace kadende::providers {
namespace {

using base::ErrorCode;
using base::Fail;
using base::Result;
using base::Status;

bool HasEnded(const SimFound& found, std::int64_t now_ms) {
  const SimPhase phase = PhaseAt(found.record, now_ms);
  return phase == SimPhase::kTerminated || phase == SimPhase::kRemoved;
}

bool IsListed(SimPhase phase) {
  return phase != SimPhase::kPending && phase != SimPhase::kRemoved;
}

tl::unexpected<base::Error> NoInstance(std::string_view id) {
  return Fail(ErrorCode::kNotFound, "the simulated cloud has no instance `" + std::string(id) + "`");
}

// Ends an instance now, by command. One that is being destroyed is left to that.
void End(SimEdit& edit, SimFound found, std::string_view reason) {
  if (found.record.ends_at != 0) return;
  --edit.tallies.present;
  ++edit.tallies.ended;
  found.record.ends_at = edit.now_ms;
  found.record.reason = reason;
  const std::int64_t listed_for = edit.settings.terminated_for.count();
  found.record.removed_at = listed_for > 0 ? edit.now_ms + listed_for : 0;
  edit.Replace(found, found.record);
  if (listed_for > 0) edit.RemoveLater(found.number, found.record);
}

void Vanish(SimEdit& edit, const SimFound& found) {
  if (found.record.ends_at == 0) --edit.tallies.present;
  ++edit.tallies.ended;
  edit.Remove(found);
}

}  // namespace

Result<std::unique_ptr<SimCloud>> SimCloud::Open(const std::string& path, bool create) {
  auto core = SimCore::Acquire(path, create);
  if (!core) return tl::unexpected(std::move(core.error()));
  return std::unique_ptr<SimCloud>(new SimCloud(path, *core));
}

SimCloud::~SimCloud() {
  SimCore::Release(core_);
}

const std::string& SimCloud::scope() const {
  return core_->scope();
}

bool SimCloud::IsCurrent() const {
  return SimFile::Identify(path_) == core_->identity();
}

Result<base::Millis> SimCloud::AdmitListing() {
  SimSettings settings;
  Status status = core_->View([&](SimView& view) { settings = view.settings; });
  SimVerdict verdict;
  if (status && NeedsJudging(SimOperation::kList, settings)) {
    status = core_->Edit(
        [&](SimEdit& edit) { verdict = Judge(SimOperation::kList, edit.settings, edit.tallies, edit.now_ms); });
  }
  if (!status) return tl::unexpected(std::move(status.error()));
  if (verdict.error) return tl::unexpected(std::move(*verdict.error));
  return settings.list_latency;
}

Result<SimSettings> SimCloud::Settings() {
  SimSettings settings;
  Status status = core_->View([&](SimView& view) { settings = view.settings; });
  if (!status) return tl::unexpected(std::move(status.error()));
  return settings;
}

Status SimCloud::ChangeSettings(const std::function<Status(SimSettings&)>& change) {
  Status changed;
  Status status = core_->Edit([&](SimEdit& edit) {
    SimSettings settings = edit.settings;
    changed = change(settings);
    if (changed) edit.settings = settings;
  });
  return status ? changed : status;
}

Result<std::uint64_t> SimCloud::FindNumber(std::string_view instance) {
  if (const auto number = ParseSimInstanceId(instance)) return *number;
  std::vector<std::uint64_t> numbers;
  Status status = core_->View([&](SimView& view) {
    for (SimCursor cursor(view.txn, SimTable::kInstances, {}); cursor.valid(); cursor.Next()) {
      const auto record = DecodeRecord(cursor.value());
      if (!record || record->name != instance) continue;
      const SimPhase phase = PhaseAt(*record, view.now_ms);
      if (phase == SimPhase::kPresent || phase == SimPhase::kTerminating) numbers.push_back(ReadKey64(cursor.key(), 4));
    }
  });
  if (!status) return tl::unexpected(std::move(status.error()));
  if (numbers.empty()) return NoInstance(instance);
  if (numbers.size() > 1) {
    return Fail(ErrorCode::kConflict, "several instances have the name `" + std::string(instance) + "`: give an id");
  }
  return numbers.front();
}

Status SimCloud::Command(SimCommand command, std::string_view instance, std::string_view reason) {
  const auto number = FindNumber(instance);
  if (!number) return tl::unexpected(number.error());
  bool found_it = false;
  const Status status = core_->Edit([&](SimEdit& edit) {
    auto found = edit.Find(*number);
    if (!found || HasEnded(*found, edit.now_ms) || !IsListed(PhaseAt(found->record, edit.now_ms))) return;
    found_it = true;
    if (command == SimCommand::kTerminate) return End(edit, *found, reason);
    if (command == SimCommand::kVanish) return Vanish(edit, *found);
    found->record.health = command == SimCommand::kUnhealthy ? SimHealth::kUnhealthy
                           : command == SimCommand::kStop    ? SimHealth::kStopped
                                                             : SimHealth::kRunning;
    found->record.reason = reason;
    edit.Replace(*found, found->record);
  });
  if (status && !found_it) return NoInstance(instance);
  return status;
}

Result<SimCounters> SimCloud::Count() {
  SimCounters counters;
  Status status = core_->View([&](SimView& view) {
    const SimTallies& tallies = view.tallies;
    counters = {tallies.made, tallies.accepted, tallies.deduplicated, tallies.destroyed, tallies.ended, 0, 0, 0};
    for (SimCursor cursor(view.txn, SimTable::kInstances, {}); cursor.valid(); cursor.Next()) {
      const auto record = DecodeRecord(cursor.value());
      if (!record) continue;
      switch (PhaseAt(*record, view.now_ms)) {
        case SimPhase::kPending:
          ++counters.pending;
          break;
        case SimPhase::kPresent:
        case SimPhase::kTerminating:
          ++counters.live;
          break;
        case SimPhase::kTerminated:
          ++counters.terminated;
          break;
        case SimPhase::kRemoved:
          break;
      }
    }
  });
  if (!status) return tl::unexpected(std::move(status.error()));
  return counters;
}

Status SimCloud::ForEach(const std::function<void(const SimInstance&)>& row) {
  return core_->View([&](SimView& view) {
    for (SimCursor cursor(view.txn, SimTable::kInstances, {}); cursor.valid(); cursor.Next()) {
      const auto record = DecodeRecord(cursor.value());
      if (!record) continue;
      const SimFound found{ReadKey64(cursor.key(), 4), ReadKey32(cursor.key()), *record};
      row({view.ToInstance(found, view.now_ms), std::string(view.Resolve(record->properties)),
           PhaseAt(*record, view.now_ms) == SimPhase::kRemoved});
    }
  });
}

}  // namespace kadende::providers
