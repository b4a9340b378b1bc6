// Node rows as JSON lines: one file of the history holds kChunkSlots slots of one group, one row a line, sorted by
// slot, then incarnation. Written and scanned by hand, because reading a published version of 100,000 nodes must stay
// below a quarter of a second (a JSON value per line costs twice that). Fields and their order: FORMAT.md.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/cluster_state.h"
#include "engine/model/record.h"

namespace kadende::state {

// A group's revisions by the names that lines use for them: the first 12 hex digits, or all 64 where those are not
// unique in the group or the revision is not one of the group's.
class RevisionNames {
 public:
  explicit RevisionNames(const std::vector<model::RevisionRecord>& revisions);

  [[nodiscard]] std::string NameOf(const base::Digest& revision) const;
  [[nodiscard]] std::optional<base::Digest> Find(std::string_view name) const;
  // True where two revisions share 12 digits: lines that were written before may no longer be readable and are to be
  // written again.
  [[nodiscard]] bool ambiguous() const { return ambiguous_; }

 private:
  std::unordered_map<std::string, base::Digest> by_name_;
  std::unordered_map<base::Digest, std::string> names_;
  bool ambiguous_ = false;
};

void AppendNodeLine(const model::NodeRecord& node, const RevisionNames& revisions, std::string* out);

// The rows of one chunk; empty where it has none.
[[nodiscard]] std::string EncodeChunk(const model::GroupState& group, std::uint32_t chunk,
                                      const RevisionNames& revisions);

// Adds the rows to `group`. Unknown keys are skipped, so that a newer version may add some. kCorrupt: "line 3: ...".
[[nodiscard]] base::Status DecodeChunk(std::string_view text, const RevisionNames& revisions, model::GroupState* group);

}  // namespace kadende::state
