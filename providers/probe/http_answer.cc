#include "providers/probe/http_answer.h"

#include <algorithm>

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
  const bool last = line == "\r\n" || line == "\n";
  if (!last || status_ < 200) return true;
  if (!StatusIsWanted()) {
    Decide(model::Finding::kFail, "status " + std::to_string(status_));
  } else if (check_.body_contains.empty()) {
    Decide(model::Finding::kPass, "status " + std::to_string(status_));
  }
  return !outcome_;
}

bool HttpAnswer::TakeBody(std::string_view part) {
  if (outcome_) return false;
  const std::string& wanted = check_.body_contains;
  const std::size_t room = kMostBody - body_;
  body_ += std::min(part.size(), room);
  tail_ += part.substr(0, room);
  if (tail_.find(wanted) != std::string::npos) {
    Decide(model::Finding::kPass, "status " + std::to_string(status_) + ", body as wanted");
  } else if (body_ == kMostBody) {
    Decide(model::Finding::kFail, Shorten("the first 64 KiB of the body lack \"" + wanted + "\""));
  } else if (tail_.size() >= wanted.size()) {
    tail_.erase(0, tail_.size() - (wanted.size() - 1));
  }
  return !outcome_;
}

void HttpAnswer::End() {
  if (outcome_) return;
  Decide(model::Finding::kFail, Shorten("the body lacks \"" + check_.body_contains + "\""));
}

}  // namespace kadende::providers::probe
