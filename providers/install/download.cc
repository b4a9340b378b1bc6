#include "providers/install/download.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "engine/base/text.h"
#include "providers/http/client.h"
#include "providers/install/file_bytes.h"
#include "providers/install/plugin_url.h"

namespace kadende::providers {
namespace {

constexpr std::uint32_t kMostRedirects = 10;
constexpr int kNotThere = 404;
constexpr int kUnauthorized = 401;
constexpr int kForbidden = 403;

base::Status CopyFile(const std::string& path, const Downloader::Sink& sink, const std::stop_token& stop) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return tl::unexpected(FileError("cannot open " + path, errno));
  struct stat found = {};
  base::Status status;
  if (fstat(fd, &found) != 0 || !S_ISREG(found.st_mode)) {
    status = base::Fail(base::ErrorCode::kInvalid, path + " is no regular file");
  }
  std::array<char, 65536> piece{};
  while (status && !stop.stop_requested()) {
    const ssize_t count = read(fd, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) status = tl::unexpected(FileError("cannot read " + path, errno));
    if (count <= 0) break;
    status = sink(std::string_view(piece.data(), static_cast<std::size_t>(count)));
  }
  close(fd);
  if (status && stop.stop_requested()) return base::Fail(base::ErrorCode::kCancelled, "the download was interrupted");
  return status;
}

http::Request RequestFor(const std::string& url, const DownloadOptions& options) {
  http::Request request;
  request.url = url;
  request.tls.authorities = options.authorities;
  request.trust = http::Trust::kHttpsOrLoopback;
  request.most_redirects = kMostRedirects;
  request.use_proxy = url.starts_with("https://");
  return request;
}

http::Limits LimitsFor(const DownloadOptions& options) {
  http::Limits limits;
  limits.timeout = options.timeout;
  limits.stalled = options.stalled;
  limits.stop = options.stop;
  limits.most_body = 0;  // the sink bounds it
  return limits;
}

base::Status JudgeStatus(const std::string& url, int status) {
  std::string why = "the server answered with status " + std::to_string(status);
  if (status == kNotThere)
    why += ": there is no such file; check `version` and `url`, or whether this platform has one";
  if (status == kUnauthorized || status == kForbidden) {
    why += ": it wants credentials, which are never sent; put the file where it can be had, or in a --plugin-dir";
  }
  return base::Fail(status >= 500 ? base::ErrorCode::kUnavailable : base::ErrorCode::kNotFound, url + ": " + why);
}

}  // namespace

base::Status Downloader::Fetch(const std::string& url, const Sink& sink) const {
  if (auto allowed = CheckUrl(url); !allowed) return allowed;
  if (IsFileUrl(url)) return CopyFile(PathOfFileUrl(url), sink, options_.stop);
  base::Status kept;
  http::Client client("kadende");
  const auto answer = client.Stream(RequestFor(url, options_), LimitsFor(options_), [&](std::string_view piece) {
    kept = sink(piece);
    return kept.has_value();
  });
  if (!kept) return kept;
  if (!answer) return base::Wrap(answer.error(), "cannot download " + base::EscapeTerminal(url));
  if (!answer->IsSuccess()) return JudgeStatus(url, answer->status);
  return {};
}

base::Result<std::optional<std::string>> Downloader::Redirect(const std::string& url) const {
  if (auto allowed = CheckUrl(url); !allowed) return tl::unexpected(std::move(allowed).error());
  if (IsFileUrl(url)) return std::nullopt;
  http::Request request = RequestFor(url, options_);
  request.method = "HEAD";
  request.most_redirects = 0;
  http::Client client("kadende");
  auto answer = client.Send(request, LimitsFor(options_));
  if (!answer) return base::Wrap(answer.error(), "cannot ask " + base::EscapeTerminal(url));
  const bool redirects = answer->status >= 300 && answer->status < 400;
  const std::string location(answer->Header("location"));
  if (!redirects || location.empty()) return std::nullopt;
  std::string next = location;
  if (location.starts_with('/') && !location.starts_with("//")) {
    next = url.substr(0, url.find('/', url.find("://") + 3)) + location;
  }
  if (auto allowed = CheckUrl(next); !allowed) return base::Wrap(allowed.error(), "redirected by " + url);
  return next;
}

}  // namespace kadende::providers
