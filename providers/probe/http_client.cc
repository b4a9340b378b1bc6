#include "providers/probe/http_client.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <utility>
#include <vector>

#include "providers/http/curl_functions.h"
#include "providers/probe/http_answer.h"
#include "providers/probe/socket.h"

namespace kadende::providers::probe {
namespace {

// Handles that wait for another look: more than this are given back, so that one burst does not hold memory for ever.
constexpr std::size_t kIdleHandles = 64;
// Answers are read in parts of this size: a health check's is small, and each look under way holds one part.
constexpr long kReadSize = 4096;

using http::Append;
using http::Curl;
using http::HasLineBreak;
using http::HeaderLine;
using http::List;
using http::LoadCurl;
using http::Url;
using http::UrlPart;

Outcome Unknown(std::string evidence) {
  return {model::Finding::kUnknown, Shorten(evidence)};
}
Outcome Failed(std::string evidence) {
  return {model::Finding::kFail, Shorten(evidence)};
}

// The kinds of errors that are the server's; what is left is this side's, or not known to be either.
Outcome Explain(CURLcode code, const std::string& detail) {
  switch (static_cast<int>(code)) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
      return Failed("certificate refused: " + detail);
    case CURLE_SSL_CONNECT_ERROR:
      return Failed("no TLS connection: " + detail);
    case CURLE_GOT_NOTHING:
      return Failed("connection closed without an answer");
    case CURLE_PARTIAL_FILE:
      return Failed("connection closed in the middle of the answer");
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return Failed(detail);
    case CURLE_OPERATION_TIMEDOUT:
      return Failed("connection timed out");
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:  // HTTP/0.9: anything at all, without a status line
      return Failed("the answer is no HTTP");
    default:
      return Unknown("cannot ask from here: " + detail);
  }
}

}  // namespace

// curl's handle of all transfers, driven by the loop.
class HttpClient::Multi final : private FdHandler {
 public:
  Multi(Loop& loop, Resolver& resolver, CURLM* multi, std::string ca_file)
      : loop_(loop), resolver_(resolver), multi_(multi), ca_file_(std::move(ca_file)) {
    Curl().multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, OnSocket);
    Curl().multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    Curl().multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, OnTimer);
    Curl().multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    Curl().multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
  }
  ~Multi() {
    for (CURL* easy : idle_) Curl().easy_cleanup(easy);
    Curl().multi_cleanup(multi_);
    loop_.Cancel(&timer_);
  }
  Multi(const Multi&) = delete;
  Multi& operator=(const Multi&) = delete;

  [[nodiscard]] Loop& loop() { return loop_; }
  [[nodiscard]] Resolver& resolver() { return resolver_; }
  [[nodiscard]] const std::string& ca_file() const { return ca_file_; }
  [[nodiscard]] CURLM* get() { return multi_; }

  // nullptr: no memory.
  CURL* Take() {
    if (idle_.empty()) return Curl().easy_init();
    CURL* easy = idle_.back();
    idle_.pop_back();
    return easy;
  }
  void GiveBack(CURL* easy) {
    if (idle_.size() >= kIdleHandles) return Curl().easy_cleanup(easy);
    Curl().easy_reset(easy);
    idle_.push_back(easy);
  }

 private:
  static int OnSocket(CURL* easy, curl_socket_t fd, int what, void* self, void* known);
  static int OnTimer(CURLM* /*multi*/, long millis, void* self) {
    auto& multi = *static_cast<Multi*>(self);
    multi.loop_.Cancel(&multi.timer_);
    if (millis < 0) return 0;
    multi.timer_ = multi.loop_.At(Clock::now() + base::Millis(millis), [&multi] {
      multi.timer_ = Loop::kNoTimer;
      multi.Act(CURL_SOCKET_TIMEOUT, 0);
    });
    return 0;
  }
  void Ready(int fd, std::uint32_t events) override {
    int what = 0;
    if ((events & EPOLLIN) != 0) what |= CURL_CSELECT_IN;
    if ((events & EPOLLOUT) != 0) what |= CURL_CSELECT_OUT;
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) what |= CURL_CSELECT_ERR;
    Act(fd, what);
  }
  void Act(curl_socket_t fd, int what);
  static HttpLook* LookOf(CURL* easy);

  Loop& loop_;
  Resolver& resolver_;
  CURLM* const multi_;
  const std::string ca_file_;
  std::vector<CURL*> idle_;
  Loop::TimerId timer_ = Loop::kNoTimer;
};

class HttpClient::HttpLook : public NetworkLook {
 public:
  HttpLook(Multi& multi, model::HealthCheck check, Finish finish)
      : NetworkLook(multi.loop(), multi.resolver(), check.timeout, std::move(finish)),
        multi_(multi),
        check_(std::move(check)),
        answer_(check_) {}
  ~HttpLook() override {
    if (easy_ == nullptr) return;
    LeaveAddress();
    multi_.GiveBack(easy_);
  }
  HttpLook(const HttpLook&) = delete;
  HttpLook& operator=(const HttpLook&) = delete;

  void Begin() override;
  [[nodiscard]] Outcome Expire() override;
  void Done(CURLcode code);
  // Its socket cannot be watched. Only its own look may suffer: an error to curl would end all transfers for ever.
  void CannotWatch(int error) { no_socket_ = error; }

 private:
  [[nodiscard]] std::optional<Outcome> ParseUrl();
  [[nodiscard]] bool SetUp();
  void SetTarget();
  void SetMethod();
  void SetTls();
  [[nodiscard]] bool SetHeaders();
  void TryAddress(const Endpoint& endpoint) override;
  void LeaveAddress() override;

  template <class Value>
  void Set(CURLoption option, Value value) {
    if (Curl().easy_setopt(easy_, option, value) != CURLE_OK) all_set_ = false;
  }

  static std::size_t OnHeader(char* data, std::size_t size, std::size_t count, void* self) {
    auto& look = *static_cast<HttpLook*>(self);
    return look.answer_.TakeHeader({data, size * count}) ? size * count : 0;
  }
  static std::size_t OnBody(char* data, std::size_t size, std::size_t count, void* self) {
    auto& look = *static_cast<HttpLook*>(self);
    return look.answer_.TakeBody({data, size * count}) ? size * count : CURL_WRITEFUNC_ERROR;
  }
  static curl_socket_t OnOpen(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
    auto& look = *static_cast<HttpLook*>(self);
    const int fd = OpenSocket(address->family);
    if (fd < 0) look.no_socket_ = errno;
    return fd < 0 ? CURL_SOCKET_BAD : fd;
  }
  static int OnClose(void* self, curl_socket_t fd) {
    // `self` is the client's: connections may outlive their look by a moment.
    static_cast<Multi*>(self)->loop().Forget(fd);
    return ::close(fd);
  }
  static int OnConnected(void* self, char* /*ip*/, char* /*own_ip*/, int /*port*/, int /*own_port*/) {
    static_cast<HttpLook*>(self)->Connected();
    return CURL_PREREQFUNC_OK;
  }

  Multi& multi_;
  const model::HealthCheck check_;
  HttpAnswer answer_;
  Url url_;
  bool numeric_ = false;  // the host of the address is a number already
  List headers_;
  List connect_to_;
  CURL* easy_ = nullptr;
  bool added_ = false;  // to the multi handle
  bool all_set_ = true;
  int no_socket_ = 0;  // errno
  std::array<char, CURL_ERROR_SIZE> detail_ = {};
};

int HttpClient::Multi::OnSocket(CURL* easy, curl_socket_t fd, int what, void* self, void* /*known*/) {
  auto& multi = *static_cast<Multi*>(self);
  if (what == CURL_POLL_REMOVE) {
    multi.loop_.Forget(fd);
    return 0;
  }
  const std::uint32_t events = ((what & CURL_POLL_IN) != 0 ? std::uint32_t{EPOLLIN} : 0U) |
                               ((what & CURL_POLL_OUT) != 0 ? std::uint32_t{EPOLLOUT} : 0U);
  if (!multi.loop_.Watch(fd, events, &multi)) LookOf(easy)->CannotWatch(errno);
  return 0;
}

HttpClient::HttpLook* HttpClient::Multi::LookOf(CURL* easy) {
  char* look = nullptr;
  Curl().easy_getinfo(easy, CURLINFO_PRIVATE, &look);
  return reinterpret_cast<HttpLook*>(look);
}

void HttpClient::Multi::Act(curl_socket_t fd, int what) {
  int running = 0;
  Curl().multi_socket_action(multi_, fd, what, &running);
  int left = 0;
  while (CURLMsg* message = Curl().multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    LookOf(message->easy_handle)->Done(code);
  }
}

void HttpClient::HttpLook::Begin() {
  if (auto wrong = ParseUrl()) return Finished(std::move(*wrong));
  easy_ = multi_.Take();
  if (easy_ == nullptr || !SetUp()) return Finished(Unknown("no memory left to ask with"));
  std::string host = UrlPart(url_.get(), CURLUPART_HOST);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    if (const std::string zone = UrlPart(url_.get(), CURLUPART_ZONEID); !zone.empty()) host += "%" + zone;
  }
  const std::string port = UrlPart(url_.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  numeric_ = NumericEndpoint(host, port).has_value();
  Connect(host, port);
}

std::optional<Outcome> HttpClient::HttpLook::ParseUrl() {
  if (HasLineBreak(check_.url) || HasLineBreak(check_.method)) return Unknown("the url or method has a line break");
  for (const auto& [name, value] : check_.headers) {
    if (name.empty() || HasLineBreak(name) || HasLineBreak(value))
      return Unknown("a header has a line break, or no name");
  }
  url_.reset(Curl().url());
  if (!url_) return Unknown("no memory left to ask with");
  const CURLUcode code = Curl().url_set(url_.get(), CURLUPART_URL, check_.url.c_str(), 0);
  if (code != CURLUE_OK) return Unknown(std::string("the url cannot be read: ") + Curl().url_strerror(code));
  const std::string scheme = UrlPart(url_.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return Unknown("the url is neither http nor https");
  return std::nullopt;
}

bool HttpClient::HttpLook::SetUp() {
  SetTarget();
  SetMethod();
  SetTls();
  return SetHeaders() && all_set_;
}

void HttpClient::HttpLook::SetTarget() {
  Set(CURLOPT_CURLU, url_.get());
  Set(CURLOPT_PROTOCOLS_STR, "http,https");
  Set(CURLOPT_PROXY, "");
  Set(CURLOPT_NOPROXY, "*");
  Set(CURLOPT_FOLLOWLOCATION, 0L);
  Set(CURLOPT_FRESH_CONNECT, 1L);
  Set(CURLOPT_FORBID_REUSE, 1L);
  Set(CURLOPT_DNS_CACHE_TIMEOUT, 0L);
  Set(CURLOPT_NOSIGNAL, 1L);
  Set(CURLOPT_BUFFERSIZE, kReadSize);
  Set(CURLOPT_PRIVATE, this);
  Set(CURLOPT_ERRORBUFFER, detail_.data());
  Set(CURLOPT_HEADERFUNCTION, OnHeader);
  Set(CURLOPT_HEADERDATA, this);
  Set(CURLOPT_WRITEFUNCTION, OnBody);
  Set(CURLOPT_WRITEDATA, this);
  Set(CURLOPT_OPENSOCKETFUNCTION, OnOpen);
  Set(CURLOPT_OPENSOCKETDATA, this);
  Set(CURLOPT_CLOSESOCKETFUNCTION, OnClose);
  Set(CURLOPT_CLOSESOCKETDATA, &multi_);
  Set(CURLOPT_PREREQFUNCTION, OnConnected);
  Set(CURLOPT_PREREQDATA, this);
}

void HttpClient::HttpLook::SetMethod() {
  Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  Set(CURLOPT_USERAGENT, "kadende-health-check");
  if (check_.method == "HEAD") {
    Set(CURLOPT_NOBODY, 1L);
  } else if (check_.method != "GET") {
    if (check_.method == "POST" || check_.method == "PUT" || check_.method == "PATCH") {
      Set(CURLOPT_POSTFIELDS, "");  // says that there is none, by a length of 0
    }
    Set(CURLOPT_CUSTOMREQUEST, check_.method.c_str());
  }
}

void HttpClient::HttpLook::SetTls() {
  Set(CURLOPT_SSL_VERIFYPEER, check_.verify_tls ? 1L : 0L);
  Set(CURLOPT_SSL_VERIFYHOST, check_.verify_tls ? 2L : 0L);
  Set(CURLOPT_SSL_SESSIONID_CACHE, 0L);
  // Without a folder curl keeps the parsed authorities for the next looks: reading them takes longer than a handshake.
  Set(CURLOPT_CAPATH, static_cast<char*>(nullptr));
  if (!multi_.ca_file().empty()) Set(CURLOPT_CAINFO, multi_.ca_file().c_str());
}

bool HttpClient::HttpLook::SetHeaders() {
  // The server is the one to close, and to keep the port in TIME_WAIT.
  bool complete = Append(&headers_, "Connection: close");
  if (check_.method != "GET" && check_.method != "HEAD") complete = complete && Append(&headers_, "Content-Type:");
  for (const auto& [name, value] : check_.headers) {
    complete = complete && Append(&headers_, HeaderLine(name, value));
  }
  Set(CURLOPT_HTTPHEADER, headers_.get());
  return complete;
}

void HttpClient::HttpLook::TryAddress(const Endpoint& endpoint) {
  if (!numeric_) {
    const std::string host = NumericHost(endpoint);
    connect_to_.reset();
    if (!Append(&connect_to_, endpoint.address.ss_family == AF_INET6 ? "::[" + host + "]:" : "::" + host + ":")) {
      return Finished(Unknown("no memory left to ask with"));
    }
    Set(CURLOPT_CONNECT_TO, connect_to_.get());
  }
  no_socket_ = 0;
  detail_[0] = '\0';
  if (Curl().multi_add_handle(multi_.get(), easy_) != CURLM_OK) return Finished(Unknown("no memory left to ask with"));
  added_ = true;
}

void HttpClient::HttpLook::LeaveAddress() {
  if (!added_) return;
  added_ = false;
  Curl().multi_remove_handle(multi_.get(), easy_);
}

void HttpClient::HttpLook::Done(CURLcode code) {
  long error = 0;
  Curl().easy_getinfo(easy_, CURLINFO_OS_ERRNO, &error);
  LeaveAddress();
  if (code == CURLE_OK) answer_.End();
  if (answer_.outcome()) return Finished(*answer_.outcome());
  if (auto bad = answer_.BadStatus()) return Finished(std::move(*bad));
  const std::string detail = LastLine(detail_[0] != '\0' ? detail_.data() : Curl().easy_strerror(code));
  if (no_socket_ != 0 && no_socket_ != EAFNOSUPPORT) return Finished(ConnectionFailed(no_socket_));
  if (code == CURLE_COULDNT_CONNECT) {
    const int why = no_socket_ != 0 ? no_socket_ : static_cast<int>(error);
    return AddressFailed(why != 0 ? ConnectionFailed(why) : Explain(code, detail));
  }
  if ((code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR) && (error == ECONNRESET || error == EPIPE)) {
    return Finished(ConnectionFailed(static_cast<int>(error)));
  }
  Finished(Explain(code, detail));
}

Outcome HttpClient::HttpLook::Expire() {
  if (no_socket_ != 0) return ConnectionFailed(no_socket_);
  if (auto bad = answer_.BadStatus()) return std::move(*bad);
  if (answer_.HasBegun()) return Failed("no complete answer within " + base::FormatDuration(check_.timeout));
  return NetworkLook::Expire();
}

base::Result<std::unique_ptr<HttpClient>> HttpClient::Make(Loop& loop, Resolver& resolver, const std::string& ca_file) {
  if (const auto& loaded = LoadCurl(); !loaded) return tl::unexpected(loaded.error());
  CURLM* multi = Curl().multi_init();
  if (multi == nullptr) {
    return base::Fail(base::ErrorCode::kUnavailable, "http checks cannot be made: no memory left");
  }
  return std::unique_ptr<HttpClient>(new HttpClient(std::make_unique<Multi>(loop, resolver, multi, ca_file)));
}

HttpClient::HttpClient(std::unique_ptr<Multi> multi) : multi_(std::move(multi)) {}
HttpClient::~HttpClient() = default;

std::unique_ptr<Look> HttpClient::NewLook(model::HealthCheck check, Look::Finish finish) {
  return std::make_unique<HttpLook>(*multi_, std::move(check), std::move(finish));
}

}  // namespace kadende::providers::probe
