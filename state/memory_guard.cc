#include "state/memory_guard.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <utility>

namespace kadende::state {

constinit thread_local const void* guarded_owner = nullptr;

namespace {

// Read by the signal handler: everything is in place, and `end` is written last.
struct Region {
  std::atomic<const void*> owner = nullptr;
  std::atomic<std::uintptr_t> begin = 0;
  std::atomic<std::uintptr_t> end = 0;  // 0: not in use
  std::array<char, 1024> words{};
  std::size_t size = 0;
};

std::array<Region, 16> regions;  // NOLINT: a signal handler has no other way
struct sigaction old_segv;       // NOLINT: as above
struct sigaction old_bus;        // NOLINT: as above

struct sigaction old_abort;  // NOLINT: as above

const struct sigaction* OldAction(int signal) {
  if (signal == SIGSEGV) return &old_segv;
  return signal == SIGBUS ? &old_bus : &old_abort;
}

void OnFault(int signal, siginfo_t* info, void* /*context*/) {
  const auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
  for (const Region& region : regions) {
    const bool within = signal != SIGABRT && at >= region.begin && at < region.end;
    if (!within && (guarded_owner == nullptr || region.owner != guarded_owner)) continue;
    [[maybe_unused]] const auto written = write(STDERR_FILENO, region.words.data(), region.size);
    _exit(1);
  }
  sigaction(signal, OldAction(signal), nullptr);  // and it happens again
}

void Install() {
  struct sigaction action {};
  action.sa_sigaction = OnFault;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSEGV, &action, &old_segv);
  sigaction(SIGBUS, &action, &old_bus);
  sigaction(SIGABRT, &action, &old_abort);
}

// Lines of /proc/self/maps: "from-to rights offset device inode path". LMDB tells nobody where its map is.
std::pair<std::uintptr_t, std::uintptr_t> FindMapped(ino_t inode, const std::string& path) {
  const std::string name = "/" + std::filesystem::path(path).filename().string();
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::istringstream fields(line);
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    char dash = 0;
    std::string rights;
    std::string offset;
    std::string device;
    ino_t found = 0;
    fields >> std::hex >> begin >> dash >> end >> rights >> offset >> device >> std::dec >> found;
    if (fields && found == inode && line.ends_with(name)) return {begin, end};
  }
  return {0, 0};
}

std::mutex& Mutex() {
  static std::mutex mutex;
  return mutex;
}

}  // namespace

void GuardMappedFile(const void* owner, ino_t inode, const std::string& path, const std::string& words) {
  const auto [begin, end] = FindMapped(inode, path);
  if (end == 0) return;
  static std::once_flag installed;
  std::call_once(installed, Install);
  const std::lock_guard lock(Mutex());
  auto place = std::find_if(regions.begin(), regions.end(), [&](const Region& r) { return r.owner == owner; });
  if (place == regions.end()) {
    place = std::find_if(regions.begin(), regions.end(), [](const Region& r) { return r.owner == nullptr; });
  }
  if (place == regions.end()) return;
  place->end = 0;
  place->owner = owner;
  place->size = std::min(words.size(), place->words.size());
  std::memcpy(place->words.data(), words.data(), place->size);
  place->begin = begin;
  place->end = end;
}

void UnguardMemory(const void* owner) {
  const std::lock_guard lock(Mutex());
  for (Region& region : regions) {
    if (region.owner != owner) continue;
    region.end = 0;
    region.owner = nullptr;
  }
}

void SayLastWords(const std::string& words) {
  [[maybe_unused]] const auto written = write(STDERR_FILENO, words.data(), words.size());
  _exit(1);
}

}  // namespace kadende::state
