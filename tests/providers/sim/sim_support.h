// A folder of its own for each test, with a cloud in it.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "engine/base/digest.h"
#include "engine/base/json.h"
#include "engine/model/identity.h"
#include "providers/sim/sim_cloud.h"
#include "providers/sim/sim_provider.h"

namespace kadende::tests {

class SimPlace {
 public:
  SimPlace() {
    std::string pattern = (std::filesystem::temp_directory_path() / "kadende-sim-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    folder_ = pattern;
  }
  SimPlace(const SimPlace&) = delete;
  SimPlace& operator=(const SimPlace&) = delete;
  ~SimPlace() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::string path(const std::string& name = "cloud.sim") const { return folder_ + "/" + name; }
  [[nodiscard]] std::unique_ptr<providers::SimCloud> Cloud() const {
    auto cloud = providers::SimCloud::Open(path(), true);
    if (!cloud) throw std::runtime_error(cloud.error().message);
    return std::move(*cloud);
  }
  // Settings as `kadende sim set` takes them.
  void Set(const std::string& name, const std::string& value) const {
    const auto status = Cloud()->ChangeSettings(
        [&](providers::SimSettings& settings) { return providers::SetSimSetting(settings, name, value); });
    if (!status) throw std::runtime_error(status.error().message);
  }
  [[nodiscard]] providers::SimCounters Count() const {
    auto counters = Cloud()->Count();
    if (!counters) throw std::runtime_error(counters.error().message);
    return *counters;
  }

 private:
  std::string folder_;
};

inline const std::string kSimLineage = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
inline const std::string kSimProperties = R"({"cloud":"cloud.sim","size":"small"})";
inline const std::string kSimScope = R"({"cloud":"cloud.sim"})";

[[nodiscard]] inline ports::CreateRequest SimRequest(std::uint32_t ordinal, const std::string& lineage = kSimLineage,
                                                     std::uint32_t incarnation = 1) {
  ports::CreateRequest request;
  request.owner.lineage = lineage;
  request.owner.cluster = "shop";
  request.owner.group = "web";
  request.owner.slot.ordinal = ordinal;
  request.owner.incarnation = incarnation;
  request.owner.token = model::MakeToken(lineage, "web", request.owner.slot, incarnation);
  request.name = model::InstanceName("shop", "web", request.owner.slot, request.owner.token);
  request.properties = kSimProperties;
  return request;
}

[[nodiscard]] inline ports::CallContext Within(base::Millis timeout) {
  ports::CallContext context;
  context.timeout = timeout;
  return context;
}

}  // namespace kadende::tests
