#include "cli/sd_notify.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <optional>

namespace kadende::cli {
namespace {

constexpr int kBeatsPerTimeout = 3;  // systemd advises two: one may come late on a busy machine
constexpr base::Millis kShortestBeat{10};
constexpr timeval kSendWithin{2, 0};  // the manager's queue may be full for a moment

std::string Take(const char* name) {
  const char* value = std::getenv(name);
  std::string taken = value == nullptr ? "" : value;
  unsetenv(name);
  return taken;
}

std::optional<std::int64_t> Number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number <= 0) return std::nullopt;
  return number;
}

std::int64_t MonotonicMicros() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);  // the clock that the protocol names, not the one that counts suspension
  return now.tv_sec * 1'000'000 + now.tv_nsec / 1000;
}

// A line break would begin another field.
std::string OneLine(std::string_view text) {
  std::string line(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

}  // namespace

ServiceManager::ServiceManager() {
  std::string address = Take("NOTIFY_SOCKET");
  const std::string watchdog = Take("WATCHDOG_USEC");
  const std::string watched = Take("WATCHDOG_PID");
  const bool path = address.starts_with('/');
  const bool abstract = address.starts_with('@') && address.size() > 1;
  if ((!path && !abstract) || address.size() >= sizeof(sockaddr_un::sun_path)) return;
  if (abstract) address[0] = '\0';
  socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return;
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &kSendWithin, sizeof kSendWithin);
  address_ = std::move(address);
  const auto timeout = Number(watchdog);
  if (!timeout || (!watched.empty() && Number(watched) != getpid())) return;
  beat_every_ = std::max(base::Millis(*timeout / 1000 / kBeatsPerTimeout), kShortestBeat);
}

ServiceManager::~ServiceManager() {
  if (socket_ >= 0) close(socket_);
}

void ServiceManager::Ready(std::string_view status) {
  std::string line = OneLine(status);
  if (Send("READY=1\nSTATUS=" + line)) status_ = std::move(line);
}

void ServiceManager::Reloading() {
  (void)Send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(MonotonicMicros()));
}

void ServiceManager::Status(std::string_view status) {
  std::string line = OneLine(status);
  if (line == status_) return;
  if (Send("STATUS=" + line)) status_ = std::move(line);
}

void ServiceManager::Stopping() {
  (void)Send("STOPPING=1\nSTATUS=Stopping: what runs is waited for and recorded");
}

void ServiceManager::Beat(base::Millis monotonic) {
  if (beat_every_ == base::Millis(0) || monotonic < next_beat_) return;
  next_beat_ = monotonic + beat_every_;
  (void)Send("WATCHDOG=1");
}

bool ServiceManager::Send(const std::string& message) {
  if (address_.empty()) return false;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  // An abstract address ends where its length says, a path with its zero byte.
  const std::size_t length =
      offsetof(sockaddr_un, sun_path) + address_.size() + (address_.front() == '\0' ? std::size_t{0} : std::size_t{1});
  // Nobody to hear it is nothing to stop for: the manager draws its own conclusions from silence.
  return sendto(socket_, message.data(), message.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to),
                static_cast<socklen_t>(length)) >= 0;
}

}  // namespace kadende::cli
