#include "lang/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "engine/base/text.h"

namespace kadende::lang {
namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool AllDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsDigit);
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// [-+]? digits [. digits] [e [-+] digits], with a point or an exponent.
bool LooksLikeNumber(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  const auto digits = [&text] {
    std::size_t count = 0;
    while (count < text.size() && IsDigit(text[count])) ++count;
    text.remove_prefix(count);
    return count;
  };
  const bool leading_zero = text.size() > 1 && text[0] == '0' && IsDigit(text[1]);
  const std::size_t whole = digits();
  std::size_t fraction = 0;
  bool marked = false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    marked = true;
    fraction = digits();
  }
  if (leading_zero || whole + fraction == 0) return false;
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    marked = true;
    if (digits() == 0) return false;
  }
  return marked && text.empty();
}

bool LooksLikeInteger(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return AllDigits(text) && (text.size() == 1 || text[0] != '0');
}

std::optional<std::vector<std::uint32_t>> ReadVersion(std::string_view text) {
  std::vector<std::uint32_t> numbers;
  for (const std::string& part : base::Split(text, '.')) {
    if (!AllDigits(part) || part.size() > 9) return std::nullopt;
    numbers.push_back(static_cast<std::uint32_t>(std::stoul(part)));
  }
  if (numbers.empty() || numbers.size() > 3) return std::nullopt;
  return numbers;
}

bool Holds(const VersionComparator& comparator, std::vector<std::uint32_t> version) {
  std::vector<std::uint32_t> wanted = comparator.version;
  wanted.resize(3);
  version.resize(3);
  const auto order = version <=> wanted;
  if (comparator.op == "<") return order < 0;
  if (comparator.op == "<=") return order <= 0;
  if (comparator.op == ">") return order > 0;
  if (comparator.op == ">=") return order >= 0;
  if (comparator.op == "!=") return order != 0;
  return order == 0;
}

}  // namespace

ScalarType ClassifyPlain(std::string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return ScalarType::kNull;
  for (const std::string_view word : {"true", "True", "TRUE", "false", "False", "FALSE"}) {
    if (text == word) return ScalarType::kBoolean;
  }
  if (LooksLikeInteger(text)) return ScalarType::kInteger;
  return LooksLikeNumber(text) ? ScalarType::kNumber : ScalarType::kText;
}

ScalarType ClassifyScalar(const Node& node) {
  if (node.kind == NodeKind::kNull) return ScalarType::kNull;
  return node.quoted ? ScalarType::kText : ClassifyPlain(node.text);
}

std::optional<std::int64_t> ReadInteger(std::string_view text) {
  if (!LooksLikeInteger(text)) return std::nullopt;
  if (text.starts_with('+')) text.remove_prefix(1);
  return base::ParseInt(text);
}

std::optional<double> ReadNumber(std::string_view text) {
  if (!LooksLikeNumber(text) && !LooksLikeInteger(text)) return std::nullopt;
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<model::CountOrPercent> ReadCountOrPercent(std::string_view text) {
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  const auto value = ReadInteger(text);
  if (!value || *value < 0 || *value > (percent ? 100 : INT32_MAX) || text.starts_with('+')) return std::nullopt;
  return model::CountOrPercent{static_cast<std::uint32_t>(*value), percent};
}

std::optional<std::string> CheckName(std::string_view name) {
  if (name.empty()) return "is empty";
  if (name.size() > kMaxNameLength) {
    return "has " + std::to_string(name.size()) + " characters; " + std::to_string(kMaxNameLength) + " are allowed";
  }
  if (!IsLetter(name[0]) && !IsDigit(name[0])) return "must start with a letter or digit";
  for (const char c : name) {
    if (IsLetter(c) || IsDigit(c) || c == '-' || c == '_' || c == '.') continue;
    return "may hold only letters, digits, `-`, `_` and `.`";
  }
  if (name.ends_with('.') || name.find("..") != std::string_view::npos) return "may not hold `..` or end with `.`";
  if (name.ends_with(".lock")) return "may not end with `.lock`";
  return std::nullopt;
}

std::optional<std::string> CheckGroupPath(std::string_view path) {
  if (path.size() > kMaxPathLength) {
    return "has " + std::to_string(path.size()) + " characters; " + std::to_string(kMaxPathLength) + " are allowed";
  }
  for (const std::string& part : base::Split(path, '/')) {
    if (auto problem = CheckName(part)) return problem;
  }
  return std::nullopt;
}

std::optional<std::string> CheckVariableName(std::string_view name) {
  if (name.empty()) return "is empty";
  if (name.size() > kMaxNameLength) return "is longer than " + std::to_string(kMaxNameLength) + " characters";
  const bool good = !IsDigit(name[0]) &&
                    std::all_of(name.begin(), name.end(), [](char c) { return IsLetter(c) || IsDigit(c) || c == '_'; });
  if (!good) return "may hold only letters, digits and `_`, and not start with a digit";
  return std::nullopt;
}

std::optional<std::vector<VersionComparator>> ReadVersions(std::string_view text) {
  std::vector<VersionComparator> all;
  for (const std::string& part : base::Split(text, ',')) {
    std::string_view rest = Trim(part);
    const std::size_t op = std::min(rest.find_first_not_of("<>=!"), rest.size());
    VersionComparator comparator{std::string(rest.substr(0, op)), {}};
    if (comparator.op.empty()) comparator.op = "=";
    const std::array<std::string_view, 6> known = {"=", "!=", "<", "<=", ">", ">="};
    auto version = ReadVersion(Trim(rest.substr(op)));
    if (!version || std::find(known.begin(), known.end(), comparator.op) == known.end()) return std::nullopt;
    comparator.version = std::move(*version);
    all.push_back(std::move(comparator));
  }
  return all;
}

bool Satisfies(std::span<const VersionComparator> required, std::string_view version) {
  const auto actual = ReadVersion(version);
  if (!actual) return false;
  return std::all_of(required.begin(), required.end(), [&](const VersionComparator& c) { return Holds(c, *actual); });
}

bool IsStatusRange(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto from = ReadInteger(text.substr(0, dash));
  const auto to = dash == std::string_view::npos ? from : ReadInteger(text.substr(dash + 1));
  return from && to && *from >= 100 && *from <= *to && *to <= 599;
}

}  // namespace kadende::lang
