#include "cli/watch_observer.h"

#include "cli/log_observer.h"
#include "cli/view/event_text.h"

namespace kadende::cli {

WatchObserver::WatchObserver(Console& console, bool with_cluster) : with_cluster_(with_cluster), console_(console) {
  if (console.common().verbose) log_ = MakeLogObserver(console.color_err());
  if (!console.common().json) return;
  json_ = std::make_unique<JsonEvents>(console.OutSink());
  json_->Version(KADENDE_VERSION);
}

void WatchObserver::OnEvent(const model::Event& event) {
  const std::lock_guard lock(mutex_);
  if (log_) log_->OnEvent(event);
  if (json_) {
    json_->OnEvent(event);
    return;
  }
  if (!model::IsStored(event.kind)) return;
  EventTextOptions options;
  options.color = console_.color_out();
  options.with_cluster = with_cluster_;
  console_.Out(EventLine(event, options) + "\n");
  console_.Flush();
}

}  // namespace kadende::cli
