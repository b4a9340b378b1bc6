// One event as one line for people: `kadende events`, the plain form of progress, the log of watch.
#pragma once

#include <string>
#include <vector>

#include "engine/model/event.h"

namespace kadende::cli {

struct EventTextOptions {
  bool color = false;
  bool with_time = true;
  bool with_cluster = false;  // where several clusters are shown together
};

// "2026-11-22T08:03:46Z  node_created  web[0]  created as i-1 (size_up)", without newline.
[[nodiscard]] std::string EventLine(const model::Event& event, const EventTextOptions& options = {});

// Lines in the order given, each with a newline.
[[nodiscard]] std::string EventsText(const std::vector<model::Event>& events, const EventTextOptions& options = {});

// One JSON object without newline; the form of JsonEvents.
[[nodiscard]] std::string EventJson(const model::Event& event);

}  // namespace kadende::cli
