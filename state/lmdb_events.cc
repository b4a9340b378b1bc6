#include "state/lmdb_events.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "state/lmdb_keys.h"
#include "state/lmdb_rows.h"
#include "state/record_codec.h"

namespace kadende::state {
namespace {

// At most so many are erased by one commit, so that none is slow; a backlog goes over several.
constexpr std::uint64_t kMaxTrim = 2000;

std::uint64_t LastId(Transaction& transaction) {
  Cursor cursor = transaction.Open(Table::kEvents);
  std::uint64_t id = 0;
  if (cursor.Last() && !ParseEventKey(cursor.key(), &id)) transaction.Fail(DamagedRow("event", "", ""));
  return id;
}

bool TimeOfOldest(const Cursor& cursor, base::TimePoint* time) {
  EventHead head;
  if (!DecodeEventHead(cursor.value(), &head)) return false;
  *time = head.time;
  return true;
}

void Trim(Transaction& transaction, const EventLimits& limits, base::TimePoint now) {
  const std::uint64_t count = transaction.Count(Table::kEvents);
  const std::uint64_t keep = std::max<std::uint64_t>(limits.keep, 1);  // the newest holds the next id
  const bool too_many = count > keep + std::min<std::uint64_t>(keep / 64, 1024);
  Cursor cursor = transaction.Open(Table::kEvents);
  base::TimePoint oldest{};
  if (!cursor.First() || (!TimeOfOldest(cursor, &oldest) && !too_many)) return;
  const bool too_old = oldest < now - limits.keep_for - limits.keep_for / 64;
  if (!too_many && !too_old) return;
  std::uint64_t left = count;
  for (bool more = true; more && left > 1 && count - left < kMaxTrim; more = cursor.Next(), --left) {
    const bool old = TimeOfOldest(cursor, &oldest) && oldest < now - limits.keep_for;
    if (left <= keep && !old) return;
    cursor.Delete();
  }
}

bool Matches(const ports::EventQuery& query, const EventHead& head) {
  return (query.lineage.empty() || query.lineage == head.lineage) &&
         (query.group.empty() || query.group == head.group) &&
         (query.slot_key.empty() || query.slot_key == head.slot_key);
}

}  // namespace

void AppendEvents(Transaction& transaction, std::string_view lineage, const model::StateChanges& changes,
                  const EventLimits& limits) {
  const bool any = std::any_of(changes.begin(), changes.end(),
                               [](const auto& change) { return std::holds_alternative<model::EventRecorded>(change); });
  if (!any) return;
  std::uint64_t id = LastId(transaction);
  base::TimePoint newest = base::TimePoint::min() + limits.keep_for * 2;
  std::string bytes;
  for (const auto& change : changes) {
    const auto* recorded = std::get_if<model::EventRecorded>(&change);
    if (recorded == nullptr) continue;
    bytes.clear();
    EncodeEvent(lineage, recorded->event, &bytes);
    transaction.Append(Table::kEvents, EventKey(++id), bytes);
    newest = std::max(newest, recorded->event.time);
  }
  Trim(transaction, limits, newest);
}

std::vector<model::Event> FindEvents(Transaction& transaction, const ports::EventQuery& query) {
  std::vector<model::Event> events;
  Cursor cursor = transaction.Open(Table::kEvents);
  for (bool more = cursor.Last(); more && events.size() < query.limit; more = cursor.Previous()) {
    std::uint64_t id = 0;
    EventHead head;
    if (!ParseEventKey(cursor.key(), &id) || !DecodeEventHead(cursor.value(), &head)) {
      transaction.Fail(DamagedRow("event", "", ""));
      break;
    }
    if (id <= query.after_id) break;
    if (!Matches(query, head)) continue;
    model::Event event;
    std::string lineage;
    if (!DecodeEvent(cursor.value(), &lineage, &event)) {
      transaction.Fail(DamagedRow("event", head.lineage, head.group));
      break;
    }
    event.id = id;
    events.push_back(std::move(event));
  }
  std::reverse(events.begin(), events.end());
  return events;
}

}  // namespace kadende::state
