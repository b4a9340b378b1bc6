// The findings of `kadende provider test` as text, JSON lines and JUnit. Everything in them may be foreign text.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/model/manifest.h"
#include "providers/check/check.h"

namespace kadende::cli {

[[nodiscard]] std::string FindingText(const providers::check::Finding& finding, bool color);
[[nodiscard]] std::string FindingJson(const providers::check::Finding& finding);

// "14 passed, 1 failed, 2 skipped"
[[nodiscard]] std::string CheckSummaryText(std::span<const providers::check::Finding> findings);
[[nodiscard]] std::string CheckSummaryJson(std::span<const providers::check::Finding> findings,
                                           const model::Manifest& manifest);

// One test suite, as CI systems read it.
[[nodiscard]] std::string CheckJUnit(std::span<const providers::check::Finding> findings, std::string_view name);

}  // namespace kadende::cli
