// Reading of single values: what a scalar means where a certain type is wanted. Pure functions.
//
// Plain scalars follow the YAML 1.2 core schema, except where YAML versions disagree: `yes`, `on`, `017`, `0x1F`,
// `1_000`, `.inf` stay text. Where an integer or boolean is wanted they are errors, never another value.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/spec.h"
#include "lang/yaml_reader.h"

namespace kadende::lang {

enum class ScalarType : std::uint8_t { kNull, kBoolean, kInteger, kNumber, kText };
// `text` as a plain scalar. kInteger: decimal, no leading zero, any size.
[[nodiscard]] ScalarType ClassifyPlain(std::string_view text);
[[nodiscard]] ScalarType ClassifyScalar(const Node& node);  // kScalar and kNull nodes; quoted is text

[[nodiscard]] std::optional<std::int64_t> ReadInteger(std::string_view text);
[[nodiscard]] std::optional<double> ReadNumber(std::string_view text);  // finite
[[nodiscard]] std::optional<model::CountOrPercent> ReadCountOrPercent(std::string_view text);

// Names become tags, file names, host names and git references, so they are narrow: a letter or digit, then letters,
// digits, '-', '_' and '.', at most kMaxNameLength; no "..", no '.' at the end, not ending in ".lock" (git).
inline constexpr std::size_t kMaxNameLength = 63;
inline constexpr std::size_t kMaxPathLength = 200;
[[nodiscard]] std::optional<std::string> CheckName(std::string_view name);  // what is wrong; nullopt: nothing
[[nodiscard]] std::optional<std::string> CheckGroupPath(std::string_view path);
// Variables stand in expressions: letters, digits and '_', not starting with a digit.
[[nodiscard]] std::optional<std::string> CheckVariableName(std::string_view name);

// ">= 0.1, < 2": comparators = != < <= > >= with versions of one to three numbers.
struct VersionComparator {
  std::string op;
  std::vector<std::uint32_t> version;
};
[[nodiscard]] std::optional<std::vector<VersionComparator>> ReadVersions(std::string_view text);
[[nodiscard]] bool Satisfies(std::span<const VersionComparator> required, std::string_view version);

// "200" or "200-299" with 100 <= from <= to <= 599.
[[nodiscard]] bool IsStatusRange(std::string_view text);

}  // namespace kadende::lang
