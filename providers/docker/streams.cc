#include "providers/docker/streams.h"

#include <algorithm>
#include <chrono>

#include "engine/base/json.h"
#include "engine/base/text.h"

namespace kadende::providers::docker {
namespace {

constexpr std::size_t kFrameHeader = 8;
constexpr std::size_t kMostLine = std::size_t{1} << 20;

std::int64_t Seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string Text(const base::Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

void OutputStream::Take(std::string_view bytes) {
  if (!framed_) return sink_(bytes);
  while (!bytes.empty()) {
    if (left_ == 0) {
      const std::size_t part = std::min(bytes.size(), kFrameHeader - header_.size());
      header_.append(bytes.substr(0, part));
      bytes.remove_prefix(part);
      if (header_.size() < kFrameHeader) return;
      for (std::size_t i = 4; i < kFrameHeader; ++i) left_ = left_ << 8U | static_cast<unsigned char>(header_[i]);
      header_.clear();
      continue;
    }
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
    sink_(bytes.substr(0, part));
    bytes.remove_prefix(part);
    left_ -= part;
  }
}

void PullNews::Take(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    if (line_.size() < kMostLine) line_.append(bytes.substr(0, std::min(end, kMostLine)));
    if (end == std::string_view::npos) return;
    TakeLine(line_);
    line_.clear();
    bytes.remove_prefix(end + 1);
  }
}

void PullNews::End() {
  TakeLine(line_);
  line_.clear();
  Tell(true);
}

void PullNews::TakeLine(std::string_view line) {
  if (line.find_first_not_of(" \r\n") == std::string_view::npos) return;
  const auto news = base::ParseJson(line);
  if (!news || !news->is_object()) return;
  if (std::string error = Text(*news, "error"); !error.empty()) error_ = std::move(error);
  const std::string id = Text(*news, "id");
  const std::string status = Text(*news, "status");
  if (id.empty() || status.starts_with("Pulling from")) return;
  Layer& layer = layers_[id];
  layer.done = layer.done || status == "Pull complete" || status == "Already exists" || status == "Download complete";
  const auto detail = news->find("progressDetail");
  if (detail != news->end() && detail->is_object() && status == "Downloading") {
    const auto current = detail->find("current");
    if (current != detail->end() && current->is_number_unsigned()) layer.bytes = current->get<std::uint64_t>();
  }
  Tell(false);
}

void PullNews::Tell(bool now) {
  if (!tell_ || layers_.empty() || (!now && Seconds() == told_at_)) return;
  std::uint64_t bytes = 0;
  std::size_t done = 0;
  for (const auto& [id, layer] : layers_) {
    bytes += layer.bytes;
    done += layer.done ? 1 : 0;
  }
  std::string sentence =
      "pulling " + image_ + ": " + std::to_string(done) + " of " + std::to_string(layers_.size()) + " layers";
  if (bytes >= 1'000'000) sentence += ", " + base::GroupDigits(bytes / 1'000'000) + " MB";
  if (sentence == told_) return;
  told_at_ = Seconds();
  tell_(sentence);
  told_ = std::move(sentence);
}

}  // namespace kadende::providers::docker
