#include "providers/probe/http_answer.h"

#include <algorithm>
#include <utility>

#include "engine/base/text.h"

namespace kadende::providers::probe {

bool HttpAnswer::StatusIsWanted() const {
  const auto holds = [this](const model::StatusRange& range) {
    return status_ >= range.first && status_ <= range.last;
  };
  if (check_.statuses.empty()) return holds(model::StatusRange{});
  return std::any_of(check_.statuses.begin(), check_.statuses.end(), holds);
}

bool HttpAnswer::TakeHeader(std::string_view line) {
  headers_ += line.size();
  if (headers_ > kMostHeaders) {
    Decide(model::Finding::kFail, "more than 64 KiB of headers");
    return false;
  }
  if (line.starts_with("HTTP/")) {
    const std::size_t space = line.find(' ');
    const auto code = space == std::string_view::npos ? std::nullopt : base::ParseInt(line.substr(space + 1, 3));
    status_ = code ? static_cast<std::uint32_t>(*code) : 0;
    return true;
  }
  return true;
}

std::optional<Outcome> HttpAnswer::BadStatus() const {
  if (status_ < 200 || StatusIsWanted()) return std::nullopt;
  return Outcome{model::Finding::kFail, "status " + std::to_string(status_)};
}

bool HttpAnswer::TakeBody(std::string_view part) {
  const std::string_view read = part.substr(0, kMostBody - body_);
  body_ += read.size();
  Search(read);
  if (body_ == kMostBody) End();
  return !outcome_;
}

void HttpAnswer::Search(std::string_view part) {
  const std::string& wanted = check_.body_contains;
  if (has_text_ || wanted.empty()) return;
  tail_ += part;
  has_text_ = tail_.find(wanted) != std::string::npos;
  if (tail_.size() >= wanted.size()) tail_.erase(0, tail_.size() - (wanted.size() - 1));
}

void HttpAnswer::End() {
  if (outcome_) return;
  const std::string& wanted = check_.body_contains;
  if (auto bad = BadStatus()) {
    outcome_ = std::move(bad);
  } else if (!wanted.empty() && !has_text_) {
    const char* where = body_ == kMostBody ? "the first 64 KiB of the body lack \"" : "the body lacks \"";
    Decide(model::Finding::kFail, Shorten(where + wanted + "\""));
  } else {
    Decide(model::Finding::kPass, "status " + std::to_string(status_) + (wanted.empty() ? "" : ", body as wanted"));
  }
}

}  // namespace kadende::providers::probe
