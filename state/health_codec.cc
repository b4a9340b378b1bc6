#include "state/health_codec.h"

#include <algorithm>
#include <chrono>
#include <map>

#include "state/wire.h"

namespace kadende::state {
namespace {

using base::TimePoint;
using model::NodeHealth;

enum HealthFlag : std::uint8_t {
  kStateMask = 3,
  kHasLogicalId = 1 << 2,
  kHasJoined = 1 << 3,
  kHasNext = 1 << 4,
  kHasHeld = 1 << 5,
  kHasCheckSince = 1 << 6,
  kHasCounted = 1 << 7,  // since version 2
};

std::uint8_t FlagsOf(const NodeHealth& node) {
  auto flags = static_cast<unsigned>(node.state);
  if (!node.slot.logical_id.empty()) flags |= kHasLogicalId;
  if (node.joined_at != TimePoint{}) flags |= kHasJoined;
  if (node.next_at != TimePoint{}) flags |= kHasNext;
  if (!node.held_back.empty() || node.held_until != TimePoint{}) flags |= kHasHeld;
  if (node.check_since != TimePoint{}) flags |= kHasCheckSince;
  if (node.joining_for.count() > 0 || node.denied_for.count() > 0) flags |= kHasCounted;
  return static_cast<std::uint8_t>(flags);
}

// A time as its distance from `base`; both ways through unsigned numbers, so that any two times have one.
TimePoint Distance(TimePoint base, TimePoint time) {
  return base::FromUnixMillis(static_cast<std::int64_t>(static_cast<std::uint64_t>(base::ToUnixMillis(time)) -
                                                        static_cast<std::uint64_t>(base::ToUnixMillis(base))));
}

TimePoint Away(TimePoint base, TimePoint distance) {
  return base::FromUnixMillis(static_cast<std::int64_t>(static_cast<std::uint64_t>(base::ToUnixMillis(distance)) +
                                                        static_cast<std::uint64_t>(base::ToUnixMillis(base))));
}

// The texts of a row, each once, numbered by first use: nodes of a group mostly say the same.
class TextList {
 public:
  void Add(std::string_view text) {
    if (!list_.empty() && text == list_.back()) return;
    if (numbers_.try_emplace(text, list_.size()).second) list_.push_back(text);
  }
  [[nodiscard]] std::uint64_t NumberOf(std::string_view text) const { return numbers_.find(text)->second; }
  [[nodiscard]] const std::vector<std::string_view>& list() const { return list_; }

 private:
  std::map<std::string_view, std::uint64_t> numbers_;
  std::vector<std::string_view> list_;
};

TextList TextsOf(HealthRows::const_iterator begin, HealthRows::const_iterator end) {
  TextList texts;
  for (auto node = begin; node != end; ++node) {
    texts.Add((*node)->check);
    texts.Add((*node)->evidence);
    texts.Add((*node)->held_back);
  }
  return texts;
}

void PutNode(WireWriter& wire, const NodeHealth& node, TimePoint base, const TextList& texts) {
  const std::uint8_t flags = FlagsOf(node);
  const auto put_time = [&](TimePoint time) { wire.Time(Distance(base, time)); };
  wire.Varint(node.incarnation);
  wire.Byte(flags);
  put_time(node.since);
  put_time(node.last_at);
  wire.Varint(texts.NumberOf(node.check));
  wire.Varint(texts.NumberOf(node.evidence));
  if (flags & kHasLogicalId) wire.Text(node.slot.logical_id);
  if (flags & kHasJoined) put_time(node.joined_at);
  if (flags & kHasNext) put_time(node.next_at);
  if (flags & kHasHeld) wire.Varint(texts.NumberOf(node.held_back));
  if (flags & kHasHeld) put_time(node.held_until);
  if (flags & kHasCheckSince) put_time(node.check_since);
  if (flags & kHasCounted) {
    wire.Varint(static_cast<std::uint64_t>(std::max<std::int64_t>(node.joining_for.count(), 0)));
    wire.Varint(static_cast<std::uint64_t>(std::max<std::int64_t>(node.denied_for.count(), 0)));
  }
}

// A length that no watch can have counted is none: it must not overflow what it is taken from.
base::Millis Length(std::uint64_t count) {
  constexpr base::Millis kLongest = std::chrono::years(1000);
  return base::Millis(count > static_cast<std::uint64_t>(kLongest.count()) ? 0 : static_cast<std::int64_t>(count));
}

bool HasCounted(const NodeHealth* node) {
  return (FlagsOf(*node) & kHasCounted) != 0;
}

bool GetNode(WireReader& wire, std::uint8_t version, TimePoint base, const std::vector<std::string_view>& texts,
             NodeHealth* node) {
  const auto time = [&] { return Away(base, wire.Time()); };
  const auto text = [&]() -> std::string_view {
    const std::uint64_t number = wire.Varint();
    if (number < texts.size()) return texts[number];
    wire.Refuse();
    return {};
  };
  node->incarnation = wire.Varint32();
  const std::uint8_t flags = wire.Byte();
  if (version < 2 && (flags & kHasCounted)) return false;
  node->state = static_cast<model::HealthState>(flags & kStateMask);
  node->since = time();
  node->last_at = time();
  node->check = text();
  node->evidence = text();
  if (flags & kHasLogicalId) node->slot.logical_id = wire.Text();
  if (flags & kHasJoined) node->joined_at = time();
  if (flags & kHasNext) node->next_at = time();
  if (flags & kHasHeld) node->held_back = text();
  if (flags & kHasHeld) node->held_until = time();
  if (flags & kHasCheckSince) node->check_since = time();
  if (flags & kHasCounted) node->joining_for = Length(wire.Varint());
  if (flags & kHasCounted) node->denied_for = Length(wire.Varint());
  return wire.ok();
}

}  // namespace

void EncodeHealth(HealthRows::const_iterator begin, HealthRows::const_iterator end, std::string* out) {
  WireWriter wire(out);
  const TimePoint base = begin == end ? TimePoint{} : (*begin)->last_at;
  const TextList texts = TextsOf(begin, end);
  wire.Byte(std::any_of(begin, end, HasCounted) ? kHealthVersion : 1);  // older readers read what they can
  wire.Time(base);
  wire.Varint(texts.list().size());
  for (const std::string_view text : texts.list()) wire.Text(text);
  wire.Varint(static_cast<std::uint64_t>(end - begin));
  std::uint32_t previous = 0;
  for (auto node = begin; node != end; ++node) {
    wire.Varint((*node)->slot.ordinal - previous);
    previous = (*node)->slot.ordinal;
    PutNode(wire, **node, base, texts);
  }
}

bool DecodeHealth(std::string_view bytes, std::vector<NodeHealth>* out) {
  WireReader wire(bytes);
  const std::uint8_t version = wire.Byte();
  if (version < 1 || version > kHealthVersion) return false;
  const TimePoint base = wire.Time();
  std::vector<std::string_view> texts(wire.Count());
  for (std::string_view& text : texts) text = wire.Text();
  std::uint32_t ordinal = 0;
  for (std::size_t left = wire.Count(); left > 0; --left) {
    NodeHealth& node = out->emplace_back();
    ordinal += wire.Varint32();
    node.slot.ordinal = ordinal;
    if (!GetNode(wire, version, base, texts, &node)) return false;
  }
  return wire.Finish();
}

void EncodeReport(const model::HealthReport& report, std::string* out) {
  WireWriter wire(out);
  wire.Byte(kReportVersion);
  wire.Byte(report.healthy ? 1 : 0);
  wire.Time(report.at);
  wire.Time(report.until);
  wire.Text(report.source);
  wire.Text(report.message);
}

bool DecodeReport(std::string_view bytes, model::HealthReport* out) {
  WireReader wire(bytes);
  if (wire.Byte() != kReportVersion) return false;
  const std::uint8_t healthy = wire.Byte();
  if (healthy > 1) return false;
  out->healthy = healthy == 1;
  out->at = wire.Time();
  out->until = wire.Time();
  out->source = wire.Text();
  out->message = wire.Text();
  return wire.Finish();
}

}  // namespace kadende::state
