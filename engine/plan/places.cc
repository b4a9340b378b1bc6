#include "engine/plan/places.h"

#include <set>

namespace kadende::plan {

std::uint32_t Places::Of(const model::ProviderRef& ref, const std::string& scope_config) {
  const auto next = static_cast<std::uint32_t>(places_.size());
  auto [found, added] = by_key_.try_emplace({ref.name, scope_config}, next);
  if (!added) return found->second;
  Place place;
  place.ref = ref;
  place.scope_config = scope_config;
  if (ref.name.empty()) {
    place.error = "state does not have the properties of its revision";
  } else if (auto provider = providers_.Find(ref)) {
    place.provider = *provider;
  } else {
    const bool untrusted = provider.error().code == base::ErrorCode::kDenied;
    (untrusted ? place.not_looked_at : place.error) = provider.error().message;
  }
  places_.push_back(std::move(place));
  return next;
}

base::Result<std::string> ListAll(ports::Provider& provider, ports::ListRequest request,
                                  const ports::CallContext& context,
                                  const std::function<void(const ports::ListPage&)>& page) {
  std::string scope;
  std::set<std::string> cursors;
  for (bool first = true;; first = false) {
    if (cursors.size() >= kMostPages) {
      return base::Fail(base::ErrorCode::kInternal,
                        "the listing does not end: it has more than " + std::to_string(kMostPages) + " pages");
    }
    if (context.stop.stop_requested()) return base::Fail(base::ErrorCode::kCancelled, "the listing was interrupted");
    auto listed = provider.List(request, context);
    if (!listed) return tl::unexpected(listed.error());
    if (first) scope = listed->scope;
    if (listed->scope != scope) {
      return base::Fail(base::ErrorCode::kInternal,
                        "pages of one listing name two scopes, " + scope + " and " + listed->scope);
    }
    page(*listed);
    if (listed->next_cursor.empty()) return scope;
    if (!cursors.insert(listed->next_cursor).second) {
      return base::Fail(base::ErrorCode::kInternal, "the listing does not end: its cursor repeats");
    }
    request.cursor = std::move(listed->next_cursor);
  }
}

}  // namespace kadende::plan
