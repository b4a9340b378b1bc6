// SpecSource over a file on disk. Limit: 2 MiB (MEASURED, "yaml-cpp").
#pragma once

#include <string>

#include "engine/ports/spec_source.h"
#include "lang/parser.h"

namespace kadende::lang {

class FileSource : public ports::SpecSource {
 public:
  // `variables_may_lack`: see ParseOptions.
  FileSource(std::string path, std::map<std::string, std::string> variables, bool variables_may_lack = false);

  [[nodiscard]] base::Result<ports::SpecResult> Read() override;
  [[nodiscard]] std::string Describe() const override { return path_; }
  // Of the last Read.
  [[nodiscard]] const SourceMap& positions() const { return positions_; }

 private:
  const std::string path_;
  const std::map<std::string, std::string> variables_;
  const bool variables_may_lack_;
  SourceMap positions_;
};

}  // namespace kadende::lang
