// The provider's calls on a cloud. Steering is in sim_cloud.cc.
#include <algorithm>
#include <charconv>
#include <utility>

#include "providers/sim/sim_cloud.h"
#include "providers/sim/sim_core.h"
#include "providers/sim/sim_verdict.h"

namespace kadende::providers {
namespace {

using base::ErrorCode;
using base::Fail;
using base::Result;
using base::Status;

// An instance is about 500 bytes in memory: a page stays within a cache and far from what a listing may hold.
constexpr std::size_t kPageSize = 5000;

// The moment that a caller's listing shows.
std::int64_t SeenAt(const SimView& view, const SimCaller& caller) {
  return view.now_ms - (caller.eventual_listing ? view.settings.listing_delay.count() : 0);
}

// "<lineage id>.<number>" of the last instance that was given out.
struct Position {
  std::uint32_t lineage = 0;
  std::uint64_t number = 0;
};

std::optional<Position> ParseCursor(std::string_view cursor) {
  Position position;
  const char* end = cursor.data() + cursor.size();
  const auto first = std::from_chars(cursor.data(), end, position.lineage);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.') return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, position.number);
  if (second.ec != std::errc() || second.ptr != end) return std::nullopt;
  return position;
}

std::vector<std::uint32_t> LineagesFor(SimView& view, const ports::ListRequest& request) {
  std::vector<std::uint32_t> ids;
  if (!request.cluster.empty()) {
    ids = SimCore::LineagesOf(view, request.cluster);
  } else {
    for (std::uint32_t id = 0; id < view.lineages.size(); ++id) {
      if (!view.lineages[id].empty()) ids.push_back(id);  // what has no tag of ours is in no listing
    }
  }
  if (!request.lineage.empty()) {
    std::erase_if(ids,
                  [&](std::uint32_t id) { return id >= view.lineages.size() || view.lineages[id] != request.lineage; });
  }
  return ids;
}

// Appends one lineage's instances after `from`; true when the page is full.
bool FillPage(SimView& view, std::uint32_t lineage, std::uint64_t from, std::string_view cluster, std::int64_t at_ms,
              ports::ListPage& page) {
  const std::string prefix = Key32(lineage);
  SimCursor cursor(view.txn, SimTable::kInstances, Key32And64(lineage, from));
  for (; cursor.valid() && cursor.key().starts_with(prefix); cursor.Next()) {
    const auto record = DecodeRecord(cursor.value());
    if (!record) continue;
    const SimPhase phase = PhaseAt(*record, at_ms);
    if (phase == SimPhase::kPending || phase == SimPhase::kRemoved) continue;
    if (!cluster.empty() && view.Resolve(record->cluster) != cluster) continue;
    const SimFound found{ReadKey64(cursor.key(), 4), lineage, *record};
    page.instances.push_back(view.ToInstance(found, at_ms));
    if (page.instances.size() < kPageSize) continue;
    page.next_cursor = std::to_string(lineage) + "." + std::to_string(found.number);
    return true;
  }
  return false;
}

// What Accept answers for a token that is known, where its instance has left no record.
model::Instance EndedInstance(const ports::CreateRequest& request, std::uint64_t number) {
  model::Instance instance;
  instance.id = SimInstanceId(number);
  instance.name = request.name;
  instance.owner = request.owner;
  instance.labels = request.labels;
  instance.status = model::InstanceStatus::kTerminated;
  instance.status_reason = "the instance that this token made is gone";
  return instance;
}

SimRecord RecordOf(SimEdit& edit, const ports::CreateRequest& request, const std::string& labels) {
  SimRecord record;
  record.accepted_at = edit.now_ms;
  record.lands_at = edit.now_ms + edit.settings.create_latency.count();
  record.ordinal = request.owner.slot.ordinal;
  record.logical_id = request.owner.slot.logical_id;
  record.incarnation = request.owner.incarnation;
  record.token = request.owner.token;
  record.revision = request.owner.revision;
  record.cluster = edit.Intern(request.owner.cluster);
  record.group = edit.Intern(request.owner.group);
  record.labels = edit.Intern(labels);
  record.properties = edit.Intern(request.properties);
  record.name = request.name;
  return record;
}

// The instance of a known token as it is, or will be once it has landed.
SimAccepted KnownInstance(SimEdit& edit, const ports::CreateRequest& request, std::uint64_t number) {
  SimAccepted accepted;
  accepted.at = base::FromUnixMillis(edit.now_ms);
  const auto found = edit.Find(number);
  if (!found || PhaseAt(found->record, edit.now_ms) == SimPhase::kRemoved) {
    accepted.instance = EndedInstance(request, number);
    return accepted;
  }
  const std::int64_t at_ms = std::max(edit.now_ms, found->record.lands_at);
  accepted.at = base::FromUnixMillis(at_ms);
  accepted.instance = edit.View().ToInstance(*found, at_ms);
  return accepted;
}

void Echo(const SimFailure& failure, std::string_view properties, SimVerdict& verdict) {
  if (failure.echo && verdict.error) verdict.error->message.append(", with ").append(properties);
}

Result<SimAccepted> AcceptIn(SimEdit& edit, const ports::CreateRequest& request, const std::string& labels,
                             const SimCaller& caller) {
  SimVerdict verdict = Judge(SimOperation::kCreate, edit.settings, edit.tallies, edit.now_ms);
  Echo(edit.settings.failure(SimOperation::kCreate), request.properties, verdict);
  if (verdict.error && !verdict.after) return tl::unexpected(std::move(*verdict.error));
  const auto known = caller.idempotent_tokens ? edit.FindToken(request.owner.token) : std::nullopt;
  SimAccepted accepted;
  if (known) {
    accepted = KnownInstance(edit, request, *known);
    ++edit.tallies.deduplicated;
  } else {
    const std::uint64_t capacity = edit.settings.capacity;
    if (capacity > 0 && edit.tallies.present >= capacity) {
      return Fail(ErrorCode::kQuota, "the simulated cloud has room for " + std::to_string(capacity) + " instances");
    }
    const SimRecord record = RecordOf(edit, request, labels);
    edit.NoteCluster(request.owner.cluster, request.owner.lineage);
    const std::uint64_t number = edit.Make(request.owner.lineage, record);
    if (caller.idempotent_tokens) edit.PutToken(request.owner.token, number);
    ++edit.tallies.present;
    accepted.at = base::FromUnixMillis(record.lands_at);
    accepted.instance.id = SimInstanceId(number);  // the rest is filled in outside of the transaction
  }
  ++edit.tallies.accepted;
  if (verdict.error) return tl::unexpected(std::move(*verdict.error));
  return accepted;
}

// When it will be gone. Destroying what is on its way out, or gone, changes nothing.
std::int64_t DestroyIn(SimEdit& edit, std::uint64_t number) {
  auto found = edit.Find(number);
  if (!found) return edit.now_ms;
  SimRecord& record = found->record;
  const SimPhase phase = PhaseAt(record, edit.now_ms);
  if (phase == SimPhase::kPending || phase == SimPhase::kRemoved) return edit.now_ms;
  if (phase == SimPhase::kTerminating) return record.ends_at;
  if (phase == SimPhase::kPresent) {
    record.ends_at = edit.now_ms + edit.settings.destroy_latency.count();
    --edit.tallies.present;
    ++edit.tallies.destroyed;
    record.removed_at = record.ends_at + edit.settings.destroyed_for.count();
  } else {
    const std::int64_t removed_at = edit.now_ms + edit.settings.destroyed_for.count();
    if (record.removed_at != 0 && record.removed_at <= removed_at) return edit.now_ms;
    record.removed_at = removed_at;
  }
  if (record.removed_at + edit.settings.listing_delay.count() <= edit.now_ms) {
    edit.Remove(*found);
    return edit.now_ms;
  }
  const std::int64_t ends_at = record.ends_at;
  SimRecord due;  // the record's views end with the write
  due.removed_at = record.removed_at;
  edit.Replace(*found, record);
  edit.RemoveLater(number, due);
  return ends_at;
}

// Two objects as one.
std::string WithProperties(const std::string& attributes, std::string_view properties) {
  if (attributes.size() <= 2) return properties.empty() ? "{}" : std::string(properties);
  if (properties.size() <= 2) return attributes;
  return std::string(properties.substr(0, properties.size() - 1)) + "," + attributes.substr(1);
}

}  // namespace

Result<SimAccepted> SimCloud::Accept(const ports::CreateRequest& request, const SimCaller& caller) {
  if (request.owner.lineage.empty()) return Fail(ErrorCode::kInvalid, "a create needs the lineage of its cluster");
  const std::string labels = EncodeLabels(request.labels);
  Result<SimAccepted> accepted;
  if (Status status = core_->Edit([&](SimEdit& edit) { accepted = AcceptIn(edit, request, labels, caller); });
      !status) {
    return tl::unexpected(std::move(status.error()));
  }
  if (!accepted) return accepted;
  accepted->scope = core_->scope();
  model::Instance& instance = accepted->instance;
  if (!instance.addresses.empty() || instance.status == model::InstanceStatus::kTerminated) return accepted;
  SimView::FillGenerated(instance, *ParseSimInstanceId(instance.id));
  instance.name = request.name;
  instance.owner = request.owner;
  instance.labels = request.labels;
  instance.status = model::InstanceStatus::kRunning;
  instance.created_at = accepted->at;
  return accepted;
}

Result<ports::ListPage> SimCloud::List(const ports::ListRequest& request, const SimCaller& caller) {
  Position from;
  if (!request.cursor.empty()) {
    const auto position = ParseCursor(request.cursor);
    if (!position) return Fail(ErrorCode::kInvalid, "`" + request.cursor + "` is not a cursor of the simulated cloud");
    from = {position->lineage, position->number + 1};
  }
  ports::ListPage page;
  page.scope = core_->scope();
  Status status = core_->View([&](SimView& view) {
    const std::int64_t at_ms = SeenAt(view, caller);
    for (const std::uint32_t lineage : LineagesFor(view, request)) {
      if (lineage < from.lineage) continue;
      if (FillPage(view, lineage, lineage == from.lineage ? from.number : 0, request.cluster, at_ms, page)) break;
    }
  });
  if (!status) return tl::unexpected(std::move(status.error()));
  const auto by_id = [](const model::Instance& a, const model::Instance& b) { return a.id < b.id; };
  if (!std::is_sorted(page.instances.begin(), page.instances.end(), by_id)) {
    std::sort(page.instances.begin(), page.instances.end(), by_id);  // several lineages share the page
  }
  return page;
}

Result<ports::DescribeResult> SimCloud::Describe(std::span<const std::string> ids, const SimCaller& caller) {
  ports::DescribeResult result;
  result.scope = core_->scope();
  const ports::Presence absent = caller.eventual_listing ? ports::Presence::kUnknown : ports::Presence::kGone;
  Status status = core_->View([&](SimView& view) {
    const std::int64_t at_ms = SeenAt(view, caller);
    for (const std::string& id : ids) {
      ports::Description& description = result.descriptions.emplace_back();
      description.id = id;
      description.presence = absent;
      const auto number = ParseSimInstanceId(id);
      const auto found = number ? view.Find(*number) : std::nullopt;
      if (!found) continue;
      const SimPhase phase = PhaseAt(found->record, at_ms);
      if (phase == SimPhase::kPending || phase == SimPhase::kRemoved) continue;
      description.presence = phase == SimPhase::kTerminated ? ports::Presence::kGone : ports::Presence::kPresent;
      description.instance = view.ToInstance(*found, at_ms);
      // Who takes over what others made wants to know what it is made of; for ours it is in the state.
      if (!description.instance.owner.lineage.empty()) continue;
      description.instance.attributes =
          WithProperties(description.instance.attributes, view.Resolve(found->record.properties));
    }
  });
  if (!status) return tl::unexpected(std::move(status.error()));
  return result;
}

Result<model::Instance> SimCloud::Update(const ports::UpdateRequest& request) {
  const auto number = ParseSimInstanceId(request.id);
  const std::string labels = EncodeLabels(request.labels);
  Result<model::Instance> updated =
      Fail(ErrorCode::kNotFound, "the simulated cloud has no instance `" + request.id + "`");
  Status status = core_->Edit([&](SimEdit& edit) {
    SimVerdict verdict = Judge(SimOperation::kUpdate, edit.settings, edit.tallies, edit.now_ms);
    Echo(edit.settings.failure(SimOperation::kUpdate), request.properties, verdict);
    if (verdict.error && !verdict.after) {
      updated = tl::unexpected(std::move(*verdict.error));
      return;
    }
    ports::CreateRequest wanted{{}, request.owner, {}, request.properties, {}};
    SimRecord record = RecordOf(edit, wanted, labels);
    if (!request.owner.lineage.empty()) edit.NoteCluster(request.owner.cluster, request.owner.lineage);
    const auto found = number ? edit.Find(*number) : std::nullopt;
    if (!found || PhaseAt(found->record, edit.now_ms) != SimPhase::kPresent) return;
    if (request.tags_only) record.properties = found->record.properties;
    record.accepted_at = found->record.accepted_at;
    record.lands_at = found->record.lands_at;
    record.health = found->record.health;
    record.name = found->record.name;
    record.reason = found->record.reason;
    edit.Replace(*found, record, request.owner.lineage);
    // An adopted instance answers to its new token from now on.
    if (!request.owner.lineage.empty() && !edit.FindToken(record.token)) edit.PutToken(record.token, *number);
    if (const auto now = edit.Find(*number)) updated = edit.View().ToInstance(*now, edit.now_ms);
    if (verdict.error) updated = tl::unexpected(std::move(*verdict.error));
  });
  if (!status) return tl::unexpected(std::move(status.error()));
  return updated;
}

Result<std::string> SimCloud::RunByHand(std::string_view name, const std::string& properties,
                                        const std::vector<std::pair<std::string, std::string>>& labels) {
  ports::CreateRequest request;
  request.name = name;
  request.properties = properties;
  const std::string encoded = EncodeLabels(labels);
  std::uint64_t number = 0;
  Status status = core_->Edit([&](SimEdit& edit) {
    const SimRecord record = RecordOf(edit, request, encoded);
    number = edit.Make("", record);
    ++edit.tallies.present;
    ++edit.tallies.accepted;
  });
  if (!status) return tl::unexpected(std::move(status.error()));
  return SimInstanceId(number);
}

Result<base::TimePoint> SimCloud::Destroy(std::string_view id) {
  const auto number = ParseSimInstanceId(id);
  SimVerdict verdict;
  std::int64_t gone_at = 0;
  Status status = core_->Edit([&](SimEdit& edit) {
    verdict = Judge(SimOperation::kDestroy, edit.settings, edit.tallies, edit.now_ms);
    if (verdict.error && !verdict.after) return;
    gone_at = number ? DestroyIn(edit, *number) : edit.now_ms;
  });
  if (!status) return tl::unexpected(std::move(status.error()));
  if (verdict.error) return tl::unexpected(std::move(*verdict.error));
  return base::FromUnixMillis(gone_at);
}

}  // namespace kadende::providers
