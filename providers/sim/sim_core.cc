#include "providers/sim/sim_core.h"

#include <charconv>
#include <chrono>
#include <exception>
#include <map>
#include <mutex>

#include "engine/base/digest.h"

namespace kadende::providers {
namespace {

using base::ErrorCode;
using base::Fail;
using base::Status;
using model::InstanceStatus;

constexpr std::string_view kCloudKey = "cloud";  // format line and random id
constexpr std::string_view kTalliesKey = "tallies";
constexpr std::string_view kSettingsKey = "settings";
constexpr std::string_view kFormat = "kadende sim 1 ";  // the id follows
// Beyond this many, strings are kept in each record: properties that differ per node must not fill the memory of
// everybody.
constexpr std::uint64_t kMaxTexts = 4096;
constexpr int kSweepLimit = 10'000;  // records removed per transaction

std::mutex registry_mutex;
std::map<FileIdentity, SimCore*>& Registry() {
  static std::map<FileIdentity, SimCore*> registry;
  return registry;
}

std::int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string_view TokenKey(const base::Digest& token) {
  return {reinterpret_cast<const char*>(token.bytes.data()), token.bytes.size()};  // NOLINT: bytes to bytes
}

// A name of any length as a key of fixed length.
std::string ClusterKey(std::string_view cluster) {
  return std::string(TokenKey(base::Sha256(cluster)).substr(0, 16));
}

SimTallies LoadTallies(SimTxn& txn) {
  const auto bytes = txn.Get(SimTable::kMeta, kTalliesKey);
  return bytes ? DecodeTallies(*bytes).value_or(SimTallies{}) : SimTallies{};
}

SimSettings ParseStored(std::string_view text) {
  return ParseSimSettings(text).value_or(SimSettings{});
}

// The text differs rarely from one transaction to the next: parsed once per thread and text.
SimSettings LoadSettings(SimTxn& txn) {
  thread_local std::string text;
  thread_local SimSettings settings;
  const std::string_view stored = txn.Get(SimTable::kMeta, kSettingsKey).value_or(std::string_view{});
  if (stored != text) {
    text = stored;
    settings = ParseStored(text);
  }
  return settings;
}

template <class Transaction>
std::optional<SimFound> FindRecord(Transaction& txn, std::uint64_t number) {
  const auto lineage = txn.Get(SimTable::kLocators, Key64(number));
  if (!lineage) return std::nullopt;
  SimFound found{number, ReadKey32(*lineage), {}};
  const auto bytes = txn.Get(SimTable::kInstances, Key32And64(found.lineage, number));
  if (!bytes) return std::nullopt;
  const auto record = DecodeRecord(*bytes);
  if (!record) return std::nullopt;
  found.record = *record;
  return found;
}

InstanceStatus StatusOf(const SimRecord& record, SimPhase phase) {
  switch (phase) {
    case SimPhase::kPending:
      return InstanceStatus::kPending;
    case SimPhase::kTerminating:
      return InstanceStatus::kTerminating;
    case SimPhase::kTerminated:
    case SimPhase::kRemoved:
      return InstanceStatus::kTerminated;
    case SimPhase::kPresent:
      break;
  }
  switch (record.health) {
    case SimHealth::kRunning:
      return InstanceStatus::kRunning;
    case SimHealth::kUnhealthy:
      return InstanceStatus::kUnhealthy;
    case SimHealth::kStopped:
      return InstanceStatus::kStopped;
  }
  return InstanceStatus::kUnknown;
}

std::string AddressOf(std::uint64_t number) {
  return "10." + std::to_string((number >> 16U) & 255U) + "." + std::to_string((number >> 8U) & 255U) + "." +
         std::to_string(number & 255U);
}

}  // namespace

SimPhase PhaseAt(const SimRecord& record, std::int64_t at_ms) {
  if (at_ms < record.lands_at) return SimPhase::kPending;
  if (record.removed_at != 0 && at_ms >= record.removed_at) return SimPhase::kRemoved;
  if (record.ends_at == 0) return SimPhase::kPresent;
  return at_ms < record.ends_at ? SimPhase::kTerminating : SimPhase::kTerminated;
}

std::string SimInstanceId(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string id = "sim-";
  if (digits.size() < 11) id.append(11 - digits.size(), '0');
  return id + digits;
}

std::optional<std::uint64_t> ParseSimInstanceId(std::string_view id) {
  if (!id.starts_with("sim-") || id.size() < 15) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(id.data() + 4, id.data() + id.size(), number);
  if (error != std::errc() || end != id.data() + id.size()) return std::nullopt;
  return number;
}

std::optional<SimFound> SimView::Find(std::uint64_t number) {
  return FindRecord(txn, number);
}

std::string_view SimView::Resolve(const SimText& text) const {
  if (text.id == SimText::kInline) return text.text;
  return text.id < texts.size() ? texts[text.id] : std::string_view();
}

void SimView::FillGenerated(model::Instance& instance, std::uint64_t number) {
  instance.id = SimInstanceId(number);
  instance.addresses.assign(1, AddressOf(number));
  instance.attributes = "{\"zone\":\"z" + std::to_string(number % 3 + 1) + "\"}";
}

model::Instance SimView::ToInstance(const SimFound& found, std::int64_t at_ms) const {
  const SimRecord& record = found.record;
  model::Instance instance;
  FillGenerated(instance, found.number);
  instance.name = record.name;
  if (found.lineage < lineages.size()) instance.owner.lineage = lineages[found.lineage];
  instance.owner.cluster = Resolve(record.cluster);
  instance.owner.group = Resolve(record.group);
  instance.owner.slot.ordinal = record.ordinal;
  instance.owner.slot.logical_id = record.logical_id;
  instance.owner.incarnation = record.incarnation;
  instance.owner.token = record.token;
  instance.owner.revision = record.revision;
  instance.labels = DecodeLabels(Resolve(record.labels));
  instance.status = StatusOf(record, PhaseAt(record, at_ms));
  instance.status_reason = record.reason;
  instance.created_at = base::FromUnixMillis(record.lands_at);
  return instance;
}

SimEdit::SimEdit(SimCore& core, SimTxn& txn)
    : tallies(LoadTallies(txn)),
      settings(LoadSettings(txn)),
      now_ms(NowMs()),
      core_(core),
      txn_(txn),
      stored_tallies_(EncodeTallies(tallies)),
      loaded_settings_(settings) {}

std::optional<std::uint64_t> SimEdit::FindToken(const base::Digest& token) {
  const auto number = txn_.Get(SimTable::kTokens, TokenKey(token));
  if (!number) return std::nullopt;
  return ReadKey64(*number);
}

void SimEdit::PutToken(const base::Digest& token, std::uint64_t number) {
  txn_.Put(SimTable::kTokens, TokenKey(token), Key64(number));
}

std::optional<SimFound> SimEdit::Find(std::uint64_t number) {
  return FindRecord(txn_, number);
}

std::uint64_t SimEdit::Make(std::string_view lineage, const SimRecord& record) {
  const std::uint64_t number = ++tallies.made;
  const std::uint32_t lineage_id = LineageId(lineage);
  EncodeRecord(record, buffer_);
  txn_.Put(SimTable::kInstances, Key32And64(lineage_id, number), buffer_);
  txn_.Append(SimTable::kLocators, Key64(number), Key32(lineage_id));
  return number;
}

void SimEdit::Replace(const SimFound& found, const SimRecord& record) {
  EncodeRecord(record, buffer_);
  txn_.Put(SimTable::kInstances, Key32And64(found.lineage, found.number), buffer_);
}

void SimEdit::Replace(const SimFound& found, const SimRecord& record, std::string_view lineage) {
  EncodeRecord(record, buffer_);  // before anything is written: the record may borrow from the transaction
  const std::uint32_t lineage_id = LineageId(lineage);
  if (lineage_id != found.lineage) {
    txn_.Erase(SimTable::kInstances, Key32And64(found.lineage, found.number));
    txn_.Put(SimTable::kLocators, Key64(found.number), Key32(lineage_id));
  }
  txn_.Put(SimTable::kInstances, Key32And64(lineage_id, found.number), buffer_);
}

void SimEdit::Remove(const SimFound& found) {
  txn_.Erase(SimTable::kInstances, Key32And64(found.lineage, found.number));
  txn_.Erase(SimTable::kLocators, Key64(found.number));
}

void SimEdit::RemoveLater(std::uint64_t number, const SimRecord& record) {
  const std::int64_t at = record.removed_at + settings.listing_delay.count();
  txn_.Put(SimTable::kDue, Key64And64(static_cast<std::uint64_t>(at), number), {});
}

SimText SimEdit::Intern(std::string_view text) {
  if (const auto id = core_.texts_.Find(text)) return {*id, {}};
  if (tallies.texts >= kMaxTexts) return {SimText::kInline, text};
  ++tallies.texts;
  return {core_.texts_.Add(txn_, text), {}};
}

std::uint32_t SimEdit::LineageId(std::string_view lineage) {
  if (const auto id = core_.lineages_.Find(lineage)) return *id;
  ++tallies.lineages;
  return core_.lineages_.Add(txn_, lineage);
}

void SimEdit::NoteCluster(std::string_view cluster, std::string_view lineage) {
  thread_local std::string pair;
  pair.assign(cluster).append(1, '\0').append(lineage);
  if (core_.noted_clusters_.contains(pair)) return;
  txn_.Put(SimTable::kClusters, ClusterKey(cluster) + Key32(LineageId(lineage)), {});
  core_.noted_clusters_.insert(pair);
}

SimView SimEdit::View() {
  return {txn_, tallies, settings, now_ms, core_.texts_.Snapshot(), core_.lineages_.Snapshot()};
}

void SimEdit::Sweep() {
  std::vector<std::string> due;
  {
    SimCursor cursor(txn_, SimTable::kDue, {});
    for (int i = 0; i < kSweepLimit && cursor.valid(); ++i, cursor.Next()) {
      if (ReadKey64(cursor.key()) > static_cast<std::uint64_t>(now_ms)) break;
      due.emplace_back(cursor.key());
    }
  }
  for (const std::string& key : due) {
    const auto found = Find(ReadKey64(key, 8));
    // Destroyed after it had ended by itself, an instance is due a second time.
    if (found && found->record.removed_at != 0 && found->record.removed_at <= now_ms) Remove(*found);
    txn_.Erase(SimTable::kDue, key);
  }
}

void SimEdit::Finish() {
  if (const std::string bytes = EncodeTallies(tallies); bytes != stored_tallies_) {
    txn_.Put(SimTable::kMeta, kTalliesKey, bytes);
  }
  if (settings != loaded_settings_) txn_.Put(SimTable::kMeta, kSettingsKey, FormatSimSettings(settings));
}

SimCore::SimCore(std::unique_ptr<SimFile> file, FileIdentity identity)
    : file_(std::move(file)),
      identity_(identity),
      writer_([this](std::span<SimJob* const> jobs) { return Write(jobs); }) {}

base::Result<SimCore*> SimCore::Acquire(const std::string& path, bool create) {
  const std::lock_guard lock(registry_mutex);
  if (const auto identity = SimFile::Identify(path)) {
    if (const auto found = Registry().find(*identity); found != Registry().end()) {
      ++found->second->users_;
      return found->second;
    }
  }
  auto file = SimFile::Open(path, create);
  if (!file) return tl::unexpected(std::move(file.error()));
  const auto identity = SimFile::Identify(path);
  if (!identity) return Fail(ErrorCode::kUnavailable, "the cloud `" + path + "` was removed while it was opened");
  std::unique_ptr<SimCore> core(new SimCore(std::move(*file), *identity));
  if (Status status = core->Initialise(); !status) return tl::unexpected(std::move(status.error()));
  core->users_ = 1;
  return Registry()[*identity] = core.release();
}

void SimCore::Release(SimCore* core) {
  const std::lock_guard lock(registry_mutex);
  if (--core->users_ > 0) return;
  Registry().erase(core->identity_);
  const std::unique_ptr<SimCore> last(core);  // closed under the lock: nobody opens the file meanwhile
}

Status SimCore::Initialise() {
  auto txn = file_->Write();
  if (!txn) return tl::unexpected(std::move(txn.error()));
  const auto stored = txn->Get(SimTable::kMeta, kCloudKey);
  std::string line;
  if (stored) {
    line = *stored;
    if (!line.starts_with(kFormat)) {
      return Fail(ErrorCode::kCorrupt, "the cloud `" + file_->path() + "` has a format that this build does not read");
    }
  } else {
    line = std::string(kFormat) + base::ToBase32(base::RandomBytes(16));
    txn->Put(SimTable::kMeta, kCloudKey, line);
  }
  scope_ = "sim:" + line.substr(kFormat.size());
  return txn->Commit();
}

Status SimCore::Write(std::span<SimJob* const> jobs) {
  auto txn = file_->Write();
  if (!txn) return tl::unexpected(std::move(txn.error()));
  SimEdit edit(*this, *txn);
  const SimTallies before = edit.tallies;
  Status status = Fail(ErrorCode::kInternal, "unfinished");
  try {
    texts_.CatchUp(*txn, before.texts);
    lineages_.CatchUp(*txn, before.lineages);
    edit.Sweep();
    for (SimJob* job : jobs) job->Apply(edit);
    edit.Finish();
    status = txn->Commit();
  } catch (const std::exception& error) {  // bad_alloc: the threads of the batch must hear of it
    status = Fail(ErrorCode::kInternal, "the cloud `" + file_->path() + "`: " + error.what());
  }
  if (!status) {
    texts_.Truncate(before.texts);
    lineages_.Truncate(before.lineages);
    noted_clusters_.clear();
  }
  return status;
}

SimView SimCore::Look(SimTxn& txn) {
  SimView view{txn, LoadTallies(txn), LoadSettings(txn), NowMs(), {}, {}};
  texts_.CatchUp(txn, view.tallies.texts);
  lineages_.CatchUp(txn, view.tallies.lineages);
  view.texts = texts_.Snapshot();
  view.lineages = lineages_.Snapshot();
  return view;
}

std::vector<std::uint32_t> SimCore::LineagesOf(SimView& view, std::string_view cluster) {
  std::vector<std::uint32_t> lineages;
  const std::string prefix = ClusterKey(cluster);
  for (SimCursor cursor(view.txn, SimTable::kClusters, prefix); cursor.valid(); cursor.Next()) {
    if (!cursor.key().starts_with(prefix)) break;
    lineages.push_back(ReadKey32(cursor.key(), prefix.size()));
  }
  return lineages;
}

}  // namespace kadende::providers
