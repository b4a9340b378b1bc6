#include "providers/sim/sim_settings.h"

#include <array>
#include <charconv>
#include <functional>
#include <limits>
#include <optional>
#include <utility>

#include "engine/base/text.h"

namespace kadende::providers {
namespace {

using base::ErrorCode;
using base::Fail;
using base::Status;

constexpr std::array<std::string_view, 3> kEffectNames{"none", "lost", "done"};
constexpr std::array<std::string_view, kSimOperations> kOperationNames{"create", "destroy", "update", "list"};

// One row of the table that Set, Get, Format and Parse share. `set` gives false where the value does not fit.
struct Setting {
  std::string name;
  std::string expected;
  std::function<bool(SimSettings&, std::string_view)> set;
  std::function<std::string(const SimSettings&)> get;
};

Setting Duration(std::string name, base::Millis SimSettings::*field) {
  return {std::move(name), "a duration such as 50ms or 1m30s",
          [field](SimSettings& settings, std::string_view text) {
            const auto value = base::ParseDuration(text);
            if (value) settings.*field = *value;
            return value.has_value();
          },
          [field](const SimSettings& settings) { return base::FormatDuration(settings.*field); }};
}

template <class T>
bool SetCount(T& field, std::string_view text) {
  const auto value = base::ParseInt(text);
  if (!value || *value < 0 || static_cast<std::uint64_t>(*value) > std::numeric_limits<T>::max()) return false;
  field = static_cast<T>(*value);
  return true;
}

template <class T>
Setting Number(std::string name, T SimSettings::*field) {
  return {std::move(name), "a number from 0",
          [field](SimSettings& settings, std::string_view text) { return SetCount(settings.*field, text); },
          [field](const SimSettings& settings) { return std::to_string(settings.*field); }};
}

bool SetProbability(double& field, std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0 && value <= 1)) return false;
  field = value;
  return true;
}

std::string FormatProbability(double value) {
  std::array<char, 32> text{};
  const auto result = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), result.ptr};
}

bool SetEffect(SimEffect& field, std::string_view text) {
  for (std::size_t i = 0; i < kEffectNames.size(); ++i) {
    if (kEffectNames[i] != text) continue;
    field = static_cast<SimEffect>(i);
    return true;
  }
  return false;
}

void AddFailure(std::vector<Setting>& table, SimOperation operation) {
  const std::string prefix(kOperationNames[static_cast<std::size_t>(operation)]);
  table.push_back({prefix + "-fail-next", "a number from 0",
                   [=](SimSettings& s, std::string_view text) { return SetCount(s.failure(operation).next, text); },
                   [=](const SimSettings& s) { return std::to_string(s.failure(operation).next); }});
  table.push_back(
      {prefix + "-fail-probability", "a number between 0 and 1",
       [=](SimSettings& s, std::string_view text) { return SetProbability(s.failure(operation).probability, text); },
       [=](const SimSettings& s) { return FormatProbability(s.failure(operation).probability); }});
  table.push_back({prefix + "-fail-code", "an error code such as unavailable, throttled, quota, denied or timeout",
                   [=](SimSettings& s, std::string_view text) {
                     const auto code = base::ParseErrorCode(text);
                     if (code) s.failure(operation).code = *code;
                     return code.has_value();
                   },
                   [=](const SimSettings& s) { return std::string(base::ErrorCodeName(s.failure(operation).code)); }});
  table.push_back({prefix + "-fail-effect", "none, lost or done",
                   [=](SimSettings& s, std::string_view text) { return SetEffect(s.failure(operation).effect, text); },
                   [=](const SimSettings& s) {
                     return std::string(kEffectNames[static_cast<std::size_t>(s.failure(operation).effect)]);
                   }});
  if (operation != SimOperation::kCreate && operation != SimOperation::kUpdate) return;
  table.push_back({prefix + "-fail-echo", "yes or no",
                   [=](SimSettings& s, std::string_view text) {
                     s.failure(operation).echo = text == "yes";
                     return text == "yes" || text == "no";
                   },
                   [=](const SimSettings& s) { return std::string(s.failure(operation).echo ? "yes" : "no"); }});
}

std::vector<Setting> MakeTable() {
  std::vector<Setting> table{Duration("create-latency", &SimSettings::create_latency),
                             Duration("destroy-latency", &SimSettings::destroy_latency),
                             Duration("list-latency", &SimSettings::list_latency),
                             Duration("listing-delay", &SimSettings::listing_delay),
                             Duration("terminated-for", &SimSettings::terminated_for),
                             Duration("destroyed-for", &SimSettings::destroyed_for),
                             Number("capacity", &SimSettings::capacity),
                             Number("throttle", &SimSettings::throttle),
                             Number("seed", &SimSettings::seed)};
  for (std::size_t i = 0; i < kSimOperations; ++i) AddFailure(table, static_cast<SimOperation>(i));
  return table;
}

const std::vector<Setting>& Table() {
  static const std::vector<Setting> table = MakeTable();
  return table;
}

const Setting* Find(std::string_view name) {
  for (const Setting& setting : Table()) {
    if (setting.name == name) return &setting;
  }
  return nullptr;
}

}  // namespace

const std::vector<std::string>& SimSettingNames() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Setting& setting : Table()) all.push_back(setting.name);
    return all;
  }();
  return names;
}

Status SetSimSetting(SimSettings& settings, std::string_view name, std::string_view value) {
  const Setting* setting = Find(name);
  if (setting == nullptr) {
    const auto nearest = base::Nearest(name, SimSettingNames());
    return Fail(ErrorCode::kInvalid, "unknown setting `" + std::string(name) + "`" +
                                         (nearest ? ", did you mean `" + *nearest + "`?"
                                                  : "; settings are " + base::Join(SimSettingNames(), ", ")));
  }
  if (setting->set(settings, value)) return {};
  return Fail(ErrorCode::kInvalid,
              "setting `" + setting->name + "` is `" + std::string(value) + "`, must be " + setting->expected);
}

std::string GetSimSetting(const SimSettings& settings, std::string_view name) {
  const Setting* setting = Find(name);
  return setting == nullptr ? std::string() : setting->get(settings);
}

std::string FormatSimSettings(const SimSettings& settings) {
  std::string text;
  for (const Setting& setting : Table()) text += setting.name + " " + setting.get(settings) + "\n";
  return text;
}

base::Result<SimSettings> ParseSimSettings(std::string_view text) {
  SimSettings settings;
  for (const std::string& line : base::Split(text, '\n')) {
    const std::size_t space = line.find(' ');
    if (space == std::string::npos) continue;
    const std::string_view view(line);
    const Setting* setting = Find(view.substr(0, space));
    if (setting != nullptr && !setting->set(settings, view.substr(space + 1))) {
      return Fail(ErrorCode::kCorrupt, "stored setting `" + line + "` does not read");
    }
  }
  return settings;
}

}  // namespace kadende::providers
