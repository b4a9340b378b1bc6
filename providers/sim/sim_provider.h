// A persistent simulated cloud in one file: the `sim` provider. The handle by which `kadende sim` and tests steer the
// cloud is SimCloud (sim_cloud.h).
//
// The cloud's file is LMDB without fsync: it survives kill -9 of every process that uses it, but not a power cut, which
// no test here makes.
#pragma once

#include <memory>
#include <string>

#include "engine/ports/provider.h"

namespace kadende::providers {

// Two kinds of cloud interface over the same cloud, because a manifest cannot depend on which cloud is meant.
enum class SimFlavor {
  kFull,   // `sim`: idempotent tokens, authoritative listings
  kBasic,  // `sim-basic`: every create makes an instance, listings may be late and an absence proves nothing
};

// `base_directory`: what a relative `cloud:` is relative to.
[[nodiscard]] std::unique_ptr<ports::Provider> MakeSimProvider(std::string base_directory,
                                                               SimFlavor flavor = SimFlavor::kFull);

}  // namespace kadende::providers
