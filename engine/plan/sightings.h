// The matching inside refresh: what state expects, met with what places list. Not for use outside of refresh.cc.
//
// The order of calls is Expect, Look, Confirm, Settle, Finish; each step leaves the view a little more complete.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/plan/places.h"
#include "engine/plan/refresh.h"
#include "engine/plan/token_index.h"

namespace kadende::plan {

class Sightings {
 public:
  Sightings(const model::ClusterState& state, const Desired& desired, ports::ProviderSource& providers,
            const RefreshOptions& options, base::TimePoint now, PriorView& view);

  void Expect();   // rows and intents of state, and the places where they and wanted groups live
  void Look();     // lists every place and matches by token
  void Confirm();  // what no listing had: Describe, else a second listing
  void Settle();   // open intents that the listing has answered
  void Finish();   // strays, frozen groups

 private:
  // A revision of a group that something refers to.
  struct Use {
    GroupView* view = nullptr;
    std::string group;
    const model::RevisionRecord* revision = nullptr;
    std::uint32_t place = 0;
    bool needed = false;  // by a row, an intent or a wanted group; otherwise only strays are looked for
    bool wrong_scope = false;
  };
  // A row, or an open create intent.
  struct Expected {
    const model::NodeRecord* row = nullptr;
    const model::Intent* intent = nullptr;
    NodeSight* sight = nullptr;  // null for an intent
    std::uint32_t use = 0;
    bool seen = false;
  };

  void ExpectGroup(const model::GroupState& group);
  void ExpectIntents();
  void ExpectWanted();
  std::uint32_t UseOf(GroupView& view, const std::string& group, const model::RevisionRecord& revision,
                      bool needed = true);
  void FreezeForPlaces();
  void ListPlace(std::uint32_t place);
  void Match(const model::Instance& instance, std::uint32_t place);
  void See(Expected& expected, const model::Instance& instance);
  void Unmatched(const model::Instance& instance, std::uint32_t place);
  void ConfirmPlace(std::uint32_t place, std::vector<std::uint32_t>& absent);
  bool DescribeAbsent(std::uint32_t place, const std::vector<std::uint32_t>& absent,
                      std::vector<std::uint32_t>& unsure);
  void ListAgain(std::uint32_t place, const std::vector<std::uint32_t>& unsure);
  void SettleCreate(const Expected& expected, const model::Instance& instance);
  void LearnScope(const Expected& expected);
  // The slot's live row after what was settled before.
  [[nodiscard]] const model::NodeRecord* LiveSoFar(const model::NodeAddress& node) const;
  void SettleDestroy(const model::Intent& intent);
  void SettleStrayDestroys();
  // A person took it out of the state: it is left alone, and said.
  bool IsForgotten(const UnrecordedInstance& stray);
  [[nodiscard]] bool IsKnown(const UnrecordedInstance& stray, std::uint32_t* highest) const;
  [[nodiscard]] std::string GroupToday(const std::string& path) const;
  [[nodiscard]] ports::CallContext Context() const { return {options_.timeout, options_.stop}; }

  const model::ClusterState& state_;
  const Desired& desired_;
  const RefreshOptions& options_;
  const base::TimePoint now_;
  PriorView& view_;
  Places places_;
  std::vector<Use> uses_;
  std::map<std::pair<std::string, base::Digest>, std::uint32_t> use_by_key_;
  // Revisions that some row (a tombstone too) or intent is of: only these bind their group to the scope they recorded.
  std::set<std::pair<std::string, base::Digest>> bound_;
  std::vector<Expected> expected_;
  std::optional<TokenIndex> by_token_;
  std::unordered_map<std::uint32_t, model::Instance> found_intents_;  // by number in expected_
  std::map<model::NodeAddress, model::NodeRecord> settled_live_;
  std::map<std::string, model::GroupRecord> settled_records_;                 // groups whose record settling changed
  std::map<std::uint32_t, std::vector<const model::Intent*>> asked_intents_;  // destroys of strays, by place
  std::vector<UnrecordedInstance> unrecorded_;
  std::set<std::string> listed_stray_ids_;
};

}  // namespace kadende::plan
