#include "cli/commands/adopt.h"

#include "cli/signals.h"
#include "cli/view/adoption_text.h"
#include "engine/apply/adoption.h"
#include "engine/base/text.h"

namespace kadende::cli {
namespace {

// Another cluster of this state that has the instance would lose it without knowing.
base::Status CheckFormerOwner(Session& session, const apply::Adoption& adoption, const std::string& our_lineage) {
  const std::string& lineage = adoption.instance.owner.lineage;
  if (lineage.empty() || lineage == our_lineage || !session.Find(lineage)) return {};
  auto state = session.Load(lineage);
  if (!state) return tl::unexpected(std::move(state.error()));
  for (const auto& [path, group] : state->groups) {
    for (const auto& [key, row] : group.nodes) {
      if (row.phase == model::NodePhase::kTombstone || row.token != adoption.instance.owner.token) continue;
      const std::string node = model::NodeAddress{path, row.slot}.Display();
      return base::Fail(base::ErrorCode::kConflict, "instance " + adoption.instance.id + " is " + node +
                                                        " of cluster `" + state->cluster.name + "`; `kadende forget " +
                                                        node + " --cluster " + state->cluster.name + "` first");
    }
  }
  return {};
}

// Whether what was shown is still what would be done.
bool IsSame(const apply::Adoption& shown, const apply::Adoption& now) {
  const model::Ownership& before = shown.instance.owner;
  const model::Ownership& after = now.instance.owner;
  return shown.group == now.group && shown.slot == now.slot && shown.revision.id == now.revision.id &&
         shown.as_it_is == now.as_it_is && before.lineage == after.lineage && before.token == after.token &&
         shown.replaces.has_value() == now.replaces.has_value();
}

class Adopter {
 public:
  Adopter(const AdoptOptions& options, Console& console) : options_(options), console_(console), signals_({}, {}) {}

  int Run() {
    auto opened = OpenCluster(console_, true, options_.cluster);
    if (!opened) return console_.Fail(opened.error());
    session_ = opened->session.get();
    request_.node = options_.node;
    request_.instance = options_.instance;
    request_.from_lineage = options_.from_lineage;
    request_.actor = Actor();
    auto state = LoadShared(*opened, console_);
    if (!state) return console_.Fail(state.error());
    auto found = Find(*state);
    if (!found) return console_.Fail(found.error());
    adoption_ = std::move(*found);
    if (const int code = Ask(opened->cluster); code != kExitOk) return code;
    return Do(*opened);
  }

 private:
  base::Result<apply::Adoption> Find(const model::ClusterState& state) {
    auto found = apply::FindAdoption(state, request_, session_->catalog(), session_->clock().Now());
    if (!found) return found;
    if (auto free = CheckFormerOwner(*session_, *found, state.cluster.lineage); !free) {
      return tl::unexpected(std::move(free.error()));
    }
    return found;
  }

  int Ask(const ports::ClusterSummary& cluster) {
    if (!console_.common().json) {
      console_.Out(AdoptionText(adoption_, cluster.name));
      console_.Flush();
    }
    if (options_.yes) return kExitOk;
    if (console_.common().json || !console_.CanAsk()) {
      return console_.Fail("nobody can be asked here (no terminal): run again with --yes");
    }
    const Answer answer = console_.Ask(
        "\nDo you want to adopt it?\n  Only 'yes' will be accepted.\n\n  Enter a value: ", signals_.drain());
    if (answer == Answer::kInterrupted) return kExitInterrupted;
    if (answer == Answer::kYes) return kExitOk;
    console_.Err("Adopt cancelled.\n");
    return kExitError;
  }

  // Looked at again under the lock: only what was shown is done.
  base::Result<model::StateChanges> Begin(const model::ClusterState& state) {
    auto now = Find(state);
    if (!now) return tl::unexpected(std::move(now.error()));
    if (!IsSame(adoption_, *now)) {
      return base::Fail(base::ErrorCode::kConflict, adoption_.Display() + " or " + adoption_.instance.id +
                                                        " is no longer as it was shown; run the same command again");
    }
    adoption_ = std::move(*now);
    return apply::BeginAdoption(state, adoption_, request_.actor, session_->clock().Now());
  }

  int Do(const OpenedCluster& opened) {
    apply::EditRequest edit;
    edit.group = adoption_.group;
    edit.subject = "adopt " + opened.cluster.name + ": " + adoption_.Display() + " is " + adoption_.instance.id;
    edit.change = [this](const model::ClusterState& state) { return Begin(state); };
    edit.act = [this](const model::ClusterState& state) {
      return apply::FinishAdoption(state, adoption_, request_, session_->catalog(), session_->clock().Now());
    };
    return EditCluster(opened, options_, console_, std::move(edit), [this] {
      return EditReport{AdoptionJson(adoption_),
                        {adoption_.Display() + " is instance " + adoption_.instance.id + " now."}};
    });
  }

  const AdoptOptions& options_;
  Console& console_;
  Signals signals_;
  Session* session_ = nullptr;
  apply::AdoptRequest request_;
  apply::Adoption adoption_;
};

}  // namespace

void DefineAdopt(CommandSetup& setup, AdoptOptions& options) {
  setup.Add({"NODE", "", "The place that the instance is to have, as web[3] or web-3", {}, true}, &options.node);
  setup.Add({"INSTANCE", "", "The provider's id of the instance", {}, true}, &options.instance);
  setup.Add(
      {"--from-lineage", "LINEAGE", "Take it from the cluster of this lineage, which is lost or gave it up", {}, false},
      &options.from_lineage);
  setup.Add({"-y,--yes", "", "Do not ask", {}, false}, &options.yes);
  DefineEdit(setup, options);
}

int RunAdopt(const AdoptOptions& options, Console& console) {
  return Adopter(options, console).Run();
}

}  // namespace kadende::cli
