#include "engine/plan/slots.h"

#include <algorithm>

namespace kadende::plan {
namespace {

// The lowest ordinals that are not in `used` (sorted, unique).
std::vector<std::uint32_t> LowestFree(const std::vector<std::uint32_t>& used, std::size_t count) {
  std::vector<std::uint32_t> free;
  free.reserve(count);
  std::size_t at = 0;
  for (std::uint32_t ordinal = 0; free.size() < count; ++ordinal) {
    while (at < used.size() && used[at] < ordinal) ++at;
    if (at == used.size() || used[at] != ordinal) free.push_back(ordinal);
  }
  return free;
}

std::vector<std::uint32_t> Used(const SlotRequest& request, const std::vector<Member>& members) {
  std::vector<std::uint32_t> used(request.taken.begin(), request.taken.end());
  for (const Member& member : members) used.push_back(member.slot.ordinal);
  std::sort(used.begin(), used.end());
  used.erase(std::unique(used.begin(), used.end()), used.end());
  return used;
}

std::vector<model::Slot> ChooseBySize(const SlotRequest& request, std::vector<Member>& members) {
  std::vector<Member*> candidates;
  candidates.reserve(members.size());
  for (Member& member : members) {
    // A node that a logical id named has no place in a group of `size`.
    member.wanted = member.slot.logical_id.empty() || request.keep_surplus;
    if (member.wanted) candidates.push_back(&member);
  }
  if (candidates.size() > request.size && !request.keep_surplus) {
    const auto leaves_first = [](const Member* a, const Member* b) {
      return a->rank != b->rank ? a->rank < b->rank : a->slot.ordinal > b->slot.ordinal;
    };
    const auto surplus = static_cast<std::ptrdiff_t>(candidates.size() - request.size);
    std::nth_element(candidates.begin(), candidates.begin() + surplus - 1, candidates.end(), leaves_first);
    std::for_each(candidates.begin(), candidates.begin() + surplus, [](Member* member) { member->wanted = false; });
  }
  std::vector<model::Slot> added;
  if (candidates.size() >= request.size) return added;
  for (std::uint32_t ordinal : LowestFree(Used(request, members), request.size - candidates.size())) {
    added.push_back({ordinal, {}});
  }
  return added;
}

std::vector<model::Slot> ChooseById(const SlotRequest& request, std::vector<Member>& members) {
  std::set<std::string> missing(request.logical_ids->begin(), request.logical_ids->end());
  for (Member& member : members) {
    member.wanted = missing.erase(member.slot.logical_id) > 0 || request.keep_surplus;
  }
  SlotRequest all = request;
  for (const auto& [id, ordinal] : request.ids_ever) all.taken.insert(ordinal);
  std::vector<model::Slot> added;
  std::vector<std::string> unseen;
  for (const std::string& id : *request.logical_ids) {
    if (!missing.contains(id)) continue;
    if (auto known = request.ids_ever.find(id); known != request.ids_ever.end()) {
      added.push_back({known->second, id});
    } else {
      unseen.push_back(id);
    }
  }
  const std::vector<std::uint32_t> free = LowestFree(Used(all, members), unseen.size());
  for (std::size_t i = 0; i < unseen.size(); ++i) added.push_back({free[i], unseen[i]});
  std::sort(added.begin(), added.end());
  return added;
}

}  // namespace

std::vector<model::Slot> ChooseSlots(const SlotRequest& request, std::vector<Member>& members) {
  const bool by_id = request.logical_ids != nullptr && !request.logical_ids->empty();
  return by_id ? ChooseById(request, members) : ChooseBySize(request, members);
}

}  // namespace kadende::plan
