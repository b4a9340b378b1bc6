#include "providers/http/exchange.h"

#include <algorithm>
#include <cctype>
#include <cstring>

#include "engine/base/text.h"

namespace kadende::providers::http {
namespace {

using base::Effect;
using base::ErrorCode;

constexpr std::size_t kMostHeaders = std::size_t{64} << 10;
constexpr std::size_t kMostErrorBody = std::size_t{64} << 10;
constexpr base::Millis kLongestPoll{60'000};

// "unix:/run/docker.sock" or "https://host:443".
std::string Place(const Request& request, CURLU* url) {
  if (!request.unix_socket.empty()) return "unix://" + base::EscapeTerminal(request.unix_socket);
  return base::EscapeTerminal(UrlPart(url, CURLUPART_SCHEME) + "://" + UrlPart(url, CURLUPART_HOST) + ":" +
                              UrlPart(url, CURLUPART_PORT, CURLU_DEFAULT_PORT));
}

std::string_view Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace

std::optional<base::Millis> Deadline::Left() const {
  if (!end_) return std::nullopt;
  const auto left = std::chrono::ceil<base::Millis>(*end_ - std::chrono::steady_clock::now());
  return std::max(left, base::Millis(0));
}

base::Result<std::unique_ptr<Exchange>> Exchange::Make(const std::string& agent) {
  CURLM* multi = Curl().multi_init();
  CURL* easy = Curl().easy_init();
  if (multi != nullptr && easy != nullptr) return std::unique_ptr<Exchange>(new Exchange(multi, easy, agent));
  if (multi != nullptr) Curl().multi_cleanup(multi);
  if (easy != nullptr) Curl().easy_cleanup(easy);
  return base::Fail(ErrorCode::kUnavailable, "no memory left to ask over http with");
}

Exchange::~Exchange() {
  Curl().easy_cleanup(easy_);
  Curl().multi_cleanup(multi_);
}

base::Result<Answer> Exchange::Run(const Request& request, CURLU* url, const Limits& limits, const Deadline& deadline,
                                   const Sink& sink) {
  answer_ = {};
  sink_ = sink ? &sink : nullptr;
  most_body_ = limits.most_body;
  body_ = header_bytes_ = 0;
  end_ = End::kNone;
  all_set_ = true;
  detail_[0] = '\0';
  Curl().easy_reset(easy_);
  SetUp(request, url, limits);
  if (!all_set_) return base::Fail(ErrorCode::kInvalid, Place(request, url) + ": libcurl refuses the request");
  const CURLcode code = Transfer(limits, deadline);
  headers_.reset();
  if (code == CURLE_OK || end_ == End::kEnough) return std::move(answer_);
  return Explain(code, request, url);
}

void Exchange::SetUp(const Request& request, CURLU* url, const Limits& limits) {
  Set(CURLOPT_CURLU, url);
  Set(CURLOPT_PROTOCOLS_STR, "http,https");
  Set(CURLOPT_FOLLOWLOCATION, 0L);
  Set(CURLOPT_NOSIGNAL, 1L);
  Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  Set(CURLOPT_USERAGENT, agent_.c_str());
  Set(CURLOPT_ERRORBUFFER, detail_.data());
  Set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits.connect_timeout.count()));
  if (limits.stalled.count() > 0) {
    Set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    Set(CURLOPT_LOW_SPEED_TIME, std::max(1L, static_cast<long>(limits.stalled.count() / 1000)));
  }
  if (!request.unix_socket.empty()) Set(CURLOPT_UNIX_SOCKET_PATH, request.unix_socket.c_str());
  if (!request.use_proxy) {
    Set(CURLOPT_PROXY, "");
    Set(CURLOPT_NOPROXY, "*");
  }
  using Callback = std::size_t (*)(char*, std::size_t, std::size_t, void*);
  const Callback on_header = [](char* data, std::size_t size, std::size_t count, void* self) -> std::size_t {
    return static_cast<Exchange*>(self)->TakeHeader({data, size * count}) ? size * count : 0;
  };
  const Callback on_body = [](char* data, std::size_t size, std::size_t count, void* self) -> std::size_t {
    return static_cast<Exchange*>(self)->TakeBody({data, size * count}) ? size * count : CURL_WRITEFUNC_ERROR;
  };
  Set(CURLOPT_HEADERFUNCTION, on_header);
  Set(CURLOPT_HEADERDATA, this);
  Set(CURLOPT_WRITEFUNCTION, on_body);
  Set(CURLOPT_WRITEDATA, this);
  SetMethod(request);
  SetTls(request.tls);
  SetHeaders(request);
}

void Exchange::SetMethod(const Request& request) {
  if (request.method == "GET") return;
  if (request.method == "HEAD") return Set(CURLOPT_NOBODY, 1L);
  // Borrowed, not copied: the call lasts no longer than the body.
  Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  Set(CURLOPT_POSTFIELDS, request.body.empty() ? "" : request.body.data());
  Set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void Exchange::SetTls(const Tls& tls) {
  Set(CURLOPT_SSL_VERIFYPEER, tls.verify ? 1L : 0L);
  Set(CURLOPT_SSL_VERIFYHOST, tls.verify ? 2L : 0L);
  if (!tls.authorities.empty()) {
    Set(CURLOPT_CAINFO, tls.authorities.c_str());
    Set(CURLOPT_CAPATH, static_cast<char*>(nullptr));
  }
  if (!tls.certificate.empty()) Set(CURLOPT_SSLCERT, tls.certificate.c_str());
  if (!tls.key.empty()) Set(CURLOPT_SSLKEY, tls.key.c_str());
}

void Exchange::SetHeaders(const Request& request) {
  // No waiting for leave to send the body, and no content type that nobody named.
  bool complete = Append(&headers_, "Expect:");
  if (request.method != "GET" && request.method != "HEAD") complete = complete && Append(&headers_, "Content-Type:");
  for (const auto& [name, value] : request.headers) {
    complete = complete && Append(&headers_, HeaderLine(name, value));
  }
  Set(CURLOPT_HTTPHEADER, headers_.get());
  all_set_ = all_set_ && complete;
}

CURLcode Exchange::Transfer(const Limits& limits, const Deadline& deadline) {
  if (Curl().multi_add_handle(multi_, easy_) != CURLM_OK) return CURLE_OUT_OF_MEMORY;
  CURLcode code = CURLE_ABORTED_BY_CALLBACK;
  {
    const std::stop_callback wake(limits.stop, [this] { Curl().multi_wakeup(multi_); });
    for (int running = 1; end_ == End::kNone;) {
      if (Curl().multi_perform(multi_, &running) != CURLM_OK) {
        code = CURLE_OUT_OF_MEMORY;
        break;
      }
      if (running == 0) {
        int left = 0;
        if (const CURLMsg* message = Curl().multi_info_read(multi_, &left)) code = message->data.result;
        break;
      }
      const auto left = deadline.Left();
      if (limits.stop.stop_requested()) {
        end_ = End::kStopped;
      } else if (left && left->count() == 0) {
        end_ = End::kTime;
      } else {
        const base::Millis wait = std::min(left.value_or(kLongestPoll), kLongestPoll);
        Curl().multi_poll(multi_, nullptr, 0, static_cast<int>(wait.count()), nullptr);
      }
    }
  }
  // Explain asks the handle for more, and may do so after this.
  Curl().multi_remove_handle(multi_, easy_);
  return code;
}

bool Exchange::TakeHeader(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > kMostHeaders) {
    end_ = End::kHeaders;
    return false;
  }
  if (line.starts_with("HTTP/")) {  // of an answer; a provisional one (1xx) comes before the real one
    long status = 0;
    Curl().easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    answer_.status = static_cast<int>(status);
    answer_.headers.clear();
    return true;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return true;
  std::string name(line.substr(0, colon));
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  answer_.headers.emplace_back(std::move(name), Trim(line.substr(colon + 1)));
  return true;
}

bool Exchange::TakeBody(std::string_view part) {
  const bool to_sink = sink_ != nullptr && answer_.IsSuccess();
  if (sink_ != nullptr && !to_sink) {  // only what an error says
    answer_.body.append(part.substr(0, kMostErrorBody - std::min(answer_.body.size(), kMostErrorBody)));
    return true;
  }
  body_ += part.size();
  if (most_body_ != 0 && body_ > most_body_) {
    end_ = End::kBody;
    return false;
  }
  if (!to_sink) {
    answer_.body.append(part);
  } else if (!(*sink_)(part)) {
    end_ = End::kEnough;
    return false;
  }
  return true;
}

bool Exchange::WasSent() const {
  curl_off_t connected = 0;  // microseconds until the request could be sent; zero: it never could
  Curl().easy_getinfo(easy_, CURLINFO_PRETRANSFER_TIME_T, &connected);
  return connected > 0;
}

tl::unexpected<base::Error> Exchange::Explain(CURLcode code, const Request& request, CURLU* url) const {
  const std::string place = Place(request, url);
  const Effect effect = WasSent() ? Effect::kPossible : Effect::kNone;
  switch (end_) {
    case End::kStopped:
      return base::Fail(ErrorCode::kCancelled, place + ": stopped waiting for the answer", effect);
    case End::kTime:
      return base::Fail(ErrorCode::kTimeout, place + ": no complete answer in time", effect);
    case End::kBody:
      return base::Fail(ErrorCode::kCorrupt,
                        place + ": the answer is larger than " + base::GroupDigits(most_body_) + " bytes", effect);
    case End::kHeaders:
      return base::Fail(ErrorCode::kCorrupt, place + ": the answer's headers do not end", effect);
    case End::kNone:
    case End::kEnough:
      break;
  }
  long os_error = 0;
  Curl().easy_getinfo(easy_, CURLINFO_OS_ERRNO, &os_error);
  std::string detail = base::EscapeTerminal(detail_[0] != '\0' ? detail_.data() : Curl().easy_strerror(code));
  switch (static_cast<int>(code)) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: {
      if (os_error != 0) detail = std::strerror(static_cast<int>(os_error));  // NOLINT(concurrency-mt-unsafe)
      const ErrorCode kind = os_error == EACCES ? ErrorCode::kDenied : ErrorCode::kUnavailable;
      return base::Fail(kind, "cannot connect to " + place + ": " + detail);
    }
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
      return base::Fail(ErrorCode::kDenied, place + ": its certificate is refused: " + detail);
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
      return base::Fail(ErrorCode::kDenied, place + ": no TLS connection: " + detail);
    case CURLE_OPERATION_TIMEDOUT:
      return base::Fail(ErrorCode::kTimeout, place + ": " + detail, effect);
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return base::Fail(ErrorCode::kCorrupt, place + ": the answer is no HTTP", effect);
    default:
      return base::Fail(ErrorCode::kUnavailable, place + ": " + detail, effect);
  }
}

}  // namespace kadende::providers::http
