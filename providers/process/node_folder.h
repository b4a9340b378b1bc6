// One instance's folder: its lock between kadende processes, its record, and what its shim says.
#pragma once

#include <optional>
#include <string>

#include "engine/base/result.h"
#include "providers/process/deadline.h"
#include "providers/process/node_record.h"
#include "providers/process/registry.h"
#include "providers/shim/files.h"
#include "providers/shim/status.h"

namespace kadende::providers::process {

// What a folder says at one moment.
struct NodeState {
  bool supervised = false;             // a shim lives and works for it
  std::optional<shim::Status> status;  // nothing: no shim ever got as far as to start the node

  [[nodiscard]] bool Ended() const {
    return status && (status->phase == shim::Phase::kEnded || status->phase == shim::Phase::kFailed);
  }
};

// Open; not necessarily locked. Movable, one thread at a time.
class NodeFolder {
 public:
  // Without a lock, for readers. nullopt: there is none.
  [[nodiscard]] static std::optional<NodeFolder> Open(const Registry& registry, const InstanceId& id);

  // With the lock that creates, updates and destroys of one instance take turns by; it dies with its holder. With
  // `make` a missing folder is made, else it is nullopt.
  [[nodiscard]] static base::Result<std::optional<NodeFolder>> Lock(const Registry& registry, const InstanceId& id,
                                                                    bool make, Deadline* deadline);

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }

  // nullopt: there is none yet.
  [[nodiscard]] base::Result<std::optional<NodeRecord>> ReadRecord() const;
  [[nodiscard]] base::Status WriteRecord(const NodeRecord& record) const;
  [[nodiscard]] NodeState ReadState() const;

  // The shim's own lock: while it is held no shim can come to life for this folder. False: one lives.
  [[nodiscard]] bool KeepShimsOut();
  // Makes the instance vanish at once and removes what it left. Needs the lock and KeepShimsOut.
  [[nodiscard]] base::Status Remove();

 private:
  NodeFolder(shim::Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  shim::Descriptor fd_;
  shim::Descriptor shim_lock_;
  std::string path_;
};

// kQuota for a full disk, kDenied for permissions, else kUnavailable; "<path>: <errno's text>".
[[nodiscard]] tl::unexpected<base::Error> FileError(const std::string& path, int error);

}  // namespace kadende::providers::process
