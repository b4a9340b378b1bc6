// The life of one node, incarnation by incarnation, as published versions tell it: `kadende blame`. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/view/log_text.h"
#include "engine/model/event.h"
#include "engine/model/plan_record.h"
#include "engine/ports/node_history.h"

namespace kadende::cli {

enum class Happening : std::uint8_t {
  kKnown,   // there already in the oldest version that is kept
  kMade,    // created or adopted
  kFailed,  // an incarnation that was issued and has no instance: the create failed, or it came and went in one version
  kGivenUp,  // replaced or scaled down; its instance is still to be destroyed
  kGone,     // destroyed, forgotten, or found gone
  kTainted,
  kUntainted,
  kChanged,  // another address, instance or attributes
};
[[nodiscard]] std::string_view HappeningName(Happening what);  // "made", "given_up", ...

struct NodeStory {
  struct Moment {
    Happening what = Happening::kMade;
    const ports::NodeVersion* version = nullptr;      // of the trace
    std::optional<model::PlannedAction> action;       // what the plan of that version had to do
    model::Reason cause = model::Reason::kRequested;  // of the action; of a replaced one: why it was replaced
    std::vector<std::string> observed;                // "unhealthy: http: status 500", as the plan kept it
    std::vector<const model::Event*> events;          // of this machine's store; few, oldest first
  };
  std::uint32_t incarnation = 0;
  model::NodeRecord row;        // as it was last
  std::vector<Moment> moments;  // oldest first
};

// Newest incarnation first. `events` are the node's own, oldest first; both must outlive the result.
[[nodiscard]] std::vector<NodeStory> NodeStories(const ports::NodeTrace& trace,
                                                 const std::vector<model::Event>& events);

[[nodiscard]] std::string BlameText(const ports::NodeTrace& trace, const std::vector<model::Event>& events,
                                    const LogTextOptions& options = {});
// One document, described in README.md.
[[nodiscard]] std::string BlameJson(const ports::NodeTrace& trace, const std::vector<model::Event>& events);

}  // namespace kadende::cli
