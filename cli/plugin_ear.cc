#include "cli/plugin_ear.h"

#include <utility>

#include "cli/system_clock.h"
#include "engine/base/text.h"

namespace kadende::cli {
namespace {

using providers::plugin::PluginNote;

constexpr std::size_t kMostLines = 100;  // of one plugin in a minute
constexpr base::Millis kMinute = std::chrono::minutes(1);

bool IsAlarming(const PluginNote& note) {
  return note.kind == PluginNote::Kind::kLog && (note.level == "warning" || note.level == "error");
}

std::string LineOf(const PluginNote& note) {
  const std::string level = note.kind == PluginNote::Kind::kLog ? note.level + ": " : "";
  return "plugin `" + base::EscapeTerminal(note.plugin) + "`: " + level + base::EscapeTerminal(note.message);
}

}  // namespace

void PluginEar::Hear(const PluginNote& note) {
  const CommonOptions& common = console_.common();
  const bool wanted = IsAlarming(note) ? !common.quiet || note.level == "error" : common.verbose;
  if (!wanted || note.kind == PluginNote::Kind::kProgress) return;
  const base::Millis now = SystemClock().Monotonic();
  const std::lock_guard lock(mutex_);
  Said& said = said_[note.plugin];
  if (said.lines == 0 || now - said.since >= kMinute) said = {now, 0};
  ++said.lines;
  if (said.lines <= kMostLines) {
    Tell(LineOf(note));
  } else if (said.lines == kMostLines + 1) {
    Tell("plugin `" + base::EscapeTerminal(note.plugin) + "` says more than " + std::to_string(kMostLines) +
         " lines a minute; the others are left out");
  }
}

void PluginEar::Tell(const std::string& line) {
  listener_ ? listener_(line) : console_.Err(line + "\n");
}

PluginEar::Listening::Listening(PluginEar* ear, Listener listener) : ear_(ear) {
  if (ear_ == nullptr) return;
  const std::lock_guard lock(ear_->mutex_);
  ear_->listener_ = std::move(listener);
}

PluginEar::Listening::~Listening() {
  if (ear_ == nullptr) return;
  const std::lock_guard lock(ear_->mutex_);
  ear_->listener_ = nullptr;
}

}  // namespace kadende::cli
