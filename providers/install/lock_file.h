// `kadende.lock`: which file each plugin of a folder's configurations is. Lies beside them, is kept in version control,
// and is written by `kadende provider install` and `update` alone. One fact a line, so that a review shows what changed
// and two branches merge; the same pins are the same bytes:
//
//   # Which file each plugin is: written by `kadende provider install`, to be committed.
//   kadende-lock 1
//
//   plugin my-cloud
//     version 0.0.1
//     url https://example.org/my-cloud/0.0.1/{os}_{arch}/plugin
//     sha256 linux_amd64 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
//
// `url` may be lacking (a plugin from --plugin-dir). {os} and {arch} in it are the machine's. The platform `any` is for
// files that run everywhere (scripts).
#pragma once

#include <string>
#include <string_view>

#include "engine/base/diagnostics.h"
#include "engine/base/result.h"
#include "engine/model/plugin_pin.h"

namespace kadende::providers {

inline constexpr std::string_view kLockFileName = "kadende.lock";

// Reads as much as can be read; all that is wrong is in `diagnostics`, each at its line of `file`.
[[nodiscard]] model::PluginPins ParseLock(std::string_view text, const std::string& file,
                                          base::Diagnostics& diagnostics);
[[nodiscard]] std::string FormatLock(const model::PluginPins& pins);

// The pins of `folder`'s lock file; none where it has no such file. Errors: the diagnostics as text, kInvalid.
[[nodiscard]] base::Result<model::PluginPins> ReadLock(const std::string& folder);
// Whole or not at all; touches nothing where the bytes are the same already.
[[nodiscard]] base::Status WriteLock(const std::string& folder, const model::PluginPins& pins);

// What may be a plugin's name: it becomes part of paths and urls.
[[nodiscard]] bool IsPluginName(std::string_view name);
[[nodiscard]] bool IsPluginVersion(std::string_view version);

}  // namespace kadende::providers
