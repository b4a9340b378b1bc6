#include <lmdb.h>

#include <array>
#include <cstring>
#include <utility>

#include "state/lmdb_environment.h"
#include "state/memory_guard.h"

// All of it in this file, as a few instructions.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace kadende::state {
namespace {

MDB_val ToVal(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};  // LMDB only reads it
}

std::string_view FromVal(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

// LMDB has no checksums: a page that was damaged on its way to or from the disk may still look like one. Events are
// for people to read, and the version must be readable first.
constexpr std::size_t kSealBytes = 4;
using SealBytes = std::array<char, kSealBytes>;

constexpr bool HasSeals(Table table) {
  return table != Table::kMeta && table != Table::kEvents;
}

// What can be looked up again is no reason to refuse the store: a row that is not as it was written reads as an empty
// one.
constexpr bool IsExpendable(Table table) {
  return table >= Table::kHealth;
}

// Over table, key and value: also a row that is whole, but in the wrong place, is found.
SealBytes Seal(Table table, std::string_view key, std::string_view value) {
  const XXH64_hash_t seed = XXH3_64bits_withSeed(key.data(), key.size(), static_cast<XXH64_hash_t>(table));
  const auto hash = static_cast<std::uint32_t>(XXH3_64bits_withSeed(value.data(), value.size(), seed));
  SealBytes seal{};
  for (std::size_t i = 0; i < kSealBytes; ++i) seal[i] = static_cast<char>(hash >> (8 * i));
  return seal;
}

}  // namespace

Transaction::Transaction(Transaction&& other) noexcept
    : environment_(other.environment_),
      writer_(std::move(other.writer_)),
      map_(std::move(other.map_)),
      txn_(std::exchange(other.txn_, nullptr)),
      sealed_(other.sealed_),
      error_(std::move(other.error_)) {}

Transaction::~Transaction() {
  const GuardedCall guarded(environment_);
  if (txn_ != nullptr) mdb_txn_abort(txn_);
  if (writer_.owns_lock()) environment_->writer_file_.Unlock();
}

bool Transaction::Has(Table table) const {
  return environment_->tables_[static_cast<std::size_t>(table)] != 0;
}

std::optional<std::string_view> Transaction::Get(Table table, std::string_view key) {
  const GuardedCall guarded(environment_);
  if (error_ || !Has(table)) return std::nullopt;
  MDB_val k = ToVal(key);
  MDB_val v{};
  const int rc = mdb_get(txn_, environment_->tables_[static_cast<std::size_t>(table)], &k, &v);
  if (rc == 0) return Unseal(table, key, FromVal(v));
  if (rc != MDB_NOTFOUND) FailCode(rc);
  return std::nullopt;
}

void Transaction::Write(Table table, std::string_view key, std::string_view value, unsigned flags) {
  const GuardedCall guarded(environment_);
  if (error_) return;
  const bool sealed = sealed_ && HasSeals(table);
  MDB_val k = ToVal(key);
  MDB_val v = ToVal(value);
  if (sealed) {
    flags |= MDB_RESERVE;
    v.mv_size += kSealBytes;
  }
  const int rc = mdb_put(txn_, environment_->tables_[static_cast<std::size_t>(table)], &k, &v, flags);
  if (rc == MDB_KEYEXIST && (flags & MDB_NOOVERWRITE) != 0) return;
  if (rc != 0) return FailCode(rc);
  if (!sealed) return;
  const SealBytes seal = Seal(table, key, value);
  char* const room = static_cast<char*>(v.mv_data);
  if (!value.empty()) std::memcpy(room, value.data(), value.size());
  std::memcpy(room + value.size(), seal.data(), seal.size());
}

std::optional<std::string_view> Transaction::Unseal(Table table, std::string_view key, std::string_view value) {
  if (!sealed_ || !HasSeals(table)) return value;
  if (value.size() >= kSealBytes) {
    const std::string_view content = value.substr(0, value.size() - kSealBytes);
    const SealBytes seal = Seal(table, key, content);
    if (std::memcmp(value.data() + content.size(), seal.data(), kSealBytes) == 0) return content;
  }
  if (IsExpendable(table)) return std::string_view();
  FailCode(MDB_CORRUPTED);
  return std::nullopt;
}

void Transaction::Put(Table table, std::string_view key, std::string_view value) {
  Write(table, key, value, 0);
}

void Transaction::PutIfChanged(Table table, std::string_view key, std::string_view value) {
  const auto before = Get(table, key);
  if (!before || *before != value) Write(table, key, value, 0);
}

void Transaction::PutIfAbsent(Table table, std::string_view key) {
  Write(table, key, {}, MDB_NOOVERWRITE);
}

void Transaction::Append(Table table, std::string_view key, std::string_view value) {
  Write(table, key, value, MDB_APPEND);
}

void Transaction::Delete(Table table, std::string_view key) {
  const GuardedCall guarded(environment_);
  if (error_) return;
  MDB_val k = ToVal(key);
  const int rc = mdb_del(txn_, environment_->tables_[static_cast<std::size_t>(table)], &k, nullptr);
  if (rc != 0 && rc != MDB_NOTFOUND) FailCode(rc);
}

void Transaction::DeletePrefix(Table table, std::string_view prefix) {
  Cursor cursor = Open(table);
  for (bool more = cursor.Seek(prefix); more && cursor.key().substr(0, prefix.size()) == prefix; more = cursor.Next()) {
    cursor.Delete();
  }
}

std::uint64_t Transaction::Count(Table table) {
  const GuardedCall guarded(environment_);
  if (error_ || !Has(table)) return 0;
  MDB_stat stat{};
  const int rc = mdb_stat(txn_, environment_->tables_[static_cast<std::size_t>(table)], &stat);
  if (rc != 0) FailCode(rc);
  return stat.ms_entries;
}

Cursor Transaction::Open(Table table) {
  const GuardedCall guarded(environment_);
  MDB_cursor* cursor = nullptr;
  if (!error_ && Has(table)) {
    const int rc = mdb_cursor_open(txn_, environment_->tables_[static_cast<std::size_t>(table)], &cursor);
    if (rc != 0) FailCode(rc);
  }
  return {this, cursor, table};
}

void Transaction::Fail(base::Error error) {
  if (!error_) error_ = std::move(error);
}

void Transaction::FailCode(int code) {
  Fail(environment_->MakeError(code, writer_.owns_lock() ? "write to" : "read"));
}

base::Status Transaction::status() const {
  if (error_) return tl::unexpected<base::Error>(*error_);
  return {};
}

base::Status Transaction::Commit() {
  const GuardedCall guarded(environment_);
  MDB_txn* txn = std::exchange(txn_, nullptr);
  if (error_) {
    mdb_txn_abort(txn);
    return status();
  }
  const int rc = mdb_txn_commit(txn);
  if (rc != 0) {
    FailCode(rc);
    // A failed sync leaves open what of it reached the disk; a full disk is noticed before.
    if (error_->code != base::ErrorCode::kQuota) error_->effect = base::Effect::kPossible;
  }
  return status();
}

Cursor::Cursor(Cursor&& other) noexcept
    : owner_(other.owner_),
      cursor_(std::exchange(other.cursor_, nullptr)),
      table_(other.table_),
      key_(other.key_),
      value_(other.value_) {}

Cursor::~Cursor() {
  const GuardedCall guarded(owner_->environment_);
  if (cursor_ != nullptr) mdb_cursor_close(cursor_);
}

bool Cursor::Move(int operation, std::string_view key) {
  const GuardedCall guarded(owner_->environment_);
  if (cursor_ == nullptr || owner_->error_) return false;
  MDB_val k = ToVal(key);
  MDB_val v{};
  const int rc = mdb_cursor_get(cursor_, &k, &v, static_cast<MDB_cursor_op>(operation));
  if (rc != 0) {
    if (rc != MDB_NOTFOUND) owner_->FailCode(rc);
    return false;
  }
  const auto value = owner_->Unseal(table_, FromVal(k), FromVal(v));
  if (!value) return false;
  key_ = FromVal(k);
  value_ = *value;
  return true;
}

bool Cursor::Seek(std::string_view key) {
  return Move(MDB_SET_RANGE, key);
}
bool Cursor::First() {
  return Move(MDB_FIRST);
}
bool Cursor::Last() {
  return Move(MDB_LAST);
}
bool Cursor::Next() {
  return Move(MDB_NEXT);
}
bool Cursor::Previous() {
  return Move(MDB_PREV);
}

void Cursor::Delete() {
  const GuardedCall guarded(owner_->environment_);
  if (cursor_ == nullptr || owner_->error_) return;
  if (const int rc = mdb_cursor_del(cursor_, 0); rc != 0) owner_->FailCode(rc);
}

}  // namespace kadende::state
