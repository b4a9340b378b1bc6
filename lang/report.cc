#include "lang/report.h"

#include "engine/base/text.h"

namespace kadende::lang {
namespace {

constexpr std::size_t kMaxErrors = 200;  // nobody reads more, and a generated file may have one in each line

constexpr std::size_t kMaxCompared = 50'000;  // words; about 50 ms

}  // namespace

bool Report::IsNew(const Place& place, const std::string& message) {
  return seen_.insert(std::to_string(place.line) + ":" + std::to_string(place.column) + ":" + message).second;
}

void Report::Error(std::string path, std::string message, const Place& place, std::string remedy) {
  if (!IsNew(place, message) || ++errors_ > kMaxErrors) return;
  out_.Error(std::move(path), std::move(message), source_.Range(place), std::move(remedy));
}

void Report::Warning(std::string path, std::string message, const Place& place, std::string remedy) {
  if (!IsNew(place, message)) return;
  out_.Warning(std::move(path), std::move(message), source_.Range(place), std::move(remedy));
}

void Report::NotInForce(const std::string& key, const std::string& path, const Place& place) {
  auto [entry, added] = not_in_force_.try_emplace(key);
  if (added) {
    entry->second.path = path;
    entry->second.place = place;
  }
  entry->second.lines.insert(place.line);
}

std::optional<std::string> Report::Nearest(std::string_view word, std::span<const std::string> candidates) {
  compared_ += candidates.size();
  if (compared_ > kMaxCompared) return std::nullopt;
  return base::Nearest(word, candidates);
}

void Report::Finish() {
  for (const auto& [key, unused] : not_in_force_) {
    const std::size_t others = unused.lines.size() - 1;
    std::string more;
    if (others > 0) more = " (also in " + base::Count(others, "other line") + ")";
    Warning(unused.path, "`" + key + "` is not yet in force: it is checked and kept, but has no effect" + more,
            unused.place);
  }
  if (errors_ > kMaxErrors) {
    out_.Error({}, "and " + base::Count(errors_ - kMaxErrors, "further error"), {source_.file()});
  }
  out_.Sort();
  source_.FillExcerpts(&out_);
}

}  // namespace kadende::lang
