#include "providers/check/world.h"

#include <algorithm>
#include <set>
#include <utility>

#include "engine/base/json.h"
#include "engine/base/text.h"

namespace kadende::providers::check {
namespace {

using base::Result;
using model::Instance;

constexpr std::size_t kMostPages = 10'000;

std::string ScopeOf(const std::string& properties, const model::Manifest& manifest) {
  const auto all = base::ParseJson(properties);
  base::Json scope = base::Json::object();
  for (const std::string& name : manifest.scope_properties) {
    if (all && all->contains(name)) scope[name] = (*all)[name];
  }
  return base::Canonical(scope);
}

std::string Named(std::string_view what, const std::string& got, const std::string& want) {
  if (got == want) return {};
  return std::string(what) + " is `" + got + "`, not `" + want + "` as it was given";
}

std::string IdsText(const std::vector<std::string>& ids) {
  constexpr std::size_t kShown = 5;
  if (ids.empty()) return "nothing";
  std::vector<std::string> shown(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), kShown)));
  const std::string more = ids.size() > kShown ? " and " + std::to_string(ids.size() - kShown) + " more" : "";
  return base::Join(shown, ", ") + more;
}

}  // namespace

World::World(const Target& target, const CheckOptions& options)
    : target_(target), options_(options), cluster_("check-" + lineage_.substr(0, 8)) {
  auto made = target.make();
  if (!made) {
    broken_ = made.error().message;
    return;
  }
  provider_ = std::move(*made);
  scope_config_ = ScopeOf(target.properties, provider_->Manifest());
}

// What it made, also where a listing is late or the situation failed half-way; never what is of others.
World::~World() {
  if (!provider_) return;
  std::set<std::string> ids(made_.begin(), made_.end());
  if (const auto left = List()) {
    for (const Instance& instance : *left) ids.insert(instance.id);
  }
  const ports::CallContext unstopped{options_.timeout, {}};
  for (const std::string& id : ids) static_cast<void>(provider_->Destroy(scope_config_, id, "size_down", unstopped));
}

bool World::Can(std::string_view ability) const {
  const auto& abilities = manifest().abilities;
  return std::find(abilities.begin(), abilities.end(), ability) != abilities.end();
}

Abilities World::abilities() {
  return target_.abilities ? target_.abilities(*provider_) : Abilities{};
}

ports::CreateRequest World::Request(std::uint32_t ordinal, std::uint32_t incarnation) const {
  ports::CreateRequest request;
  request.owner.lineage = lineage_;
  request.owner.cluster = cluster_;
  request.owner.group = "web/front";
  request.owner.slot.ordinal = ordinal;
  request.owner.incarnation = incarnation;
  request.owner.token = model::MakeToken(lineage_, request.owner.group, request.owner.slot, incarnation);
  request.owner.revision = base::Sha256("revision one");
  request.name = model::InstanceName(cluster_, request.owner.group, request.owner.slot, request.owner.token);
  request.labels = {{"empty", ""}, {"tier", "web \"front\" \xC3\xA4"}};
  request.properties = target_.properties;
  return request;
}

Result<ports::CreateResult> World::Create(const ports::CreateRequest& request) {
  auto created = provider_->Create(request, Context());
  if (created) {
    const std::lock_guard lock(mutex_);
    made_.push_back(created->instance.id);
  }
  return created;
}

Result<std::vector<Instance>> World::List(const std::string& lineage, const std::string& cluster) {
  std::vector<Instance> all;
  std::set<std::string> ids;
  std::set<std::string> cursors;
  ports::ListRequest request{scope_config_, lineage, cluster, {}};
  while (cursors.size() < kMostPages) {
    auto page = provider_->List(request, Context());
    if (!page) return base::Wrap(std::move(page.error()), "list");
    last_scope_ = page->scope;
    for (Instance& instance : page->instances) {
      if (!ids.insert(instance.id).second) {
        return base::Fail(base::ErrorCode::kInternal, "instance `" + instance.id + "` is on two pages of a listing");
      }
      if (instance.status != model::InstanceStatus::kTerminated) all.push_back(std::move(instance));
    }
    if (page->next_cursor.empty()) return all;
    if (!cursors.insert(page->next_cursor).second) {
      return base::Fail(base::ErrorCode::kInternal, "the cursor `" + page->next_cursor + "` of a listing comes again");
    }
    request.cursor = page->next_cursor;
  }
  return base::Fail(base::ErrorCode::kInternal, "a listing has more than 10000 pages");
}

Result<ports::Description> World::Describe(const std::string& id) {
  const std::vector<std::string> ids{id};
  auto described = provider_->Describe(scope_config_, ids, Context());
  if (!described) return base::Wrap(std::move(described.error()), "describe");
  last_scope_ = described->scope;
  return std::move(described->descriptions.front());
}

base::Status World::Destroy(const std::string& id) {
  return provider_->Destroy(scope_config_, id, "size_down", Context());
}

std::chrono::milliseconds World::Patience() const {
  return manifest().listing == model::Listing::kAuthoritative ? std::chrono::milliseconds(0) : options_.patience;
}

std::string World::LastFaultOfListing(std::vector<std::string> ids) {
  std::sort(ids.begin(), ids.end());
  return LastFault([&]() -> std::string {
    const auto listed = List();
    if (!listed) return listed.error().message;
    std::vector<std::string> got;
    for (const Instance& instance : *listed) got.push_back(instance.id);
    std::sort(got.begin(), got.end());
    if (got == ids) return {};
    return "list gives " + base::Count(got.size(), "instance") + " (" + IdsText(got) + "), and there should be " +
           std::to_string(ids.size()) + " (" + IdsText(ids) + ")";
  });
}

std::string World::LastFaultOfPresence(const std::string& id, bool present) {
  return LastFault([&]() -> std::string {
    const auto described = Describe(id);
    if (!described) return described.error().message;
    if ((described->presence == ports::Presence::kPresent) == present) return {};
    return "describe says that instance `" + id + (present ? "` is not there" : "` is there");
  });
}

std::string DifferenceOfOwners(const model::Ownership& got, const model::Ownership& want) {
  const std::vector<std::string> differences = {
      Named("tag kadende/lineage", got.lineage, want.lineage),
      Named("tag kadende/cluster", got.cluster, want.cluster),
      Named("tag kadende/group", got.group, want.group),
      Named("tag kadende/ordinal", std::to_string(got.slot.ordinal), std::to_string(want.slot.ordinal)),
      Named("tag kadende/logical-id", got.slot.logical_id, want.slot.logical_id),
      Named("tag kadende/incarnation", std::to_string(got.incarnation), std::to_string(want.incarnation)),
      Named("tag kadende/token", base::ToBase32(got.token), base::ToBase32(want.token)),
      Named("tag kadende/revision", base::ToHex(got.revision), base::ToHex(want.revision))};
  for (const std::string& difference : differences) {
    if (!difference.empty()) return difference;
  }
  return {};
}

}  // namespace kadende::providers::check
