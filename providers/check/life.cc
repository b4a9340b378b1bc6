#include <algorithm>
#include <array>

#include "engine/base/json.h"
#include "engine/base/text.h"
#include "providers/check/situations.h"

namespace kadende::providers::check {
namespace {

using model::Instance;
using model::InstanceStatus;

Verdict ManifestIsComplete(World& world) {
  const model::Manifest& manifest = world.manifest();
  const auto schema = base::ParseJson(manifest.property_schema);
  if (!schema || !schema->is_object() || !schema->contains("type")) {
    return Fault("the manifest's `schema` is no JSON Schema of the properties: it has no `type`");
  }
  const auto properties = schema->find("properties");
  for (const auto* names : {&manifest.scope_properties, &manifest.mutable_properties, &manifest.exclusive_properties}) {
    for (const std::string& name : *names) {
      if (properties != schema->end() && properties->contains(name)) continue;
      return Fault("the manifest names the property `" + name + "`, which its schema does not have");
    }
  }
  return Passed();
}

Verdict GoodPropertiesAreValid(World& world) {
  const base::Diagnostics diagnostics = world.provider().Validate(world.target().properties);
  if (!diagnostics.HasErrors()) return Passed();
  return Fault("validate refuses " + world.target().properties + ": " + base::Render(diagnostics));
}

Verdict NothingIsListedAtFirst(World& world) {
  const auto listed = world.List();
  if (!listed) return Fault(listed.error().message);
  if (listed->empty()) return Passed();
  return Fault("list gives `" + listed->front().id + "` for a lineage that nothing was made for");
}

// What every answer about the instance of `request` must say.
std::string FaultOf(const Instance& instance, const ports::CreateRequest& request, const std::string& call) {
  const std::string difference = DifferenceOfOwners(instance.owner, request.owner);
  if (!difference.empty()) return call + ": " + difference;
  if (instance.name != request.name) {
    return call + ": `name` is `" + instance.name + "`, not `" + request.name + "` as it was given";
  }
  if (instance.labels != request.labels) return call + ": `labels` are not those that were given";
  if (instance.created_at == base::TimePoint{}) return call + ": `createdAt` is missing";
  const bool alive = instance.status == InstanceStatus::kRunning || instance.status == InstanceStatus::kPending;
  if (!alive) {
    return call + ": `status` is `" + std::string(model::InstanceStatusName(instance.status)) +
           "`; an instance that was just made is `running` or `pending`";
  }
  return {};
}

Verdict CreatedIsListedAndDescribed(World& world) {
  ports::CreateRequest request = world.Request(3);
  request.owner.slot.logical_id = "a";
  const auto created = world.Create(request);
  if (!created) return Fault("create: " + created.error().message);
  const std::string& id = created->instance.id;
  std::string fault = FaultOf(created->instance, request, "create");
  if (fault.empty()) fault = world.LastFaultOfListing({id});
  if (fault.empty()) fault = world.LastFaultOfPresence(id, true);
  if (!fault.empty()) return Fault(fault);
  const auto listed = world.List();
  if (!listed || listed->size() != 1) return Fault("a second listing is not as the first");
  const auto described = world.Describe(id);
  if (!described) return Fault(described.error().message);
  fault = FaultOf(listed->front(), request, "list");
  if (fault.empty()) fault = FaultOf(described->instance, request, "describe");
  return fault.empty() ? Passed() : Fault(fault);
}

Verdict ScopeIsTheSame(World& world) {
  const auto created = world.Create(world.Request(0));
  if (!created) return Fault("create: " + created.error().message);
  const auto check = [&](const char* call) -> std::string {
    if (world.last_scope() == created->scope) return {};
    return std::string(call) + " answers with the scope `" + world.last_scope() + "`, create with `" + created->scope +
           "`: a scope is the name of one place, the same for every call";
  };
  if (const auto listed = world.List(); !listed) return Fault(listed.error().message);
  std::string fault = check("list");
  if (const auto described = world.Describe(created->instance.id); !described) return Fault(described.error().message);
  if (fault.empty()) fault = check("describe");
  return fault.empty() ? Passed() : Fault(fault);
}

Verdict ListingIsFilteredByCluster(World& world) {
  const auto created = world.Create(world.Request(0));
  if (!created) return Fault("create: " + created.error().message);
  const std::string cluster = created->instance.owner.cluster;
  const std::string fault = world.LastFault([&]() -> std::string {
    const auto listed = world.List("", cluster);
    if (!listed) return listed.error().message;
    if (listed->size() == 1 && listed->front().id == created->instance.id) return {};
    return "list with the tag kadende/cluster gives " + base::Count(listed->size(), "instance") +
           ", not the one there is";
  });
  if (!fault.empty()) return Fault(fault);
  const auto other = world.List("", cluster + "x");
  if (!other) return Fault(other.error().message);
  return other->empty() ? Passed() : Fault("list gives instances of a cluster that does not exist");
}

Verdict DestroyedIsGone(World& world) {
  const auto kept = world.Create(world.Request(0));
  const auto gone = world.Create(world.Request(1));
  if (!kept) return Fault("create: " + kept.error().message);
  if (!gone) return Fault("create: " + gone.error().message);
  const std::string& id = gone->instance.id;
  if (const auto destroyed = world.Destroy(id); !destroyed) return Fault("destroy: " + destroyed.error().message);
  std::string fault = world.LastFaultOfListing({kept->instance.id});
  if (fault.empty()) fault = world.LastFaultOfPresence(id, false);
  if (!fault.empty()) return Fault("after destroy: " + fault);
  if (const auto again = world.Destroy(id); !again) {
    return Fault("a second destroy of the same instance must succeed, for it is gone: " + again.error().message);
  }
  fault = world.LastFaultOfListing({kept->instance.id});
  return fault.empty() ? Passed() : Fault("after the second destroy: " + fault);
}

Verdict UnknownIdsAreAbsent(World& world) {
  const auto created = world.Create(world.Request(0));
  if (!created) return Fault("create: " + created.error().message);
  // One of the right form that has gone, and one that was never given out.
  const auto gone = world.Create(world.Request(1));
  if (!gone) return Fault("create: " + gone.error().message);
  if (const auto destroyed = world.Destroy(gone->instance.id); !destroyed) return Fault(destroyed.error().message);
  const std::vector<std::string> ids = {created->instance.id, gone->instance.id, "../no such form of id",
                                        created->instance.id};
  const std::string fault = world.LastFault([&]() -> std::string {
    const auto described = world.provider().Describe(world.scope_config(), ids, world.Context());
    if (!described) return "describe: " + described.error().message;
    for (const std::size_t at : {0U, 3U}) {
      if (described->descriptions[at].presence != ports::Presence::kPresent) return "describe misses `" + ids[at] + "`";
    }
    for (const std::size_t at : {1U, 2U}) {
      if (described->descriptions[at].presence == ports::Presence::kPresent) return "describe finds `" + ids[at] + "`";
    }
    return {};
  });
  if (!fault.empty()) return Fault(fault);
  if (const auto destroyed = world.Destroy(ids[2]); !destroyed) {
    return Fault("destroy of an id that does not exist must succeed, for it is gone: " + destroyed.error().message);
  }
  const std::string left = world.LastFaultOfListing({created->instance.id});
  return left.empty() ? Passed() : Fault(left);
}

constexpr std::array<Situation, 8> kSituations = {{
    {"the manifest is complete", ManifestIsComplete},
    {"good properties are valid", GoodPropertiesAreValid},
    {"a lineage that nothing was made for lists nothing", NothingIsListedAtFirst},
    {"a created instance is listed and described with its name, tags and labels", CreatedIsListedAndDescribed},
    {"the scope is the same for every call", ScopeIsTheSame},
    {"a listing can be by cluster name", ListingIsFilteredByCluster},
    {"a destroyed instance is gone, and destroying it again succeeds", DestroyedIsGone},
    {"unknown ids are absent, and destroying them succeeds", UnknownIdsAreAbsent},
}};

}  // namespace

std::span<const Situation> LifeSituations() {
  return kSituations;
}

}  // namespace kadende::providers::check
