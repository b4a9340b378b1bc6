#include "cli/view/progress.h"

#include <algorithm>
#include <utility>

#include "cli/view/event_text.h"
#include "cli/view/style.h"
#include "engine/base/text.h"

namespace kadende::cli {
namespace {

using model::ActionKind;
using model::EventKind;

constexpr std::size_t kBarCells = 24;
constexpr std::size_t kMaxName = 28;

bool IsCounted(ActionKind kind) {
  return kind == ActionKind::kCreate || kind == ActionKind::kUpdate || kind == ActionKind::kDestroy ||
         kind == ActionKind::kAdopt || kind == ActionKind::kHook;
}

bool IsFailure(EventKind kind) {
  return kind == EventKind::kCreateFailed || kind == EventKind::kDestroyFailed || kind == EventKind::kUpdateFailed;
}

bool IsDone(EventKind kind) {
  return kind == EventKind::kNodeCreated || kind == EventKind::kNodeDestroyed || kind == EventKind::kNodeUpdated;
}

// Shown as a line of its own even where everything else is only counted.
bool IsRemarkable(EventKind kind) {
  return IsFailure(kind) || kind == EventKind::kActionRetried || kind == EventKind::kGroupFrozen ||
         kind == EventKind::kGroupBackoff || kind == EventKind::kStrayFound || kind == EventKind::kRunInterrupted ||
         kind == EventKind::kPassFailed || kind == EventKind::kLog || kind == EventKind::kHookFailed;
}

std::string Seconds(std::int64_t seconds) {
  if (seconds < 90) return std::to_string(seconds) + "s";
  if (seconds < 90 * 60) return std::to_string(seconds / 60) + "m";
  return std::to_string(seconds / 3600) + "h" + std::to_string(seconds / 60 % 60) + "m";
}

}  // namespace

ProgressView::ProgressView(Sink sink, ports::Clock& clock, const ProgressOptions& options)
    : sink_(std::move(sink)), clock_(clock), options_(options) {}

ProgressView::~ProgressView() {
  Finish();
}

void ProgressView::Begin(const model::Plan& plan) {
  bars_.clear();
  bar_of_.clear();
  given_up_.clear();
  std::vector<std::uint32_t> totals(plan.groups.size());
  std::size_t all = 0;
  for (const auto& action : plan.graph.actions) {
    if (!IsCounted(action.kind) || action.group >= totals.size()) continue;
    if (action.kind == ActionKind::kDestroy && action.settle) {
      given_up_.emplace(plan.groups[action.group].path, action.slot.Key());
    }
    ++totals[action.group];
    ++all;
  }
  for (std::size_t i = 0; i < totals.size(); ++i) {
    if (totals[i] == 0) continue;
    // Groups beyond the limit share the last bar, so that the block always fits the terminal.
    if (bars_.size() == options_.max_bars && !bars_.empty()) {
      bars_.back().group = "others";
    } else {
      bars_.push_back({plan.groups[i].path, 0, 0, 0, 0});
    }
    bars_.back().total += totals[i];
    bar_of_[plan.groups[i].path] = bars_.size() - 1;
  }
  begun_ = true;
  counted_ = !options_.terminal && all > options_.plain_limit;
  started_ = last_drawn_ = clock_.Monotonic();
  dirty_ = options_.terminal && !bars_.empty();
  if (dirty_) Draw();
}

ProgressView::Bar* ProgressView::BarOf(const std::string& group) {
  const auto found = bar_of_.find(group);
  return found == bar_of_.end() ? nullptr : &bars_[found->second];
}

// A settled create has either its instance now, or none, and then another one is made.
bool ProgressView::HasEnded(const model::Event& event) const {
  if (event.kind != EventKind::kIntentSettled) return IsDone(event.kind);
  return !event.instance_id.empty() || given_up_.contains({event.group, event.slot_key});
}

void ProgressView::Count(const model::Event& event) {
  Bar* const bar = BarOf(event.group);
  if (bar == nullptr) return;
  if (event.kind == EventKind::kActionStarted) {
    ++bar->running;
  } else if (HasEnded(event) || IsFailure(event.kind) || event.kind == EventKind::kActionSkipped) {
    ++(HasEnded(event) ? bar->done : bar->failed);
    if (event.kind != EventKind::kActionSkipped && bar->running > 0) --bar->running;
  } else {
    return;
  }
  dirty_ = true;
}

void ProgressView::OnEvent(const model::Event& event) {
  const bool progress = event.kind == EventKind::kActionStarted;
  Count(event);
  if (!begun_ || (!options_.terminal && !counted_)) {
    if (!progress || !begun_) Line(EventLine(event, {options_.color, !begun_, false}));
    return;
  }
  if (IsRemarkable(event.kind)) Line(EventLine(event, {options_.color, false, false}));
  const base::Millis now = clock_.Monotonic();
  if (!dirty_ || now - last_drawn_ < (options_.terminal ? options_.redraw_every : options_.line_every)) return;
  last_drawn_ = now;
  Draw();
}

void ProgressView::Line(const std::string& text) {
  Erase();
  sink_(text + "\n");
}

void ProgressView::Erase() {
  if (drawn_lines_ == 0) return;
  // To the first line of the block, then clear to the end of the screen.
  sink_("\x1b[" + std::to_string(drawn_lines_) + "F\x1b[J");
  drawn_lines_ = 0;
  dirty_ = true;
}

void ProgressView::Draw() {
  dirty_ = false;
  if (!options_.terminal) {
    sink_(RenderTotals() + "\n");
    return;
  }
  // One write for erasing and drawing: two would flicker.
  std::string block;
  if (drawn_lines_ > 0) block = "\x1b[" + std::to_string(drawn_lines_) + "F\x1b[J";
  for (const Bar& bar : bars_) block += RenderBar(bar) + "\n";
  block += RenderTotals() + "\n";
  drawn_lines_ = bars_.size() + 1;
  sink_(block);
}

std::string ProgressView::RenderBar(const Bar& bar) const {
  std::size_t name_width = 0;
  for (const Bar& other : bars_) {
    name_width = std::max(name_width, DisplayWidth(base::EscapeTerminal(other.group)));
  }
  name_width = std::min(name_width, kMaxName);
  const std::size_t ended = std::min<std::size_t>(bar.done + bar.failed, bar.total);
  const std::size_t filled = bar.total == 0 ? 0 : ended * kBarCells / bar.total;
  std::string drawn(filled, '#');
  drawn.append(kBarCells - filled, '.');
  const std::string head =
      PadRight(Shorten(base::EscapeTerminal(bar.group), name_width), name_width) + " [" + drawn + "] ";
  std::string counts = std::to_string(bar.done) + "/" + std::to_string(bar.total);
  if (bar.running > 0) counts += ", " + std::to_string(bar.running) + " running";
  if (bar.failed > 0) counts += ", " + std::to_string(bar.failed) + " failed or skipped";
  // A line that wraps would be erased only in part.
  const std::string line = Shorten(head + counts, options_.width > 1 ? options_.width - 1 : 1);
  const bool complete = ended == bar.total;
  return Paint(options_.color && complete, bar.failed > 0 ? Color::kRed : Color::kGreen, line);
}

std::string ProgressView::RenderTotals() const {
  std::uint64_t total = 0;
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  for (const Bar& bar : bars_) {
    total += bar.total;
    done += bar.done;
    failed += bar.failed;
  }
  const double seconds = std::chrono::duration<double>(clock_.Monotonic() - started_).count();
  std::string text = base::GroupDigits(done) + " of " + base::GroupDigits(total) + " done";
  if (failed > 0) text += ", " + base::GroupDigits(failed) + " failed or skipped";
  text += ", " + Seconds(static_cast<std::int64_t>(seconds));
  const double rate = seconds > 0 ? static_cast<double>(done + failed) / seconds : 0;
  if (rate > 0 && seconds >= 1) {
    const auto tenths = static_cast<std::uint64_t>(rate * 10);
    text += ", " +
            (rate < 10 ? std::to_string(tenths / 10) + "." + std::to_string(tenths % 10)
                       : base::GroupDigits(static_cast<std::uint64_t>(rate))) +
            "/s";
    const std::uint64_t ended = std::min(done + failed, total);
    if (ended < total)
      text += ", " + Seconds(static_cast<std::int64_t>(static_cast<double>(total - ended) / rate)) + " left";
  }
  return Shorten(text, options_.terminal && options_.width > 1 ? options_.width - 1 : text.size());
}

void ProgressView::Finish() {
  if (!begun_) return;
  if (options_.terminal ? !bars_.empty() : counted_) Draw();
  begun_ = false;
  drawn_lines_ = 0;
}

}  // namespace kadende::cli
