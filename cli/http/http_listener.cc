#include "cli/http/http_listener.h"

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
#include "engine/base/text.h"
#include "engine/base/thread.h"

namespace kadende::cli {
namespace {

using Clock = std::chrono::steady_clock;

// A body whose length was not announced is read and dropped so far, to be answered at its end; then it is cut off.
constexpr std::size_t kMostDropped = 64 * 1024;
constexpr std::size_t kConnectionMemory = 16 * 1024;  // headers included
constexpr std::chrono::milliseconds kLongestWait(500);

// Only once a listener was started, which loads it.
const MhdFunctions& Mhd() {
  return *LoadMhd();
}

MHD_Result Send(MHD_Connection* connection, const HttpAnswer& answer) {
  // The library copies, and promises to write to nothing.
  MHD_Response* response = Mhd().create_response_from_buffer(answer.body.size(), const_cast<char*>(answer.body.data()),
                                                             MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) return MHD_NO;
  Mhd().add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
  if (!answer.body.empty()) {
    Mhd().add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer.content_type.c_str());
  }
  if (!answer.header.empty()) {
    Mhd().add_response_header(response, answer.header.c_str(), answer.value.c_str());
  }
  const MHD_Result queued = Mhd().queue_response(connection, answer.status, response);
  Mhd().destroy_response(response);
  return queued;
}

std::string_view Header(MHD_Connection* connection, const char* name) {
  const char* value = Mhd().lookup_connection_value(connection, MHD_HEADER_KIND, name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

bool AnnouncesTooMuch(MHD_Connection* connection, std::size_t most) {
  const std::string_view text = Header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  return error == std::errc::result_out_of_range || length > most;
}

std::string SizeText(std::size_t bytes) {
  return bytes % 1024 == 0 ? std::to_string(bytes / 1024) + " KiB" : base::Count(bytes, "byte");
}

// A request whose head is in order, while its body comes.
struct Incoming {
  HttpRequest request;
  std::size_t received = 0;
};

}  // namespace

class HttpListener::Impl {
 public:
  Impl(const HttpListenerOptions& options, std::unique_ptr<HttpService> service)
      : deadline_(options.deadline), purpose_(options.purpose), service_(std::move(service)) {}
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] base::Status Start(const HttpListenerOptions& options);
  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  [[nodiscard]] base::Status StartThread();
  void Run();
  void CutOffTheLate();
  [[nodiscard]] int MillisToWait() const;

  MHD_Result Begin(MHD_Connection* connection, std::string_view url, std::string_view method, void** incoming);
  MHD_Result End(MHD_Connection* connection, Incoming& incoming);
  MHD_Result TooLarge(MHD_Connection* connection) const;

  static MHD_Result OnRequest(void* self, MHD_Connection* connection, const char* url, const char* method,
                              const char* version, const char* data, std::size_t* size, void** request);
  static void OnCompleted(void* self, MHD_Connection* connection, void** request, MHD_RequestTerminationCode why);
  static void OnConnection(void* self, MHD_Connection* connection, void** context, MHD_ConnectionNotificationCode what);

  // Constant after Start.
  const base::Millis deadline_;
  const std::string purpose_;
  const std::unique_ptr<HttpService> service_;
  std::string address_;
  MHD_Daemon* daemon_ = nullptr;
  int stop_ = -1;  // eventfd
  // Of the listener's thread.
  std::map<int, Clock::time_point> connected_;  // descriptor -> when its time is over

  std::thread thread_;
};

base::Status HttpListener::Impl::Start(const HttpListenerOptions& options) {
  if (const auto& loaded = LoadMhd(); !loaded) return base::Wrap(loaded.error(), "cannot listen for " + purpose_);
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

base::Status HttpListener::Impl::StartThread() {
  auto started = base::StartQuietThread([this] { Run(); });
  if (!started) return base::Wrap(started.error(), "cannot listen on " + address_);
  thread_ = std::move(*started);
  return {};
}

HttpListener::Impl::~Impl() {
  if (thread_.joinable()) {
    ::eventfd_write(stop_, 1);
    thread_.join();
  }
  if (daemon_ != nullptr) Mhd().stop_daemon(daemon_);
  if (stop_ >= 0) ::close(stop_);
}

int HttpListener::Impl::MillisToWait() const {
  MHD_UNSIGNED_LONG_LONG millis = 0;
  const auto longest = static_cast<MHD_UNSIGNED_LONG_LONG>(std::min(kLongestWait, deadline_).count());
  if (Mhd().get_timeout(daemon_, &millis) != MHD_YES) millis = longest;
  return static_cast<int>(std::min(millis, longest));
}

void HttpListener::Impl::Run() {
  const int epoll = Mhd().get_daemon_info(daemon_, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
  std::array<pollfd, 2> wanted = {pollfd{epoll, POLLIN, 0}, pollfd{stop_, POLLIN, 0}};
  while (wanted[1].revents == 0) {
    ::poll(wanted.data(), wanted.size(), MillisToWait());
    Mhd().run(daemon_);
    CutOffTheLate();
  }
}

// The library's own timeout begins anew with each byte.
void HttpListener::Impl::CutOffTheLate() {
  const auto now = Clock::now();
  for (const auto& [fd, until] : connected_) {
    if (until <= now) ::shutdown(fd, SHUT_RDWR);  // which the library takes for the client's end
  }
}

void HttpListener::Impl::OnConnection(void* self, MHD_Connection* connection, void** /*context*/,
                                      MHD_ConnectionNotificationCode what) {
  auto& impl = *static_cast<Impl*>(self);
  const int fd = Mhd().get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
  if (what == MHD_CONNECTION_NOTIFY_STARTED) {
    impl.connected_[fd] = Clock::now() + impl.deadline_;
  } else {
    impl.connected_.erase(fd);
  }
}

void HttpListener::Impl::OnCompleted(void* /*self*/, MHD_Connection* /*connection*/, void** request,
                                     MHD_RequestTerminationCode /*why*/) {
  const std::unique_ptr<Incoming> owned(static_cast<Incoming*>(*request));
  *request = nullptr;
}

MHD_Result HttpListener::Impl::OnRequest(void* self, MHD_Connection* connection, const char* url, const char* method,
                                         const char* /*version*/, const char* data, std::size_t* size, void** state) {
  auto& impl = *static_cast<Impl*>(self);
  if (*state == nullptr) return impl.Begin(connection, url, method, state);
  auto& incoming = *static_cast<Incoming*>(*state);
  if (*size == 0) return impl.End(connection, incoming);
  incoming.received += *size;
  if (incoming.received <= impl.service_->most_body()) incoming.request.body.append(data, *size);
  *size = 0;
  return incoming.received <= kMostDropped ? MHD_YES : MHD_NO;
}

MHD_Result HttpListener::Impl::TooLarge(MHD_Connection* connection) const {
  return Send(connection,
              {MHD_HTTP_CONTENT_TOO_LARGE, "the body is larger than " + SizeText(service_->most_body()) + "\n"});
}

MHD_Result HttpListener::Impl::Begin(MHD_Connection* connection, std::string_view url, std::string_view method,
                                     void** state) {
  if (url != service_->path()) {
    return Send(connection, {MHD_HTTP_NOT_FOUND, "only " + std::string(service_->path()) + " is here\n"});
  }
  const auto methods = service_->methods();
  if (std::find(methods.begin(), methods.end(), method) == methods.end()) {
    const std::string allowed = base::Join(std::vector<std::string>(methods.begin(), methods.end()), ", ");
    return Send(connection, {MHD_HTTP_METHOD_NOT_ALLOWED, "only " + allowed + "\n", "text/plain; charset=utf-8",
                             MHD_HTTP_HEADER_ALLOW, allowed});
  }
  auto incoming = std::make_unique<Incoming>();
  incoming->request.authorization = Header(connection, MHD_HTTP_HEADER_AUTHORIZATION);
  if (const auto refusal = service_->Refuse(incoming->request)) return Send(connection, *refusal);
  if (AnnouncesTooMuch(connection, service_->most_body())) return TooLarge(connection);
  *state = incoming.release();  // OnCompleted takes it back
  return MHD_YES;
}

MHD_Result HttpListener::Impl::End(MHD_Connection* connection, Incoming& incoming) {
  if (incoming.received > service_->most_body()) return TooLarge(connection);
  return Send(connection, service_->Answer(incoming.request));
}

base::Result<std::unique_ptr<HttpListener>> HttpListener::Open(const HttpListenerOptions& options,
                                                               std::unique_ptr<HttpService> service) {
  auto impl = std::make_unique<Impl>(options, std::move(service));
  if (base::Status started = impl->Start(options); !started) return tl::unexpected(started.error());
  return std::unique_ptr<HttpListener>(new HttpListener(std::move(impl)));
}

HttpListener::HttpListener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpListener::~HttpListener() = default;

const std::string& HttpListener::address() const {
  return impl_->address();
}

}  // namespace kadende::cli
