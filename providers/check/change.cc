#include <array>

#include "engine/base/json.h"
#include "engine/base/text.h"
#include "providers/check/situations.h"

namespace kadende::providers::check {
namespace {

using base::ErrorCode;
using model::Instance;

// "" where the instance is as the update wants it.
std::string FaultOf(const Instance& instance, const ports::UpdateRequest& update, const std::string& call) {
  const std::string difference = DifferenceOfOwners(instance.owner, update.owner);
  if (!difference.empty()) return call + ": " + difference;
  if (instance.labels != update.labels)
    return call + ": `labels` are not those that were given; they replace all others";
  return {};
}

std::string FaultAfter(World& world, const ports::UpdateRequest& update) {
  return world.LastFault([&]() -> std::string {
    const auto described = world.Describe(update.id);
    if (!described) return described.error().message;
    if (described->presence != ports::Presence::kPresent) return "describe: the updated instance is not there";
    return FaultOf(described->instance, update, "describe");
  });
}

Verdict UpdateReplacesTagsAndLabels(World& world) {
  const ports::CreateRequest request = world.Request(0);
  const auto created = world.Create(request);
  if (!created) return Fault("create: " + created.error().message);
  ports::UpdateRequest update{created->instance.id, request.owner, {{"b", "3"}, {"c", ""}}, request.properties};
  update.owner.revision = base::Sha256("revision two");
  update.owner.group = "web/moved";
  const auto updated = world.provider().Update(update, world.Context());
  if (!updated) return Fault("update: " + updated.error().message);
  std::string fault = FaultOf(*updated, update, "update");
  if (fault.empty()) fault = FaultAfter(world, update);
  if (fault.empty()) fault = world.LastFaultOfListing({update.id});
  return fault.empty() ? Passed() : Fault(fault);
}

Verdict UpdateOfUnknownIsNotFound(World& world) {
  const ports::CreateRequest request = world.Request(0);
  const auto created = world.Create(request);
  if (!created) return Fault("create: " + created.error().message);
  if (const auto gone = world.Destroy(created->instance.id); !gone) return Fault("destroy: " + gone.error().message);
  const auto updated =
      world.provider().Update({created->instance.id, request.owner, {}, request.properties}, world.Context());
  if (updated) return Fault("update of an instance that is gone succeeds");
  if (updated.error().code != ErrorCode::kNotFound) {
    return Fault("update of an instance that is gone fails with `" +
                 std::string(base::ErrorCodeName(updated.error().code)) +
                 "`, not with `not_found`: " + updated.error().message);
  }
  const std::string fault = world.LastFaultOfListing({});
  return fault.empty() ? Passed() : Fault(fault);
}

Verdict MutablePropertiesChangeInPlace(World& world) {
  if (world.manifest().mutable_properties.empty()) return Skip("the manifest names no mutable properties");
  const std::string& changed = world.target().changed_properties;
  if (changed.empty())
    return Skip("no changed properties are known: the second of the schema's `examples`, or --changed");
  const ports::CreateRequest request = world.Request(0);
  const auto created = world.Create(request);
  if (!created) return Fault("create: " + created.error().message);
  const auto updated =
      world.provider().Update({created->instance.id, request.owner, request.labels, changed}, world.Context());
  if (!updated) return Fault("update: " + updated.error().message);
  const std::string fault = world.LastFaultOfListing({created->instance.id});
  return fault.empty() ? Passed() : Fault(fault);
}

Verdict InstancesChangeHands(World& world) {
  if (!world.Can("retag")) return Skip("the manifest does not have the ability `retag`");
  const ports::CreateRequest request = world.Request(0);
  const auto created = world.Create(request);
  if (!created) return Fault("create: " + created.error().message);
  const std::string& id = created->instance.id;
  ports::UpdateRequest update{id, {}, {}, world.scope_config(), {}, true};
  const auto released = world.provider().Update(update, world.Context());
  if (!released) return Fault("update to no owner: " + released.error().message);
  std::string fault = world.LastFaultOfListing({});
  if (!fault.empty()) return Fault("after all tags were taken away: " + fault);
  update.owner = request.owner;
  const auto adopted = world.provider().Update(update, world.Context());
  if (!adopted) return Fault("update to an owner again: " + adopted.error().message);
  fault = world.LastFaultOfListing({id});
  return fault.empty() ? Passed() : Fault(fault);
}

Verdict ScopeWithoutPlaceIsAnError(World& world) {
  if (world.manifest().scope_properties.empty()) return Skip("the manifest names no scope properties");
  const auto schema = base::ParseJson(world.manifest().property_schema);
  const auto required = schema && schema->contains("required") ? (*schema)["required"] : base::Json::array();
  bool needed = false;
  for (const std::string& name : world.manifest().scope_properties) {
    for (const auto& one : required) needed = needed || one == name;
  }
  if (!needed) return Skip("no scope property is required by the schema");
  const auto listed = world.provider().List({"{}", world.lineage(), {}, {}}, world.Context());
  if (listed) {
    return Fault(
        "list without the scope properties succeeds: a place that cannot be looked at is an error, never an "
        "empty listing");
  }
  return Passed();
}

constexpr std::array<Situation, 5> kSituations = {{
    {"update replaces tags and labels and keeps the instance", UpdateReplacesTagsAndLabels},
    {"update of an instance that is gone is not_found", UpdateOfUnknownIsNotFound},
    {"mutable properties change in place", MutablePropertiesChangeInPlace},
    {"an instance can be given away and taken back", InstancesChangeHands},
    {"a scope that means no place is an error, not an empty listing", ScopeWithoutPlaceIsAnError},
}};

}  // namespace

std::span<const Situation> ChangeSituations() {
  return kSituations;
}

}  // namespace kadende::providers::check
