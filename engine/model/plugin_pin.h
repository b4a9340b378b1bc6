// Which file a plugin's name stands for: an entry of `kadende.lock`, and what state keeps of it once it was applied.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/digest.h"

namespace kadende::model {

struct PluginPin {
  std::string name;     // as `resourcePlugin.name` has it
  std::string version;  // as it was resolved; "latest" where nothing said which version that was
  std::string url;      // where it was got from; empty: from a folder of the machine (--plugin-dir)
  // SHA-256 of the file by platform, "linux_amd64"; kAnyPlatform for what runs everywhere (a script). Never empty.
  std::map<std::string, base::Digest> hashes;

  bool operator==(const PluginPin&) const = default;
};
inline constexpr std::string_view kAnyPlatform = "any";

// Sorted by name, one of each.
using PluginPins = std::vector<PluginPin>;

[[nodiscard]] const PluginPin* FindPin(const PluginPins& pins, std::string_view name);
// Puts it where it belongs, instead of another of its name.
void PutPin(PluginPins& pins, PluginPin pin);
// The file that a machine of this platform runs, or null.
[[nodiscard]] const base::Digest* HashFor(const PluginPin& pin, std::string_view platform);

}  // namespace kadende::model
