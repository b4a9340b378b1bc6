#include "engine/apply/recorder.h"

#include "engine/base/fault.h"

namespace kadende::apply {

bool ChangesRows(const model::StateChange& change) {
  return std::holds_alternative<model::NodeCreated>(change) || std::holds_alternative<model::NodeChanged>(change) ||
         std::holds_alternative<model::NodeGone>(change) || std::holds_alternative<model::GroupMoved>(change);
}

model::Event& Recorder::Note(model::EventKind kind, base::TimePoint now) {
  model::Event* event = nullptr;
  if (model::IsStored(kind)) {
    changes_.emplace_back(std::in_place_type<model::EventRecorded>);
    event = &std::get<model::EventRecorded>(changes_.back()).event;
  } else {
    event = &progress_.emplace_back();
  }
  event->kind = kind;
  event->time = now;
  event->cluster = state_.cluster.name;
  event->run_id = run_id_;
  event->actor = actor_;
  return *event;
}

base::Status Recorder::Commit() {
  if (!changes_.empty()) {
    if (auto status = ports_.store->Commit(state_.cluster.lineage, changes_); !status) return status;
    base::FaultPoint("apply.commit.after");
  }
  if (ports_.observer != nullptr) {
    // What has started before what has ended.
    for (const model::Event& event : progress_) ports_.observer->OnEvent(event);
    for (const model::StateChange& change : changes_) {
      if (const auto* recorded = std::get_if<model::EventRecorded>(&change)) ports_.observer->OnEvent(recorded->event);
    }
  }
  changes_.clear();
  progress_.clear();
  return {};
}

}  // namespace kadende::apply
