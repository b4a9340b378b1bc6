// A registry of its own in a temporary folder, a provider over it, and a look at the real processes. What a test leaves
// running is ended. Any number of test processes may run at once.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/json.h"
#include "engine/model/identity.h"
#include "providers/process/proc_scan.h"
#include "providers/process/process_provider.h"
#include "providers/process/registry.h"
#include "providers/shim/files.h"
#include "providers/shim/protocol.h"
#include "providers/shim/status.h"

namespace kadende::tests {

// Of this test process alone: a shim claims its token machine-wide, so a fixed lineage would let tests that run beside
// each other, and shims that an aborted run left, get into each other's way.
inline const std::string kNodeLineage = model::NewLineage();

template <class F>
bool WaitUntil(F condition, std::chrono::seconds limit = std::chrono::seconds(30)) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

inline std::string Slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

// A pid that could not be read is 0, and to signal that would end the test itself.
inline bool Signal(pid_t pid, int signal) {
  REQUIRE(pid > 1);
  return ::kill(pid, signal) == 0;
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = "/tmp/kadende-process-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class ProcessWorld {
 public:
  ProcessWorld() { Open(); }
  ~ProcessWorld() {
    // Shims first, or they would restart what is killed.
    for (int round = 0; round < 50; ++round) {
      const auto left = providers::process::ScanProcesses(registry());
      if (left.empty()) break;
      for (const auto& found : left) ::kill(found.pid, SIGKILL);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  void Open(std::uint64_t output_bytes = 10 << 20) {
    providers::ProcessOptions options;
    options.base_directory = folder_.path();
    options.registry = registry();
    options.output_bytes = output_bytes;
    made_ = providers::MakeProcessProvider(options);
  }

  [[nodiscard]] std::string base() const { return folder_.path(); }
  [[nodiscard]] std::string registry() const { return folder_.path() + "/registry"; }
  [[nodiscard]] ports::Provider& provider() { return *made_.provider; }
  [[nodiscard]] ports::Logs& logs() { return *made_.logs; }

  [[nodiscard]] static ports::CreateRequest Request(std::string_view properties, std::uint32_t ordinal = 0,
                                                    std::uint32_t incarnation = 1) {
    ports::CreateRequest request;
    request.owner.lineage = kNodeLineage;
    request.owner.cluster = "shop";
    request.owner.group = "web";
    request.owner.slot.ordinal = ordinal;
    request.owner.incarnation = incarnation;
    request.owner.token = model::MakeToken(kNodeLineage, "web", request.owner.slot, incarnation);
    request.owner.revision = base::Sha256("revision");
    request.name = model::InstanceName("shop", "web", request.owner.slot, request.owner.token);
    request.properties = properties;
    return request;
  }
  [[nodiscard]] base::Result<ports::CreateResult> TryCreate(std::string_view properties, std::uint32_t ordinal = 0) {
    return provider().Create(Request(properties, ordinal), {});
  }
  // A node that runs `script` in sh.
  [[nodiscard]] model::Instance Sh(const std::string& script, const std::string& more = "", std::uint32_t ordinal = 0) {
    const std::string properties =
        R"({"command":"sh","args":["-c",)" + base::Json(script).dump() + "]" + (more.empty() ? "" : "," + more) + "}";
    return Create(properties, ordinal);
  }
  [[nodiscard]] model::Instance Create(const std::string& properties, std::uint32_t ordinal = 0) {
    auto created = TryCreate(properties, ordinal);
    if (!created) FAIL("create failed: " << created.error().message);
    return created->instance;
  }
  [[nodiscard]] std::vector<model::Instance> List(const std::string& lineage = kNodeLineage) {
    ports::ListRequest request;
    request.lineage = lineage;
    auto page = provider().List(request, {});
    if (!page) FAIL("list failed: " << page.error().message);
    return page->instances;
  }
  [[nodiscard]] ports::Description Describe(const std::string& id) {
    const std::vector<std::string> ids{id};
    auto result = provider().Describe("{}", ids, {});
    if (!result) FAIL("describe failed: " << result.error().message);
    return result->descriptions.at(0);
  }
  [[nodiscard]] model::InstanceStatus StatusOf(const std::string& id) {
    for (const auto& instance : List()) {
      if (instance.id == id) return instance.status;
    }
    return model::InstanceStatus::kUnknown;
  }
  // Waits for the end and says how it is told.
  [[nodiscard]] std::string EndOf(const std::string& id) {
    std::string reason;
    const bool ended = WaitUntil([&] {
      for (const auto& instance : List()) {
        reason = instance.status_reason;
        if (instance.id == id && instance.status == model::InstanceStatus::kTerminated) return true;
      }
      return false;
    });
    return ended ? reason : "did not end";
  }
  base::Status Destroy(const std::string& id, ports::CallContext context = {}) {
    return provider().Destroy("{}", id, "size_down", context);
  }

  [[nodiscard]] std::string FolderOf(const std::string& id) const {
    const auto parsed = providers::process::ParseInstanceId(id);
    if (!parsed) FAIL("no id of a process node: `" << id << "`");
    return registry() + "/" + parsed->lineage + "/" + parsed->key;
  }
  [[nodiscard]] std::string OutputOf(const std::string& id) const { return Slurp(FolderOf(id) + "/output.log"); }
  [[nodiscard]] providers::shim::Status ShimStatus(const std::string& id) const {
    return providers::shim::DecodeStatus(Slurp(FolderOf(id) + "/status")).value_or(providers::shim::Status{});
  }
  // Living processes of nodes, without shims.
  [[nodiscard]] std::vector<pid_t> Processes() const { return Pids(false); }
  [[nodiscard]] std::vector<pid_t> Shims() const { return Pids(true); }

  [[nodiscard]] std::string ReadLogs(const std::string& id, std::uint64_t tail = 0) {
    ports::LogRequest request;
    request.instance_id = id;
    request.tail_lines = tail;
    std::string text;
    const auto read = logs().ReadLogs(request, {}, [&](std::string_view bytes) { text += bytes; });
    return read ? text : "error: " + read.error().message;
  }

 private:
  [[nodiscard]] std::vector<pid_t> Pids(bool shims) const {
    std::vector<pid_t> pids;
    for (const auto& found : providers::process::ScanProcesses(registry())) {
      if (found.is_shim == shims) pids.push_back(found.pid);
    }
    return pids;
  }

  TemporaryFolder folder_;
  providers::ProcessProvider made_;
};

inline std::size_t OpenDescriptors() {
  std::size_t count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count;
}

}  // namespace kadende::tests
