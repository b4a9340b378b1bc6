// A watch in small: the real monitor, rules, planner and executor over a fake clock, a fake provider and nodes that
// behave as a story says. It tells every transition in one line, so that a story is a text that can be read.
//
// As the daemon does it, all health is judged on a clock that is read at the start and carried on by CLOCK_BOOTTIME.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/reconcile/health_monitor.h"
#include "engine/reconcile/remediation.h"
#include "tests/engine/apply/test_bed.h"

namespace kadende::test {

using namespace std::chrono_literals;

class WatchSim {
 public:
  // A group `web` with one exec check: failures ignored for a minute, acted upon after five.
  explicit WatchSim(std::uint32_t size);
  WatchSim(const WatchSim&) = delete;
  WatchSim& operator=(const WatchSim&) = delete;

  // The group's policy, in force once Apply is called (the first time by Start).
  [[nodiscard]] model::GroupPolicy& policy() { return spec_.groups[0].policy; }
  [[nodiscard]] model::GroupSpec& group() { return spec_.groups[0]; }
  void Apply();
  // An apply begins to bring every node to this image by the policy as it is, and is killed at once.
  void BeginRollout(const std::string& image);
  void Promote();  // past the next stop
  void Start();    // applies, lets all become healthy, and begins to tell
  void Restart();  // the controller dies and another one starts
  void Stop();     // the controller dies

  void Run(base::Millis time);  // looks every 5 s, passes every 10 s

  // What nodes do. By slot: of the slot's live instance.
  void Break(std::uint32_t ordinal);
  void Mend(std::uint32_t ordinal);
  void MendAll();
  void Provider(std::uint32_t ordinal, model::InstanceStatus status, std::string reason = {});
  void Vanish(std::uint32_t ordinal);
  base::Millis boot = 20s;  // new nodes answer after this; longer than a story: never
  bool probes_work = true;  // false: no look can be made

  // `lasts`: until it lapses; none: until it is taken back.
  void Hold(std::uint32_t ordinal, std::string reason, base::Millis lasts = {});
  void HoldGroup(std::string reason);
  void Unhold();
  void Release();
  void Taint(std::uint32_t ordinal, bool tainted = true);
  void Say(const std::string& line);  // into the story

  // Asked at each decision to replace a node for its health; for tests that look over the watch's shoulder.
  std::function<void(const model::NodeRecord& row, const std::string& why)> on_replace;

  [[nodiscard]] std::string Told();  // the story so far, with how it stands
  [[nodiscard]] std::string IdOf(std::uint32_t ordinal);
  [[nodiscard]] bool AllHealthy();      // every slot has one live node that is healthy, and nothing else is left
  [[nodiscard]] base::TimePoint Now();  // the watch's clock
  [[nodiscard]] model::GroupState Group() { return bed.State().groups.at("web"); }
  [[nodiscard]] bool Answers(const std::string& id);  // a look at this instance would pass

  TestBed bed;
  bool telling = false;

 private:
  void Look();
  void Pass();
  void Track();
  plan::Judgement Judged(const model::ClusterState& state, const plan::PriorView& view);
  void Change(const std::function<void(model::GroupRecord&)>& change);
  void AddHold(model::Hold hold);
  void Tell(const std::string& line);
  void TellHealth();
  void TellCalls();
  void TellLapses();
  void TellGroup(const model::Plan& plan);

  model::ClusterSpec spec_;
  std::unique_ptr<reconcile::HealthMonitor> monitor_;
  base::TimePoint anchor_{};  // wall clock at the start of the controller
  base::Millis anchored_{0};  // CLOCK_BOOTTIME then
  base::Millis began_{0};     // of the story
  base::Millis since_pass_{0};
  ports::HealthByGroup health_;  // as judged last; also what a store would keep
  std::set<std::string> mended_;
  std::set<std::string> broken_;
  std::map<std::string, base::Millis> born_;  // CLOCK_BOOTTIME, by instance

  std::string text_;
  std::map<std::string, std::string> told_;  // what was said last of each node and group
  std::size_t calls_told_ = 0;
  std::size_t events_told_ = 0;
};

}  // namespace kadende::test
