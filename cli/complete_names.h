// Names for completion, out of the working store alone: no provider and no git is asked, nothing is created.
#pragma once

#include "cli/complete.h"

namespace kadende::cli {

class StoredNames : public NameSource {
 public:
  [[nodiscard]] Candidates Names(const Question& question) override;
};

}  // namespace kadende::cli
