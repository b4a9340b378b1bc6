#include "cli/share.h"

#include <condition_variable>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>

#include "cli/configuration.h"
#include "engine/apply/pull.h"
#include "engine/base/text.h"
#include "engine/ports/observer.h"

namespace kadende::cli {
namespace {

using base::ErrorCode;

base::Error CannotTell(const std::string& cluster, const base::Error& error) {
  return {ErrorCode::kUnavailable,
          "the repository around the file has a remote that may have the state of " + base::EscapeTerminal(cluster) +
              ", and it cannot be asked: " + error.message +
              ". Nothing was done; try again, or say `--state-remote none` where there is no such state",
          base::Effect::kNone,
          {}};
}

std::string Age(base::TimePoint then, base::TimePoint now) {
  return base::FormatDuration(std::chrono::floor<std::chrono::seconds>(now - then)) + " old, of " +
         base::FormatRfc3339(then);
}

}  // namespace

base::Status ShareCluster(Session& session, Console& console, const ShareRequest& request) {
  RemoteQuestion question;
  question.flag = console.common().state_remote;
  question.cluster = request.cluster;
  question.folder = session.options().base_directory;
  question.known = request.known;
  question.trusted = request.acts;
  question.spec = request.spec;
  // Who reads or changes a cluster by its name finds the same remote as who plans or applies the file beside it.
  std::optional<model::ClusterSpec> beside;
  if (request.spec == nullptr && !session.remotes().Of(request.cluster)) {
    beside = SharingSpecIn(question.folder, request.cluster);
    if (beside) question.spec = &*beside;
  }
  const StateRemote chosen = ChooseRemote(question, session.remotes());
  if (!chosen.note.empty()) console.Err("note: " + chosen.note + "\n");
  session.Share(chosen);
  if (session.remote() == nullptr || !chosen.only_if_there) return {};
  auto answer = request.offline ? tl::unexpected(base::Error{}) : session.remote()->Fetch(request.cluster);
  const bool answered = answer.has_value();
  bool there = answered && (answer->tip || answer->claim);
  if (!answered && request.acts) return tl::unexpected(CannotTell(request.cluster, answer.error()));
  if (!answered) {
    const auto known = session.remote()->Known(request.cluster);
    there = known && *known && ((*known)->tip || (*known)->claim);
  }
  if (!there) session.Share({});
  if (!there && !answered && !request.offline) {
    console.Err("warning: the repository's remote may have the state of " + base::EscapeTerminal(request.cluster) +
                ", and it cannot be asked: " + answer.error().message + "\n");
  }
  if (there && !request.offline) session.KeepAnswer(std::move(answer));
  return {};
}

base::Status ShareKnown(Session& session, Console& console, const std::string& cluster) {
  ShareRequest request;
  request.cluster = cluster;
  request.known = true;
  return ShareCluster(session, console, request);
}

base::Result<SharedView> LookAtShared(Session& session, const std::string& cluster, model::ClusterState state,
                                      bool offline) {
  SharedView shared;
  shared.state = std::move(state);
  if (session.remote() == nullptr) return shared;
  auto asked = offline ? tl::unexpected(base::Error{}) : session.Ask(cluster);
  if (!asked) {
    auto known = session.remote()->Known(cluster);
    if (!known) return tl::unexpected(std::move(known).error());
    shared.stale = true;
    shared.notes.push_back(
        (offline ? "the remote is not asked: " : "the remote cannot be asked (" + asked.error().message + "): ") +
        (*known ? "what is known of it is " + Age((*known)->fetched_at, session.clock().Now())
                : "nothing is known of it"));
    if (!*known) return shared;
    asked = std::move(**known);
  }
  auto look = apply::LookShared(cluster, std::move(shared.state), *asked, session.SharedPorts());
  if (!look) return tl::unexpected(std::move(look).error());
  shared.state = std::move(look->state);
  if (look->relation == apply::Relation::kBehind || look->relation == apply::Relation::kMoved) {
    shared.tip = asked->tip->id;
  }
  if (look->relation == apply::Relation::kRewound) {
    shared.notes.push_back("the branch on " + asked->address +
                           " lacks versions that it had: somebody rewound it, and an apply will refuse; see `kadende "
                           "state status`");
  }
  if (look->relation == apply::Relation::kForeign) {
    shared.notes.push_back("the branch on " + asked->address + " is another cluster's, and an apply will refuse");
  }
  std::move(look->notes.begin(), look->notes.end(), std::back_inserter(shared.notes));
  return shared;
}

base::Result<SharedView> FollowShared(Session& session, const ports::ClusterSummary& cluster, bool offline) {
  if (session.remote() == nullptr) return SharedView{};
  auto here = session.LoadHere(cluster.lineage);
  if (!here) return tl::unexpected(std::move(here).error());
  auto view = LookAtShared(session, cluster.name, std::move(*here), offline);
  if (view) session.Follow(view->state, view->tip);
  return view;
}

void Tell(const SharedView& view, Console& console) {
  for (std::size_t i = 0; i < view.notes.size(); ++i) {
    console.Err((view.stale && i == 0 ? "warning: " : "note: ") + view.notes[i] + "\n");
  }
}

base::Result<model::Lineage> PullNew(Session& session, Console& console, const std::string& cluster,
                                     base::Millis lock_wait) {
  if (session.remote() == nullptr) return model::Lineage();
  class Deaf : public ports::Observer {
    void OnEvent(const model::Event& /*event*/) override {}
  } deaf;
  auto ports = session.Ports(deaf, session.catalog());
  if (!ports) return tl::unexpected(std::move(ports).error());
  apply::PullRequest request;
  request.cluster = cluster;
  request.actor = Actor();
  request.lock_wait = lock_wait;
  auto pulled = apply::Pull(request, *ports);
  if (!pulled) return tl::unexpected(std::move(pulled).error());
  if (!pulled->lineage.empty()) {
    console.Note("The state of " + base::EscapeTerminal(cluster) + " was read from its remote (serial " +
                 std::to_string(pulled->serial) + ").\n");
    if (auto remembered = session.RememberRemote(cluster); !remembered) {
      return tl::unexpected(std::move(remembered).error());
    }
  }
  return pulled->lineage;
}

std::function<bool(base::Millis, const std::string&)> WaitAloud(Console& console, std::stop_token stop) {
  return [&console, stop = std::move(stop), said = std::string()](base::Millis pause, const std::string& why) mutable {
    // Renewals change what is said of the expiry, and are no news.
    const std::string who = why.substr(0, why.find(';'));
    if (who != said) console.Note("Waiting: " + why + "\n");
    said = who;
    std::mutex mutex;
    std::condition_variable_any woken;
    std::unique_lock lock(mutex);
    woken.wait_for(lock, stop, pause, [] { return false; });
    return !stop.stop_requested();
  };
}

}  // namespace kadende::cli
