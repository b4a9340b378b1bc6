#include "engine/apply/relate.h"

#include <algorithm>

namespace kadende::apply {
namespace {

using Line = std::vector<ports::CommitSummary>;

bool Has(const Line& line, const std::string& commit) {
  return std::any_of(line.begin(), line.end(), [&](const auto& entry) { return entry.id == commit; });
}

// Whether the line stands for `commit` too, although it was begun anew since.
bool StandsFor(const Line& line, const std::string& commit, std::uint64_t serial) {
  return std::any_of(line.begin(), line.end(), [&](const ports::CommitSummary& entry) {
    const auto from = ports::CompactedFromOf(entry);
    return from && (from->commit == commit || from->serial > serial);
  });
}

}  // namespace

const char* RelationName(Relation relation) {
  switch (relation) {
    case Relation::kSame:
      return "same";
    case Relation::kAbsent:
      return "absent";
    case Relation::kAhead:
      return "ahead";
    case Relation::kBehind:
      return "behind";
    case Relation::kMoved:
      return "both_moved";
    case Relation::kRewound:
      return "rewound";
    case Relation::kForeign:
      return "foreign";
  }
  return "";
}

Relation Relate(const LineSides& sides) {
  const auto& marked = sides.marked;
  if (!sides.tip) return marked ? Relation::kRewound : Relation::kAbsent;
  if (sides.tip->lineage != sides.lineage) return Relation::kForeign;
  const bool keeps_marked = !marked || marked->id == sides.tip->id || Has(sides.theirs, marked->id) ||
                            StandsFor(sides.theirs, marked->id, marked->serial);
  if (!keeps_marked) return Relation::kRewound;
  if (sides.tip->id == sides.commit) return Relation::kSame;
  if (sides.commit.empty() || Has(sides.theirs, sides.commit)) return Relation::kBehind;
  if (Has(sides.ours, sides.tip->id)) return Relation::kAhead;
  // Begun anew here, and not pushed yet.
  const bool met = marked && marked->id == sides.tip->id;
  if (met && StandsFor(sides.ours, sides.tip->id, sides.tip->serial)) return Relation::kAhead;
  // What we have and never pushed is not in a line that was begun anew, whatever its serials say.
  const bool pushed = marked && marked->id == sides.commit;
  if (pushed && StandsFor(sides.theirs, sides.commit, sides.serial)) return Relation::kBehind;
  return Relation::kMoved;
}

}  // namespace kadende::apply
