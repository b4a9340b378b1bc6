// What a node printed, as lines of JSON: {"type":"line","node":"web[0]","text":"..."}. Pieces may end anywhere.
#pragma once

#include <string>
#include <string_view>

#include "cli/view/sink.h"

namespace kadende::cli {

// Not thread-safe.
class OutputLines {
 public:
  OutputLines(Sink sink, std::string node) : sink_(std::move(sink)), node_(std::move(node)) {}

  void Add(std::string_view piece);
  void Finish();  // the last line may lack its end

 private:
  void Write(std::string_view line);

  const Sink sink_;
  const std::string node_;
  std::string begun_;
};

}  // namespace kadende::cli
