// What an answer says, read as it comes and never held as a whole.
//
// It counts once it is complete, or 64 KiB of body are read, as with Kubernetes and AWS: a server that begins to answer
// and hangs is not well, and one that is cut off in the middle would log that at each look.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/model/health_check.h"
#include "providers/probe/evidence.h"

namespace kadende::providers::probe {

class HttpAnswer {
 public:
  static constexpr std::size_t kMostHeaders = 64 * 1024;
  static constexpr std::size_t kMostBody = 64 * 1024;

  // `check` must outlive the answer.
  explicit HttpAnswer(const model::HealthCheck& check) : check_(check) {}

  // One header line with its line end, the status line first, the empty line last; a provisional answer (1xx) comes
  // before the real one. False: enough is read.
  [[nodiscard]] bool TakeHeader(std::string_view line);
  [[nodiscard]] bool TakeBody(std::string_view part);
  // The answer is complete.
  void End();

  // nullopt: more must be read.
  [[nodiscard]] const std::optional<Outcome>& outcome() const { return outcome_; }
  // Whether a final status has come, and is not a wanted one: it says more than how the connection ended.
  [[nodiscard]] std::optional<Outcome> BadStatus() const;
  [[nodiscard]] bool HasBegun() const { return headers_ > 0; }

 private:
  [[nodiscard]] bool StatusIsWanted() const;
  void Search(std::string_view part);
  void Decide(model::Finding finding, std::string evidence) { outcome_ = Outcome{finding, std::move(evidence)}; }

  const model::HealthCheck& check_;
  std::uint32_t status_ = 0;  // 0: no status line yet
  std::size_t headers_ = 0;   // bytes
  std::size_t body_ = 0;      // bytes
  bool has_text_ = false;     // the wanted one
  std::string tail_;          // of the body: where the text may have begun
  std::optional<Outcome> outcome_;
};

}  // namespace kadende::providers::probe
