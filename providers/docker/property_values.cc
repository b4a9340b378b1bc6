#include "providers/docker/property_values.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "engine/base/json.h"
#include "engine/base/text.h"

namespace kadende::providers::docker {
namespace {

constexpr std::int64_t kLeastMemory = std::int64_t{6} << 20;  // docker's own limit
constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view kWord = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

// nullopt: no number, or something after it.
std::optional<double> Number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::uint16_t> PortNumber(std::string_view text) {
  const auto number = base::ParseInt(text);
  if (!number || *number < 1 || *number > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

bool HasOnly(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

}  // namespace

bool IsUnknown(const base::Json& value) {
  if (!value.is_string()) return false;
  const std::string& text = value.get_ref<const std::string&>();
  for (std::size_t at = text.find("${"); at != std::string::npos; at = text.find("${", at + 2)) {
    if (at == 0 || text[at - 1] != '$') return true;
  }
  return false;
}

std::optional<std::string> Scalar(const base::Json& value) {
  if (value.is_structured() || value.is_null()) return std::nullopt;
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::optional<std::int64_t> ParseMemory(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  std::string unit(text.substr(digits));
  while (unit.starts_with(' ')) unit.erase(0, 1);
  for (char& c : unit) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  static constexpr std::array<std::string_view, 5> kUnits = {"", "k", "m", "g", "t"};
  for (std::size_t i = 0; i < kUnits.size(); ++i) {
    const std::string letter(kUnits[i]);
    if (unit != letter && unit != letter + "b" && unit != letter + "ib") continue;
    const auto number = Number(text.substr(0, digits));
    if (!number) return std::nullopt;
    const double bytes = *number * static_cast<double>(std::int64_t{1} << (10 * i));
    if (bytes < static_cast<double>(kLeastMemory) || bytes > 9e18) return std::nullopt;
    return static_cast<std::int64_t>(bytes);
  }
  return std::nullopt;
}

std::optional<std::int64_t> ParseCpus(std::string_view text) {
  const auto number = Number(text);
  if (!number || *number < 0.01 || *number > 10'000) return std::nullopt;
  return static_cast<std::int64_t>(*number * 1e9 + 0.5);
}

std::optional<std::string> ParsePort(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view protocol = slash == std::string_view::npos ? "tcp" : text.substr(slash + 1);
  const auto number = PortNumber(text.substr(0, slash));
  if (!number || (protocol != "tcp" && protocol != "udp" && protocol != "sctp")) return std::nullopt;
  return std::to_string(*number) + "/" + std::string(protocol);
}

std::optional<FixedPort> ParseHostPort(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  FixedPort fixed;
  if (colon != std::string_view::npos) {
    std::string_view ip = text.substr(0, colon);
    if (ip.starts_with('[') && ip.ends_with(']')) ip = ip.substr(1, ip.size() - 2);
    if (!HasOnly(ip, "0123456789abcdefABCDEF.:")) return std::nullopt;
    fixed.host_ip = ip;
  }
  const auto number = PortNumber(colon == std::string_view::npos ? text : text.substr(colon + 1));
  if (!number) return std::nullopt;
  fixed.host_port = *number;
  return fixed;
}

std::string WhatIsWrongWithVolume(std::string_view text) {
  const std::vector<std::string> parts = base::Split(text, ':');
  if (parts.size() < 2 || parts.size() > 3)
    return "is not `NAME:/PATH` or `/HOST/PATH:/PATH`, with `:ro` at the end or not";
  if (!parts[1].starts_with('/')) return "its path in the container is not absolute: `" + parts[1] + "`";
  const std::string& source = parts[0];
  if (source.starts_with('.') || source.starts_with('~')) {
    return "has a relative path, and the engine may be on another machine: name an absolute one, or a volume";
  }
  if (!source.starts_with('/') && !HasOnly(source, kWord)) return "`" + source + "` is no name of a volume";
  return "";
}

bool IsRestart(std::string_view text) {
  if (text == "no" || text == "always" || text == "unless-stopped" || text == "on-failure") return true;
  constexpr std::string_view kLimited = "on-failure:";
  if (!text.starts_with(kLimited)) return false;
  const auto count = base::ParseInt(text.substr(kLimited.size()));
  return count && *count > 0 && *count <= 1'000'000;
}

bool IsFilePath(std::string_view path) {
  if (!path.starts_with('/') || path.ends_with('/') || path.size() > 255) return false;
  for (const std::string& part : base::Split(path.substr(1), '/')) {
    if (part.empty() || part == "." || part == ".." || part.find('\0') != std::string::npos) return false;
  }
  return true;
}

bool IsImage(std::string_view text) {
  if (text.size() > 1000) return false;
  const std::size_t at = text.find('@');
  if (at != std::string_view::npos && !HasOnly(text.substr(at + 1), std::string(kLower) + ":+.-_")) return false;
  text = text.substr(0, at);
  const std::size_t colon = text.rfind(':');
  const bool tagged = colon != std::string_view::npos && text.find('/', colon) == std::string_view::npos;
  if (tagged && (!HasOnly(text.substr(colon + 1), kWord) || text.size() - colon > 129)) return false;
  const std::string_view name = tagged ? text.substr(0, colon) : text;
  const std::size_t slash = name.find('/');  // the registry may have upper case and a port
  const std::string_view path = slash == std::string_view::npos ? name : name.substr(slash + 1);
  if (slash != std::string_view::npos && !HasOnly(name.substr(0, slash), std::string(kWord) + ":[]")) return false;
  return HasOnly(path, std::string(kLower) + "._-/") && kLower.find(path.front()) != std::string_view::npos &&
         path.back() != '/' && path.find("//") == std::string_view::npos;
}

}  // namespace kadende::providers::docker
