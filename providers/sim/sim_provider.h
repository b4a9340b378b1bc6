// A persistent simulated cloud in one file: the `sim` provider, and the handle by which `kadende sim` and tests steer
// it.
//
// The cloud's file is LMDB without fsync: it survives kill -9 of every process that uses it, but not a power cut, which
// no test here makes.
#pragma once

#include <memory>

#include "engine/ports/provider.h"

namespace kadende::providers {

// `base_directory`: what a relative `cloud:` is relative to.
[[nodiscard]] std::unique_ptr<ports::Provider> MakeSimProvider(std::string base_directory);

}  // namespace kadende::providers
