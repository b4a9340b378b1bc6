#include <lmdb.h>

#include <utility>

#include "state/lmdb_environment.h"

namespace kadende::state {
namespace {

MDB_val ToVal(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};  // LMDB only reads it
}

std::string_view FromVal(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

}  // namespace

Transaction::Transaction(Transaction&& other) noexcept
    : environment_(other.environment_),
      writer_(std::move(other.writer_)),
      map_(std::move(other.map_)),
      txn_(std::exchange(other.txn_, nullptr)),
      error_(std::move(other.error_)) {}

Transaction::~Transaction() {
  if (txn_ != nullptr) mdb_txn_abort(txn_);
  if (writer_.owns_lock()) environment_->writer_file_.Unlock();
}

std::optional<std::string_view> Transaction::Get(Table table, std::string_view key) {
  if (error_) return std::nullopt;
  MDB_val k = ToVal(key);
  MDB_val v{};
  const int rc = mdb_get(txn_, environment_->tables_[static_cast<std::size_t>(table)], &k, &v);
  if (rc == 0) return FromVal(v);
  if (rc != MDB_NOTFOUND) FailCode(rc);
  return std::nullopt;
}

void Transaction::Write(Table table, std::string_view key, std::string_view value, unsigned flags) {
  if (error_) return;
  MDB_val k = ToVal(key);
  MDB_val v = ToVal(value);
  const int rc = mdb_put(txn_, environment_->tables_[static_cast<std::size_t>(table)], &k, &v, flags);
  if (rc != 0 && !(rc == MDB_KEYEXIST && (flags & MDB_NOOVERWRITE) != 0)) FailCode(rc);
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
  if (error_) return 0;
  MDB_stat stat{};
  const int rc = mdb_stat(txn_, environment_->tables_[static_cast<std::size_t>(table)], &stat);
  if (rc != 0) FailCode(rc);
  return stat.ms_entries;
}

Cursor Transaction::Open(Table table) {
  MDB_cursor* cursor = nullptr;
  if (!error_) {
    const int rc = mdb_cursor_open(txn_, environment_->tables_[static_cast<std::size_t>(table)], &cursor);
    if (rc != 0) FailCode(rc);
  }
  return {this, cursor};
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
    : owner_(other.owner_), cursor_(std::exchange(other.cursor_, nullptr)), key_(other.key_), value_(other.value_) {}

Cursor::~Cursor() {
  if (cursor_ != nullptr) mdb_cursor_close(cursor_);
}

bool Cursor::Move(int operation, std::string_view key) {
  if (cursor_ == nullptr || owner_->error_) return false;
  MDB_val k = ToVal(key);
  MDB_val v{};
  const int rc = mdb_cursor_get(cursor_, &k, &v, static_cast<MDB_cursor_op>(operation));
  if (rc != 0) {
    if (rc != MDB_NOTFOUND) owner_->FailCode(rc);
    return false;
  }
  key_ = FromVal(k);
  value_ = FromVal(v);
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
  if (cursor_ == nullptr || owner_->error_) return;
  if (const int rc = mdb_cursor_del(cursor_, 0); rc != 0) owner_->FailCode(rc);
}

}  // namespace kadende::state
