// The state directory (usually .kadende/): made for its owner alone, ignored by git, and only on file systems on which
// memory maps and locks of several processes work.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace kadende::state {

// Creates what is missing: parents, the directory (0700), and in it a .gitignore of itself. An existing directory keeps
// its mode. kInvalid on a network file system; kDenied, kQuota.
[[nodiscard]] base::Status PrepareDirectory(const std::string& directory);

// kNotFound, or kInvalid for a network file system, without creating anything.
[[nodiscard]] base::Status CheckDirectory(const std::string& directory);

// The name to show for a file system on which a store must not be ("NFS"), or empty. `magic` is statfs' f_type,
// `mount_type` the type in /proc/self/mountinfo ("fuse.sshfs"), which tells kinds of FUSE apart; empty: not known.
[[nodiscard]] std::string NetworkFilesystemName(unsigned long magic, std::string_view mount_type);

// Makes the entries of a directory durable (fsync). Failure is not reported: not every file system can.
void SyncDirectory(const std::string& directory);

}  // namespace kadende::state
