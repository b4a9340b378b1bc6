// The registry of this user's process nodes: <root>/<lineage>/<key>/, one folder per instance. A lineage is a shard: a
// listing reads one folder. The key is the first 16 letters of the token (80 bits), so a token has one folder, and
// mkdir decides who makes it.
//
// Beside the instances a lineage's folder may hold
//   .gone-*   folders on their way out: renamed first, so an instance vanishes at once and a kill leaves only litter
//   .lost     marks that nodes without a folder were seen: listings then look at /proc too
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"

namespace kadende::providers::process {

struct InstanceId {
  std::string lineage;
  std::string key;

  [[nodiscard]] std::string Text() const { return lineage + "." + key; }
  auto operator<=>(const InstanceId&) const = default;
};
[[nodiscard]] std::optional<InstanceId> ParseInstanceId(std::string_view text);
// kInvalid for a lineage that cannot be a folder's name.
[[nodiscard]] base::Result<InstanceId> MakeInstanceId(std::string_view lineage, std::string_view token);

// Thread-safe, and safe between processes.
class Registry {
 public:
  // `root` as in CatalogOptions::process_registry; empty: the user's state home.
  explicit Registry(std::string root);

  [[nodiscard]] const std::string& root() const { return root_; }
  // Names machine (hashed machine id; a container's host name too), user and registry.
  [[nodiscard]] const std::string& scope() const { return scope_; }
  // kInvalid where there is neither a registry given nor a home.
  [[nodiscard]] base::Status Usable() const;

  [[nodiscard]] std::string LineageFolder(std::string_view lineage) const;
  [[nodiscard]] std::string NodeFolder(const InstanceId& id) const;
  [[nodiscard]] bool HasLineage(std::string_view lineage) const;
  // Makes the folders that are missing.
  [[nodiscard]] base::Status MakeLineage(std::string_view lineage) const;

  // Sorted. Empty where the folder is missing; an error where it cannot be read.
  [[nodiscard]] base::Result<std::vector<std::string>> Lineages() const;
  [[nodiscard]] base::Result<std::vector<InstanceId>> Ids(const std::string& lineage) const;

  [[nodiscard]] bool MayHaveLostNodes(std::string_view lineage) const;
  void MarkLostNodes(std::string_view lineage, bool lost) const;

  // True once in an hour for a lineage: it is time to remove what was kept long enough.
  [[nodiscard]] bool CleaningIsDue(const std::string& lineage, base::TimePoint now);
  void RemoveLitter(const std::string& lineage) const;

 private:
  std::string root_;
  std::string scope_;
  std::mutex mutex_;
  std::map<std::string, base::TimePoint, std::less<>> cleaned_;  // guarded by mutex_
};

// Removes a folder and all in it. What is in the way is left: the caller's next try finds it.
void RemoveTree(const std::string& path);

}  // namespace kadende::providers::process
