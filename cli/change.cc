#include "cli/change.h"

#include <memory>
#include <mutex>
#include <utility>

#include "cli/health_pump.h"
#include "cli/log_observer.h"
#include "cli/lost_cluster.h"
#include "cli/node_place.h"
#include "cli/plugin_ear.h"
#include "cli/plugins.h"
#include "cli/share.h"
#include "cli/view/apply_table.h"
#include "cli/view/json_events.h"
#include "cli/view/plan_text.h"
#include "cli/view/plugin_text.h"
#include "cli/view/progress.h"
#include "cli/wait_healthy.h"
#include "engine/apply/approval.h"
#include "engine/base/text.h"
#include "providers/probe/prober.h"

namespace kadende::cli {
namespace {

using base::ErrorCode;

// Events of the engine, and of plugins meanwhile.
class OneAtATime : public ports::Observer {
 public:
  OneAtATime(std::vector<ports::Observer*> observers, std::mutex& mutex)
      : observers_(std::move(observers)), mutex_(mutex) {}
  void OnEvent(const model::Event& event) override {
    const std::lock_guard lock(mutex_);
    observers_.OnEvent(event);
  }

 private:
  Observers observers_;
  std::mutex& mutex_;
};

// One change from the question to the summary. Lives for one call of Change.
class Changer {
 public:
  Changer(Console& console, Planning& planning, ChangeRequest request)
      : console_(console),
        planning_(planning),
        request_(std::move(request)),
        json_(console.OutSink()),
        signals_(
            {"Interrupted: nothing more is started, what runs is waited for and recorded. Once more leaves at once.\n",
             "Leaving. What is under way is settled by the next run.\n"},
            [&console](const std::string& line) { console.Err(line); }) {
    request_.plan.refresh.stop = signals_.drain();
  }

  int Run() {
    if (console_.common().json) json_.Version(KADENDE_VERSION);
    if (auto read = ReadApproval(); !read) return Fail(read.error());
    // Without --yes the plan is made and shown first, without a lock; the run then refuses if it no longer holds.
    if (request_.reviewed == nullptr && !request_.running.yes && !approved_) {
      if (const int code = AskFirst(); code != kExitOk || declined_) return code;
    }
    if (auto opened = OpenForWriting(planning_); !opened) return Fail(opened.error());
    if (auto restored = RestoreFromGit(); !restored) return Fail(restored.error());
    if (auto same = CheckLineage(); !same) return Fail(same.error());
    auto result = RunLocked();
    if (!result) return Fail(result.error());
    const int code = Report(*result);
    const std::vector<std::string> back = ToGoBack(*result);
    return back.empty() || signals_.interrupted() ? code : GoBack(back);
  }

 private:
  // Groups whose rollout failed, and whose policy says what then.
  static std::vector<std::string> ToGoBack(const apply::RunResult& result) {
    std::vector<std::string> groups;
    for (const auto& [index, failed] : result.execution.failed_rollouts) {
      const model::PlanGroup& group = result.plan.groups[index];
      const bool rolls_back = group.after.policy.rollout.on_failure == model::OnFailure::kRollback;
      if (failed.had_enough && rolls_back && !result.plan.abandons_run) groups.push_back(group.path);
    }
    return groups;
  }

  // A run of its own, and no second one: a rollback is never rolled back.
  int GoBack(const std::vector<std::string>& groups) {
    console_.Err("warning: " + base::EscapeTerminal(base::Join(groups, ", ")) +
                 ": back to what was in force (rollout.onFailure: rollback)\n");
    request_.plan = {};
    request_.plan.abandon = true;
    request_.plan.targets = groups;
    request_.plan.refresh.stop = signals_.drain();
    request_.reviewed = nullptr;
    approved_.reset();
    shown_ = false;
    observing_.clear();
    auto result = RunLocked();
    if (!result) return Fail(result.error());
    const int code = Report(*result);
    return code == kExitOk ? kExitError : code;
  }

  int Fail(const base::Error& error) {
    if (progress_) progress_->Finish();
    const int code = console_.Fail(error);
    return signals_.interrupted() ? kExitInterrupted : code;
  }

  void ShowPlan(const model::Plan& plan) {
    if (shown_) return;
    shown_ = true;
    if (!plan.diagnostics.empty()) {
      model::Plan located = plan;  // with findings only: they get their places in the file
      Locate(planning_.configuration, located.diagnostics);
      LeaveOutKnown(planning_.configuration, located.diagnostics);
      Print(located);
    } else {
      Print(plan);
    }
  }

  void Print(const model::Plan& plan) {
    if (console_.common().json) {
      json_.Plan(plan);
      return;
    }
    PlanTextOptions options;
    options.color = console_.color_out();
    options.verbose = console_.common().verbose;
    console_.Out(console_.common().quiet ? PlanSummary(plan) + "\n" : PlanText(plan, options));
    console_.Flush();
  }

  // Who names a plan has answered: it is done without asking, and no other one is.
  base::Status ReadApproval() {
    const std::string& hash = request_.running.approve;
    if (hash.empty()) return {};
    approved_ = base::DigestFromHex(hash);
    if (approved_ && !approved_->IsZero()) return {};
    return base::Fail(ErrorCode::kInvalid, "--approve " + hash +
                                               " is no hash of a plan: 64 hexadecimal digits, as `kadende plan` "
                                               "shows them");
  }

  // Before anything of them runs, for a plan asks its providers.
  int AskForPlugins() {
    auto first = PluginsToAskFor(planning_, request_.plan);
    if (!first) return Fail(first.error());
    planning_.reviewed = first->empty();
    if (first->empty() || console_.common().json || !console_.CanAsk()) return kExitOk;
    std::string question =
        "\nThese plugins run for the first time for " + base::EscapeTerminal(planning_.configuration.spec.name) + ":\n";
    for (const model::PluginPin& pin : *first) question += "  " + PinText(pin) + "\n";
    question += "\nDo you want to run them?\n  Only 'yes' will be accepted.\n\n  Enter a value: ";
    const Answer answer = console_.Ask(question, signals_.drain());
    if (answer == Answer::kInterrupted) return kExitInterrupted;
    planning_.reviewed = answer == Answer::kYes;
    declined_ = !planning_.reviewed;
    if (declined_) console_.Err("Apply cancelled.\n");
    return declined_ ? kExitError : kExitOk;
  }

  int AskFirst() {
    if (const int code = AskForPlugins(); code != kExitOk || declined_) return code;
    auto planned = MakePlanNow(planning_, request_.plan, request_.compare_secrets);
    if (!planned) return Fail(planned.error());
    reviewed_ = std::move(planned->plan);
    ShowPlan(reviewed_);
    if (reviewed_.diagnostics.HasErrors()) return Fail({ErrorCode::kInvalid, "the plan cannot be applied", {}, {}});
    if (auto allowed = apply::CheckApproval(reviewed_, approved_); !allowed) return Fail(allowed.error());
    if (ChangesAnything(reviewed_)) {
      if (console_.common().json || !console_.CanAsk()) {
        return Fail({ErrorCode::kInvalid,
                     "nobody can be asked here (no terminal): run again with --yes, or save the plan with "
                     "`kadende plan --out FILE` and apply that",
                     {},
                     {}});
      }
      const Answer answer = Ask();
      if (answer == Answer::kInterrupted) return kExitInterrupted;
      if (answer == Answer::kNo) {
        declined_ = true;
        console_.Err(request_.plan.destroy ? "Destroy cancelled.\n" : "Apply cancelled.\n");
        return kExitError;
      }
    }
    request_.reviewed = &reviewed_;
    return kExitOk;
  }

  Answer Ask() {
    const std::string question = request_.plan.destroy ? "\nDo you really want to destroy all nodes of " +
                                                             planning_.configuration.spec.name + "?"
                                                       : "\nDo you want to perform these actions?";
    return console_.Ask(question + "\n  Only 'yes' will be accepted.\n\n  Enter a value: ", signals_.drain());
  }

  // A cluster that only git still has comes back into the store, once.
  base::Status RestoreFromGit() {
    const std::string& lineage = planning_.lineage;
    const bool named = planning_.has_file && !planning_.is_published;
    if (named ? !lineage.empty() : planning_.session->Find(lineage).has_value()) return {};
    const std::string& name = planning_.configuration.spec.name;
    auto pulled = PullNew(*planning_.session, console_, name, request_.running.lock_timeout);
    if (!pulled) return tl::unexpected(std::move(pulled).error());
    if (!pulled->empty()) {
      planning_.lineage = std::move(*pulled);
      return {};
    }
    auto published = planning_.session->Published(name);
    if (!published) return tl::unexpected(std::move(published.error()));
    if (!*published) return {};
    auto restored = RestoreCluster(*planning_.session, console_, **published, request_.running.lock_timeout);
    if (!restored) return tl::unexpected(std::move(restored.error()));
    planning_.lineage = std::move(*restored);
    return {};
  }

  // A plan is of one cluster, not of whoever has its name by now; and there must be one to destroy.
  base::Status CheckLineage() {
    const std::string& lineage = planning_.lineage;
    if (request_.reviewed != nullptr && request_.reviewed->lineage != lineage) {
      return base::Fail(ErrorCode::kConflict, "the plan was made for " +
                                                  (request_.reviewed->lineage.empty()
                                                       ? std::string("a first apply, but the cluster exists by now")
                                                       : "the cluster with lineage " + request_.reviewed->lineage +
                                                             ", which this state directory does not have") +
                                                  "; plan again");
    }
    if (lineage.empty() && SpecFor(planning_, request_.plan) == nullptr) {
      return base::Fail(ErrorCode::kNotFound, "cluster `" + planning_.configuration.spec.name +
                                                  "` was never applied: " + planning_.session_options.state_directory +
                                                  " knows nothing of it");
    }
    return {};
  }

  base::Result<apply::RunResult> RunLocked() {
    Session& session = *planning_.session;
    planning_.reviewed = true;
    const auto stored = session.Find(planning_.lineage);
    auto plugins = UsePlugins(planning_, SpecFor(planning_, request_.plan),
                              planning_.lineage.empty() || !stored ? model::PluginPins{} : stored->plugins);
    if (!plugins) return tl::unexpected(std::move(plugins.error()));
    MakeObservers();
    OneAtATime observers(observing_, showing_);
    const PluginEar::Listening listening(planning_.session_options.ear.get(), [&](const std::string& line) {
      model::Event event;
      event.kind = model::EventKind::kLog;
      event.time = session.clock().Now();
      event.cluster = planning_.configuration.spec.name;
      event.message = line;
      observers.OnEvent(event);
    });
    auto ports = session.Ports(observers, session.catalog());
    if (!ports) return tl::unexpected(std::move(ports.error()));
    ports->pause = WaitAloud(console_, signals_.drain());
    if (auto remembered = RememberRemote(); !remembered) return tl::unexpected(std::move(remembered).error());
    if (auto looking = LookAtNodes(*ports); !looking) return tl::unexpected(std::move(looking).error());
    if (planning_.has_file && !planning_.is_published) {
      // Before the run, so that watch finds the file's folder also after a crash.
      auto remembered = session.files().Remember(planning_.configuration.spec.name, planning_.configuration.path);
      if (!remembered) return tl::unexpected(std::move(remembered.error()));
    }
    apply::RunRequest run;
    run.lineage = planning_.lineage;
    run.spec = SpecFor(planning_, request_.plan);
    run.reviewed = request_.reviewed;
    run.approved = approved_;
    run.kind = request_.kind;
    run.compare_secrets = request_.compare_secrets;
    run.plan = WithProtection(planning_, request_.plan);
    run.plan.plugins = std::move(*plugins);
    run.execute.parallelism = request_.running.parallelism;
    run.execute.stop_on_error = request_.running.on_error == "stop";
    run.execute.drain = signals_.drain();
    run.execute.abort = signals_.abort();
    run.execute.actor = Actor();
    run.lock_wait = request_.running.lock_timeout;
    run.approve = [this](const model::Plan& plan) { return Approve(plan); };
    run.describe = [](const model::Plan& plan) { return PlanText(plan); };
    return apply::Run(run, *ports);
  }

  // Before the run, so that whoever comes after a crash asks the same remote.
  base::Status RememberRemote() {
    Session& session = *planning_.session;
    const auto stored = session.Find(planning_.lineage);
    return session.RememberRemote(!planning_.lineage.empty() && stored ? stored->name
                                                                       : planning_.configuration.spec.name);
  }

  // The gates of a rollout wait for health where the file has checks.
  base::Status LookAtNodes(apply::RunPorts& ports) {
    const auto& groups = planning_.configuration.spec.groups;
    if (std::none_of(groups.begin(), groups.end(), [](const auto& group) { return !group.policy.checks.empty(); })) {
      return {};
    }
    auto prober = providers::Prober::Make();
    if (!prober) return tl::unexpected(std::move(prober).error());
    Session& session = *planning_.session;
    HealthPumpOptions options;
    options.folder_of = [&session](const std::string& cluster) { return session.FolderOf(cluster); };
    auto looking = LookInNodes(
        std::move(*prober), session, [&session](const std::string& folder, const model::ClusterState&) -> auto& {
          return session.CatalogAt(folder);
        });
    health_ = std::make_unique<HealthPump>(std::move(looking), nullptr, nullptr, session.clock(), std::move(options));
    ports.health = &health_->monitor();
    return {};
  }

  bool Approve(const model::Plan& plan) {
    ShowPlan(plan);
    if (plan.diagnostics.HasErrors()) return false;
    const std::lock_guard lock(showing_);
    if (progress_) progress_->Begin(plan);
    return !signals_.interrupted();
  }

  void MakeObservers() {
    const CommonOptions& common = console_.common();
    if (common.json) observing_.push_back(&json_);
    if (common.verbose) {
      log_ = MakeLogObserver(console_.color_err());
      observing_.push_back(log_.get());
    } else if (!common.json && !common.quiet) {
      ProgressOptions options;
      options.terminal = console_.terminal_err();
      options.color = console_.color_err();
      options.width = console_.width();
      progress_ = std::make_unique<ProgressView>(console_.ErrSink(), planning_.session->clock(), options);
      observing_.push_back(progress_.get());
    }
  }

  int Report(const apply::RunResult& result) {
    if (progress_) progress_->Finish();
    ShowPlan(result.plan);
    if (result.declined) {
      if (signals_.interrupted()) return kExitInterrupted;
      return Fail({ErrorCode::kInvalid, "the plan cannot be applied", {}, {}});
    }
    if (console_.common().json) {
      json_.Result(result.plan, result.execution);
      if (result.published) json_.Published(*result.published);
    } else {
      ApplyTableOptions options;
      options.color = console_.color_out();
      options.verbose = console_.common().verbose;
      console_.Out("\n" + ApplyTable(result.plan, result.execution, options));
    }
    console_.Flush();
    if (result.published) {
      for (const std::string& warning : result.published->warnings) console_.Err("warning: " + warning + "\n");
    }
    if (!result.publish_error.empty()) {
      console_.Err("warning: everything was done and recorded, but not published to git: " + result.publish_error +
                   (result.history_damaged ? "\n" : "; the next run publishes it\n"));
    }
    if (!result.push_error.empty()) {
      console_.Err("warning: everything was done and recorded, but the remote does not know of it yet: " +
                   result.push_error + "; the next run or `kadende state push` tells it\n");
    }
    if (result.execution.interrupted || signals_.interrupted()) return kExitInterrupted;
    if (!result.execution.Complete()) return kExitError;
    if (std::string frozen = FrozenText(result.plan); !frozen.empty()) {
      return Fail({ErrorCode::kConflict, std::move(frozen), {}, {}});
    }
    return request_.running.wait == "healthy" ? WaitUntilHealthy(result) : kExitOk;
  }

  int WaitUntilHealthy(const apply::RunResult& result) {
    auto waited = WaitHealthy(*planning_.session, result.lineage, health_.get(), signals_.drain());
    return waited ? kExitOk : Fail(waited.error());
  }

  Console& console_;
  Planning& planning_;
  ChangeRequest request_;
  model::Plan reviewed_;
  std::optional<base::Digest> approved_;
  bool shown_ = false;
  bool declined_ = false;
  JsonEvents json_;
  std::unique_ptr<ports::Observer> log_;
  std::unique_ptr<ProgressView> progress_;
  std::vector<ports::Observer*> observing_;
  std::mutex showing_;                  // held while any of them is called
  std::unique_ptr<HealthPump> health_;  // null: no group has checks
  Signals signals_;
};

}  // namespace

void DefineRunning(CommandSetup& setup, RunningOptions& options) {
  setup.Add({"-y,--yes", "", "Do not ask before acting", {}, false}, &options.yes);
  setup.Add({"--approve",
             "PLAN-HASH",
             "Do the plan of this hash and no other, without asking; also where the cluster's `approval` wants that",
             {},
             false},
            &options.approve);
  setup.Add({"--parallelism", "N", "Provider calls at once", {}, false}, &options.parallelism);
  setup.Add({"--on-error",
             "stop|continue",
             "After a failure: start nothing more, or what does not depend on it",
             {"stop", "continue"},
             false},
            &options.on_error);
  // `none` is for providers whose calls return before the instance exists; the built-in ones have no such call.
  setup.Add({"--wait",
             "none|created|healthy",
             "Until instances exist, or all nodes run",
             {"none", "created", "healthy"},
             false},
            &options.wait);
  setup.Add({"--lock-timeout", "DURATION", "How long to wait for another run of the same groups", {}, false},
            &options.lock_timeout);
}

int Change(Console& console, Planning& planning, ChangeRequest request) {
  return Changer(console, planning, std::move(request)).Run();
}

}  // namespace kadende::cli
