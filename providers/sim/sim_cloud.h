// The simulated cloud as a thing to talk to: the calls of its provider, and the handles by which tests and `kadende
// sim` steer it and learn the truth.
//
// Everything is in the cloud's file, one transaction a call, so any number of processes and threads share it. What has
// a latency is stored with the time at which it takes effect: nobody has to be alive for it to happen. No call here
// waits for a latency; that is the caller's part (sim_provider.cc).
//
// Thread-safe. Errors: kNotFound (no such cloud or instance), kCorrupt (the file is something else), kUnavailable (held
// by a suspended process for 30 s), kQuota (file or disk full), and those that the cloud was told to give.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/model/instance.h"
#include "engine/ports/provider.h"
#include "providers/sim/sim_settings.h"

namespace kadende::providers {

// How the cloud treats a caller; the two flavours of the provider differ in nothing else.
struct SimCaller {
  bool idempotent_tokens = true;
  bool eventual_listing = false;  // sees listings late by SimSettings::listing_delay
};

struct SimAccepted {
  std::string scope;
  model::Instance instance;  // as it will be at `at`
  base::TimePoint at{};      // when the instance exists
};

// The ground truth. `made` counts every instance that ever was or will be: creates that were accepted and not answered
// with a known instance, whether their callers lived to see it or not.
struct SimCounters {
  std::uint64_t made = 0;
  std::uint64_t accepted = 0;      // creates answered with an instance = made + deduplicated
  std::uint64_t deduplicated = 0;  // by a known token
  std::uint64_t destroyed = 0;     // instances destroyed by a call
  std::uint64_t ended = 0;         // instances terminated or made to vanish by command
  std::uint64_t live = 0;          // exist now and are not terminated
  std::uint64_t pending = 0;       // accepted, will exist
  std::uint64_t terminated = 0;    // still listed, as terminated
};

// A row of the dump: also what no listing shows yet.
struct SimInstance {
  model::Instance instance;
  std::string properties;  // as given
  bool removed = false;    // gone, its record is not swept yet
};

enum class SimCommand : std::uint8_t {
  kHealthy,
  kUnhealthy,  // listed as unhealthy, with the reason
  kStop,       // listed as stopped; kHealthy starts it again
  kTerminate,  // ends by itself: listed as terminated until destroyed, or for terminated_for
  kVanish,     // ends without a trace
};

class SimCloud {
 public:
  // Creates the cloud where there is no file and `create`; two processes that do so at once get the same cloud.
  [[nodiscard]] static base::Result<std::unique_ptr<SimCloud>> Open(const std::string& path, bool create);
  SimCloud(const SimCloud&) = delete;
  SimCloud& operator=(const SimCloud&) = delete;
  ~SimCloud();

  [[nodiscard]] const std::string& scope() const;  // "sim:<random id>"
  // False: the path means another file by now, or none.
  [[nodiscard]] bool IsCurrent() const;

  // --- the provider's calls ---

  // From here on the instance will exist at `at`, whatever becomes of the caller. A known token gives its instance,
  // also where that has ended: then as kTerminated, and none is made (as EC2 does with a client token).
  [[nodiscard]] base::Result<SimAccepted> Accept(const ports::CreateRequest& request, const SimCaller& caller);
  // To be asked before List and Describe: lets the call through with its latency, or fails it.
  [[nodiscard]] base::Result<base::Millis> AdmitListing();
  [[nodiscard]] base::Result<ports::ListPage> List(const ports::ListRequest& request, const SimCaller& caller);
  [[nodiscard]] base::Result<ports::DescribeResult> Describe(std::span<const std::string> ids, const SimCaller& caller);
  [[nodiscard]] base::Result<model::Instance> Update(const ports::UpdateRequest& request);
  // When the instance is gone; now for one that is not there.
  [[nodiscard]] base::Result<base::TimePoint> Destroy(std::string_view id);

  // --- steering ---

  [[nodiscard]] base::Result<SimSettings> Settings();
  // Atomically: `change` gets the present settings; its error is returned and nothing is changed.
  [[nodiscard]] base::Status ChangeSettings(const std::function<base::Status(SimSettings&)>& change);
  // An instance that nobody tagged, as somebody would make it on the cloud's own console; its id.
  [[nodiscard]] base::Result<std::string> RunByHand(std::string_view name, const std::string& properties,
                                                    const std::vector<std::pair<std::string, std::string>>& labels);
  // `instance`: an id, or a name that one present instance has. kNotFound where there is none.
  [[nodiscard]] base::Status Command(SimCommand command, std::string_view instance, std::string_view reason);
  [[nodiscard]] base::Result<SimCounters> Count();  // linear in the number of instances
  // In order of lineage and number; one snapshot. `row` must not call back.
  [[nodiscard]] base::Status ForEach(const std::function<void(const SimInstance&)>& row);

 private:
  SimCloud(std::string path, class SimCore* core) : path_(std::move(path)), core_(core) {}
  [[nodiscard]] base::Result<std::uint64_t> FindNumber(std::string_view instance);

  const std::string path_;
  class SimCore* const core_;  // counted by a registry of the process
};

}  // namespace kadende::providers
