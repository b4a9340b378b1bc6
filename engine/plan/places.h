// Where instances live, as refresh looks at them: each (provider, scope_config) once. Part of refresh.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/instance.h"
#include "engine/ports/provider.h"

namespace kadende::plan {

struct Place {
  model::ProviderRef ref;
  std::string scope_config;
  ports::Provider* provider = nullptr;  // null: there is none, see error and not_looked_at
  std::string error;                    // why nothing is known of this place; empty: it was listed
  std::string not_looked_at;            // why nobody asked: its provider is not trusted here
  std::string scope;                    // as the listing named it
  bool same_as_other = false;           // another spelling of a place that was listed already
  std::uint32_t listed = 0;             // instances in the listing
  std::uint32_t expected = 0;           // rows that should be in it

  [[nodiscard]] bool IsListed() const { return provider != nullptr && error.empty(); }
};

class Places {
 public:
  explicit Places(ports::ProviderSource& providers) : providers_(providers) {}

  // Index of the place, which is found or made.
  std::uint32_t Of(const model::ProviderRef& ref, const std::string& scope_config);

  [[nodiscard]] std::vector<Place>& all() { return places_; }
  [[nodiscard]] Place& at(std::uint32_t index) { return places_[index]; }

 private:
  ports::ProviderSource& providers_;
  std::vector<Place> places_;
  std::map<std::pair<std::string, std::string>, std::uint32_t> by_key_;
};

// All pages; `page` is called for each in order. The scope of the first page is returned; pages that disagree about it
// are an error, because then nobody knows what was listed. `context` bounds each call, and kMostPages their number: a
// provider that always has one more page must not hold anybody up for ever.
inline constexpr std::uint32_t kMostPages = 10'000;  // with pages of 100 a million instances
[[nodiscard]] base::Result<std::string> ListAll(ports::Provider& provider, ports::ListRequest request,
                                                const ports::CallContext& context,
                                                const std::function<void(const ports::ListPage&)>& page);

}  // namespace kadende::plan
