// Collects what is wrong with one file: each finding once, a bounded number, sorted, with excerpts.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>

#include "engine/base/diagnostics.h"
#include "lang/source_text.h"

namespace kadende::lang {

class Report {
 public:
  // Both must outlive the report.
  Report(const SourceText& source, base::Diagnostics* out) : source_(source), out_(*out) {}

  // The same message at the same place is kept once: `defaults` are checked in each group that they end up in.
  void Error(std::string path, std::string message, const Place& place, std::string remedy = {});
  void Warning(std::string path, std::string message, const Place& place, std::string remedy = {});
  // One warning for each key that has no effect yet, however often it is used.
  void NotInForce(const std::string& key, const std::string& path, const Place& place);

  // base::Nearest for the first findings of a file: a generated file may hold as many misspelt words as there are
  // candidates, and each pair costs.
  [[nodiscard]] std::optional<std::string> Nearest(std::string_view word, std::span<const std::string> candidates);

  // Once, at the end.
  void Finish();

  [[nodiscard]] const SourceText& source() const { return source_; }
  [[nodiscard]] bool HasErrors() const { return errors_ > 0; }

 private:
  struct Unused {
    std::string path;
    Place place;
    std::unordered_set<int> lines;
  };
  bool IsNew(const Place& place, const std::string& message);

  const SourceText& source_;
  base::Diagnostics& out_;
  std::unordered_set<std::string> seen_;
  std::map<std::string, Unused> not_in_force_;
  std::size_t errors_ = 0;
  std::size_t compared_ = 0;
};

}  // namespace kadende::lang
