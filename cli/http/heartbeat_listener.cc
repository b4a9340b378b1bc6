#include "cli/http/heartbeat_listener.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <map>
#include <string_view>
#include <thread>
#include <utility>

#include "cli/http/listen.h"
#include "cli/http/mhd_functions.h"
#include "engine/base/thread.h"

namespace kadende::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kPath = "/v1/heartbeat";
constexpr std::size_t kMostBody = 4 * 1024;
// A body whose length was not announced is read and dropped so far, to be answered at its end; then it is cut off.
constexpr std::size_t kMostDropped = 64 * 1024;
constexpr std::size_t kConnectionMemory = 16 * 1024;  // headers included
constexpr std::chrono::milliseconds kLongestWait(500);

// Only once a listener was started, which loads it.
const MhdFunctions& Mhd() {
  return *LoadMhd();
}

MHD_Result Answer(MHD_Connection* connection, unsigned status, std::string_view text, const char* header = nullptr,
                  const char* value = nullptr) {
  const std::string body = text.empty() ? std::string() : std::string(text) + "\n";
  // The library copies, and promises to write to nothing.
  MHD_Response* response =
      Mhd().create_response_from_buffer(body.size(), const_cast<char*>(body.data()), MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) return MHD_NO;
  Mhd().add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
  if (!body.empty()) Mhd().add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain; charset=utf-8");
  if (header != nullptr) Mhd().add_response_header(response, header, value);
  const MHD_Result queued = Mhd().queue_response(connection, status, response);
  Mhd().destroy_response(response);
  return queued;
}

MHD_Result Unauthorized(MHD_Connection* connection) {
  return Answer(connection, MHD_HTTP_UNAUTHORIZED, "the token is missing, or no node's",
                MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
}
MHD_Result TooLarge(MHD_Connection* connection) {
  return Answer(connection, MHD_HTTP_CONTENT_TOO_LARGE, "the body is larger than 4 KiB");
}

std::string_view Header(MHD_Connection* connection, const char* name) {
  const char* value = Mhd().lookup_connection_value(connection, MHD_HEADER_KIND, name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

bool AnnouncesTooMuch(MHD_Connection* connection) {
  const std::string_view text = Header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  return error == std::errc::result_out_of_range || length > kMostBody;
}

// A request whose head is in order, while its body comes.
struct Request {
  Heartbeat heartbeat;
  std::string body;
  std::size_t received = 0;
};

}  // namespace

class HeartbeatListener::Impl {
 public:
  Impl(const HeartbeatOptions& options, Deliver deliver) : deadline_(options.deadline), deliver_(std::move(deliver)) {}
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] base::Status Start(const HeartbeatOptions& options);
  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  [[nodiscard]] base::Status StartThread();
  void Run();
  void CutOffTheLate();
  [[nodiscard]] int MillisToWait() const;

  MHD_Result Begin(MHD_Connection* connection, std::string_view url, std::string_view method, void** request);
  MHD_Result End(MHD_Connection* connection, Request& request);

  static MHD_Result OnRequest(void* self, MHD_Connection* connection, const char* url, const char* method,
                              const char* version, const char* data, std::size_t* size, void** request);
  static void OnCompleted(void* self, MHD_Connection* connection, void** request, MHD_RequestTerminationCode why);
  static void OnConnection(void* self, MHD_Connection* connection, void** context, MHD_ConnectionNotificationCode what);

  // Constant after Start.
  const base::Millis deadline_;
  const Deliver deliver_;
  std::string address_;
  MHD_Daemon* daemon_ = nullptr;
  int stop_ = -1;  // eventfd
  // Of the listener's thread.
  std::map<int, Clock::time_point> connected_;  // descriptor -> when its time is over

  std::thread thread_;
};

base::Status HeartbeatListener::Impl::Start(const HeartbeatOptions& options) {
  if (const auto& loaded = LoadMhd(); !loaded) return tl::unexpected(loaded.error());
  auto listening = Listen(options.address);
  if (!listening) return tl::unexpected(listening.error());
  address_ = listening->address;
  stop_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(deadline_).count();
  // From here on the descriptor is the library's.
  daemon_ =
      Mhd().start_daemon(MHD_USE_EPOLL, 0, nullptr, nullptr, OnRequest, this, MHD_OPTION_LISTEN_SOCKET, listening->fd,
                         MHD_OPTION_CONNECTION_LIMIT, options.connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
                         options.per_address, MHD_OPTION_CONNECTION_TIMEOUT, static_cast<unsigned>(seconds),
                         MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionMemory, MHD_OPTION_NOTIFY_COMPLETED,
                         OnCompleted, this, MHD_OPTION_NOTIFY_CONNECTION, OnConnection, this, MHD_OPTION_END);
  if (daemon_ == nullptr) ::close(listening->fd);
  if (daemon_ == nullptr || stop_ < 0) {
    return base::Fail(base::ErrorCode::kUnavailable, "cannot listen on " + address_ + ": no descriptor or memory left");
  }
  return StartThread();
}

base::Status HeartbeatListener::Impl::StartThread() {
  auto started = base::StartQuietThread([this] { Run(); });
  if (!started) return base::Wrap(started.error(), "cannot listen on " + address_);
  thread_ = std::move(*started);
  return {};
}

HeartbeatListener::Impl::~Impl() {
  if (thread_.joinable()) {
    ::eventfd_write(stop_, 1);
    thread_.join();
  }
  if (daemon_ != nullptr) Mhd().stop_daemon(daemon_);
  if (stop_ >= 0) ::close(stop_);
}

int HeartbeatListener::Impl::MillisToWait() const {
  MHD_UNSIGNED_LONG_LONG millis = 0;
  const auto longest = static_cast<MHD_UNSIGNED_LONG_LONG>(std::min(kLongestWait, deadline_).count());
  if (Mhd().get_timeout(daemon_, &millis) != MHD_YES) millis = longest;
  return static_cast<int>(std::min(millis, longest));
}

void HeartbeatListener::Impl::Run() {
  const int epoll = Mhd().get_daemon_info(daemon_, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
  std::array<pollfd, 2> wanted = {pollfd{epoll, POLLIN, 0}, pollfd{stop_, POLLIN, 0}};
  while (wanted[1].revents == 0) {
    ::poll(wanted.data(), wanted.size(), MillisToWait());
    Mhd().run(daemon_);
    CutOffTheLate();
  }
}

// The library's own timeout begins anew with each byte.
void HeartbeatListener::Impl::CutOffTheLate() {
  const auto now = Clock::now();
  for (const auto& [fd, until] : connected_) {
    if (until <= now) ::shutdown(fd, SHUT_RDWR);  // which the library takes for the client's end
  }
}

void HeartbeatListener::Impl::OnConnection(void* self, MHD_Connection* connection, void** /*context*/,
                                           MHD_ConnectionNotificationCode what) {
  auto& impl = *static_cast<Impl*>(self);
  const int fd = Mhd().get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
  if (what == MHD_CONNECTION_NOTIFY_STARTED) {
    impl.connected_[fd] = Clock::now() + impl.deadline_;
  } else {
    impl.connected_.erase(fd);
  }
}

void HeartbeatListener::Impl::OnCompleted(void* /*self*/, MHD_Connection* /*connection*/, void** request,
                                          MHD_RequestTerminationCode /*why*/) {
  const std::unique_ptr<Request> owned(static_cast<Request*>(*request));
  *request = nullptr;
}

MHD_Result HeartbeatListener::Impl::OnRequest(void* self, MHD_Connection* connection, const char* url,
                                              const char* method, const char* /*version*/, const char* data,
                                              std::size_t* size, void** state) {
  auto& impl = *static_cast<Impl*>(self);
  if (*state == nullptr) return impl.Begin(connection, url, method, state);
  auto& request = *static_cast<Request*>(*state);
  if (*size == 0) return impl.End(connection, request);
  request.received += *size;
  if (request.received <= kMostBody) request.body.append(data, *size);
  *size = 0;
  return request.received <= kMostDropped ? MHD_YES : MHD_NO;
}

// What is wrong with the head is answered before any of the body is read.
MHD_Result HeartbeatListener::Impl::Begin(MHD_Connection* connection, std::string_view url, std::string_view method,
                                          void** state) {
  if (url != kPath) return Answer(connection, MHD_HTTP_NOT_FOUND, "only /v1/heartbeat is here");
  if (method != MHD_HTTP_METHOD_POST) {
    return Answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only POST", MHD_HTTP_HEADER_ALLOW, "POST");
  }
  const auto token_hash = TokenHashOf(Header(connection, MHD_HTTP_HEADER_AUTHORIZATION));
  if (!token_hash) return Unauthorized(connection);
  if (AnnouncesTooMuch(connection)) return TooLarge(connection);
  auto request = std::make_unique<Request>();
  request->heartbeat.token_hash = *token_hash;
  *state = request.release();  // OnCompleted takes it back
  return MHD_YES;
}

MHD_Result HeartbeatListener::Impl::End(MHD_Connection* connection, Request& request) {
  if (request.received > kMostBody) return TooLarge(connection);
  const base::Status read = ReadHeartbeatBody(request.body, &request.heartbeat);
  if (!read) return Answer(connection, MHD_HTTP_BAD_REQUEST, read.error().message);
  if (!deliver_(request.heartbeat)) return Unauthorized(connection);
  return Answer(connection, MHD_HTTP_NO_CONTENT, {});
}

base::Result<std::unique_ptr<HeartbeatListener>> HeartbeatListener::Open(const HeartbeatOptions& options,
                                                                         Deliver deliver) {
  auto impl = std::make_unique<Impl>(options, std::move(deliver));
  if (base::Status started = impl->Start(options); !started) return tl::unexpected(started.error());
  return std::unique_ptr<HeartbeatListener>(new HeartbeatListener(std::move(impl)));
}

HeartbeatListener::HeartbeatListener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HeartbeatListener::~HeartbeatListener() = default;

const std::string& HeartbeatListener::address() const {
  return impl_->address();
}

}  // namespace kadende::cli
