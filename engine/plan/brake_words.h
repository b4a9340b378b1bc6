// What is said of brakes, by events, nodes and plans. Pure; `path` is the group's. Foreign text, escape when shown.
#pragma once

#include <string>

#include "engine/model/record.h"

namespace kadende::plan {

// Whether `kadende release` acts in spite of it.
[[nodiscard]] bool IsReleasable(model::BrakeKind kind);
// What a person can do: "`kadende release web` acts once all the same".
[[nodiscard]] std::string BrakeRemedy(model::BrakeKind kind, const std::string& path);
// "braked by rate since 2026-11-22T12:00:00Z, until 2026-11-22T12:10:00Z"; `ago` is put behind the first moment.
[[nodiscard]] std::string BrakedBy(const model::Brake& brake, const std::string& ago = {});

}  // namespace kadende::plan
