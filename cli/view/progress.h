// Progress of a run for a person. On a terminal: a bar per group with counts, rate and time left, redrawn in place at
// most ten times a second. Elsewhere: plain lines, all of them for small runs, a few per second with counts for large.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cli/view/sink.h"
#include "engine/model/plan.h"
#include "engine/ports/clock.h"
#include "engine/ports/observer.h"

namespace kadende::cli {

struct ProgressOptions {
  bool terminal = false;
  bool color = false;
  std::size_t width = 80;          // cells of the terminal
  std::size_t max_bars = 12;       // further groups share one bar
  std::size_t plain_limit = 200;   // runs of more actions get counted lines instead of one line each
  base::Millis redraw_every{100};  // on a terminal
  base::Millis line_every{500};    // counted lines elsewhere
};

// Not thread-safe: called by the engine's one thread. `clock` must outlive the view.
class ProgressView : public ports::Observer {
 public:
  ProgressView(Sink sink, ports::Clock& clock, const ProgressOptions& options);
  ~ProgressView() override;
  ProgressView(const ProgressView&) = delete;
  ProgressView& operator=(const ProgressView&) = delete;

  // Before the run: what there is to do. Without it (watch), every event is a plain line.
  void Begin(const model::Plan& plan);
  void OnEvent(const model::Event& event) override;
  // Draws the final state and leaves the cursor below it. Also done by the destructor.
  void Finish();

 private:
  struct Bar {
    std::string group;
    std::uint32_t total = 0;
    std::uint32_t done = 0;
    std::uint32_t failed = 0;
    std::uint32_t running = 0;
  };

  Bar* BarOf(const std::string& group);
  [[nodiscard]] bool HasEnded(const model::Event& event) const;
  void Count(const model::Event& event);
  void Draw();
  void Erase();
  void Line(const std::string& text);
  [[nodiscard]] std::string RenderBar(const Bar& bar) const;
  [[nodiscard]] std::string RenderTotals() const;

  // Constant after construction.
  Sink sink_;
  ports::Clock& clock_;
  ProgressOptions options_;

  std::vector<Bar> bars_;
  std::map<std::string, std::size_t> bar_of_;
  // Nodes whose creates of earlier runs are not wanted: where one never came to be, its destroy is done.
  std::set<std::pair<std::string, std::string>> given_up_;
  bool begun_ = false;
  bool counted_ = false;  // large run off a terminal
  std::size_t drawn_lines_ = 0;
  base::Millis started_{};
  base::Millis last_drawn_{};
  bool dirty_ = false;
};

// Hands each event to several observers, in order. They must outlive it.
class Observers : public ports::Observer {
 public:
  explicit Observers(std::vector<ports::Observer*> observers) : observers_(std::move(observers)) {}
  void OnEvent(const model::Event& event) override {
    for (auto* observer : observers_) observer->OnEvent(event);
  }

 private:
  std::vector<ports::Observer*> observers_;
};

}  // namespace kadende::cli
