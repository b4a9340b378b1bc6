// The two streams that engines send in pieces: output of programs, and news of a pull.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace kadende::providers::docker {

// Output without a terminal comes in frames (stdout or stderr, four bytes of length); with one it comes as it is.
class OutputStream {
 public:
  using Sink = std::function<void(std::string_view)>;
  OutputStream(bool framed, Sink sink) : framed_(framed), sink_(std::move(sink)) {}
  void Take(std::string_view bytes);

 private:
  const bool framed_;
  const Sink sink_;
  std::string header_;      // of the frame that begins
  std::uint64_t left_ = 0;  // bytes of the frame under way
};

// Lines of JSON, one for each piece of news of a layer.
class PullNews {
 public:
  // `tell` is given one sentence at a time, at most one a second beside the first and the last.
  PullNews(std::string image, std::function<void(const std::string&)> tell)
      : image_(std::move(image)), tell_(std::move(tell)) {}

  void Take(std::string_view bytes);
  void End();
  [[nodiscard]] const std::string& error() const { return error_; }  // the engine's; empty: none so far

 private:
  struct Layer {
    bool done = false;
    std::uint64_t bytes = 0;
  };
  void TakeLine(std::string_view line);
  void Tell(bool now);

  const std::string image_;
  const std::function<void(const std::string&)> tell_;
  std::string line_;
  std::map<std::string, Layer> layers_;
  std::string error_;
  std::string told_;
  std::int64_t told_at_ = 0;  // seconds, steady
};

}  // namespace kadende::providers::docker
