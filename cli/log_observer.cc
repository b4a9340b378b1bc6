#include "cli/log_observer.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ansicolor_sink.h>

#include "cli/view/event_text.h"

namespace kadende::cli {
namespace {

spdlog::level::level_enum LevelOf(model::EventKind kind) {
  using model::EventKind;
  switch (kind) {
    case EventKind::kCreateFailed:
    case EventKind::kDestroyFailed:
    case EventKind::kUpdateFailed:
    case EventKind::kPassFailed:
    case EventKind::kHookFailed:
      return spdlog::level::err;
    case EventKind::kRunInterrupted:
    case EventKind::kActionRetried:
    case EventKind::kActionSkipped:
    case EventKind::kNodeGone:
    case EventKind::kStrayFound:
    case EventKind::kGroupFrozen:
    case EventKind::kGroupBackoff:
    case EventKind::kNodeUnhealthy:
    case EventKind::kNodeUnknown:
    case EventKind::kBrakeOn:
    case EventKind::kBrakeReleased:
    case EventKind::kRunTakenOver:
    case EventKind::kRolloutStopped:
    case EventKind::kRolloutTakenBack:
      return spdlog::level::warn;
    case EventKind::kActionStarted:
    case EventKind::kLog:
      return spdlog::level::debug;
    case EventKind::kRunStarted:
    case EventKind::kRunFinished:
    case EventKind::kNodeCreated:
    case EventKind::kNodeUpdated:
    case EventKind::kNodeDestroyed:
    case EventKind::kIntentSettled:
    case EventKind::kGroupConverged:
    case EventKind::kNodeTainted:
    case EventKind::kNodeUntainted:
    case EventKind::kPublished:
    case EventKind::kGroupChanged:
    case EventKind::kWatchStarted:
    case EventKind::kWatchStopped:
    case EventKind::kNodeHealthy:
    case EventKind::kBrakeOff:
    case EventKind::kPassRecovered:
    case EventKind::kStatePulled:
    case EventKind::kRunClaimed:
    case EventKind::kNodeConfigured:
    case EventKind::kHeld:
    case EventKind::kUnheld:
    case EventKind::kHoldLapsed:
    case EventKind::kNodeAdopted:
    case EventKind::kNodeForgotten:
    case EventKind::kRolloutStarted:
    case EventKind::kRolloutResumed:
    case EventKind::kRolloutFinished:
      return spdlog::level::info;
  }
  return spdlog::level::info;
}

class LogObserver : public ports::Observer {
 public:
  explicit LogObserver(bool color)
      : logger_("kadende", std::make_shared<spdlog::sinks::ansicolor_stderr_sink_st>(
                               color ? spdlog::color_mode::always : spdlog::color_mode::never)) {
    logger_.set_level(spdlog::level::debug);
    logger_.set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%5l%$ %v", spdlog::pattern_time_type::utc);
  }

  void OnEvent(const model::Event& event) override {
    EventTextOptions options;
    options.with_time = false;
    options.with_cluster = true;
    logger_.log(LevelOf(event.kind), EventLine(event, options));
  }

 private:
  spdlog::logger logger_;
};

}  // namespace

std::unique_ptr<ports::Observer> MakeLogObserver(bool color) {
  return std::make_unique<LogObserver>(color);
}

}  // namespace kadende::cli
