#include "engine/plan/brake_words.h"

namespace kadende::plan {

using model::BrakeKind;

bool IsReleasable(BrakeKind kind) {
  switch (kind) {
    case BrakeKind::kMaxUnhealthy:
    case BrakeKind::kUnhealthyRange:
    case BrakeKind::kRate:
    case BrakeKind::kBlastCap:
    case BrakeKind::kQuarantine:
    case BrakeKind::kSuspended:
      return true;
    case BrakeKind::kMinCapacity:
    case BrakeKind::kQuorum:
      return false;
  }
  return false;
}

std::string BrakeRemedy(BrakeKind kind, const std::string& path) {
  const std::string release = "`kadende release " + path + "`";
  switch (kind) {
    case BrakeKind::kMaxUnhealthy:
    case BrakeKind::kUnhealthyRange:
    case BrakeKind::kRate:
    case BrakeKind::kBlastCap:
      break;
    case BrakeKind::kQuarantine:
      return "find out what is wrong with them; " + release + " or a new revision lets them be replaced again";
    case BrakeKind::kSuspended:
      return "mend what makes them fail, then " + release + " resumes";
    case BrakeKind::kMinCapacity:
      return "it goes on once those are healthy; set remediation.minCapacity and apply to change that";
    case BrakeKind::kQuorum:
      return "bring members back by hand, or `kadende apply --replace NODE` gives one up that you know to be lost";
  }
  return release + " acts once all the same";
}

std::string BrakedBy(const model::Brake& brake, const std::string& ago) {
  std::string text =
      "braked by " + std::string(model::BrakeName(brake.kind)) + " since " + base::FormatRfc3339(brake.since) + ago;
  return brake.until == base::TimePoint{} ? text : text + ", until " + base::FormatRfc3339(brake.until);
}

}  // namespace kadende::plan
