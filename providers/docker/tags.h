// Whose a container is, as labels of docker.
//
// A container's labels are fixed when it is made. What changes later is written down beside it: an empty volume with
// the new labels, and the highest number in the name of the volume counts. The container is renamed with the same
// number (NAME.u2), so that a volume that somebody removed is missed instead of the old labels coming back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/json_fwd.h"
#include "engine/model/instance.h"

namespace kadende::providers::docker {

inline constexpr std::string_view kLineageLabel = "kadende/lineage";
inline constexpr std::string_view kSlotLabel = "kadende/slot";
inline constexpr std::string_view kNoteLabel = "kadende/container";  // of a volume: whose labels it holds

struct Tags {
  model::Ownership owner;
  std::vector<std::pair<std::string, std::string>> labels;  // the group's, sorted by name
  // As it was made, for listings do not tell; empty: not known.
  std::string restart;  // policy
  std::string network;  // the first one
};

// As labels; the group's are there a second time under their own names, for people and for other programs.
[[nodiscard]] base::Json ToLabels(const Tags& tags);
// nullopt: not ours, or not readable. Labels of the image that are not ours are left out.
[[nodiscard]] std::optional<Tags> FromLabels(const base::Json& labels);

// "shop-web-0-k3fq.u2": the name, and 2. Zero: never changed.
struct NumberedName {
  std::string name;
  std::uint32_t number = 0;
};
[[nodiscard]] NumberedName SplitName(std::string_view name);
[[nodiscard]] std::string JoinName(const NumberedName& name);

[[nodiscard]] std::string NoteName(std::string_view container_id, std::uint32_t number);
// The number in a note's name; nullopt: it is none.
[[nodiscard]] std::optional<std::uint32_t> NoteNumber(std::string_view note_name);

}  // namespace kadende::providers::docker
