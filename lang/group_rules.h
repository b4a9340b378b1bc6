// The rules between the keys of one group.
#pragma once

#include <string>

#include "engine/base/json.h"
#include "engine/model/spec.h"
#include "lang/parser.h"
#include "lang/report.h"

namespace kadende::lang {

// Finds where values stand, for rules that look at several of them.
class Positions {
 public:
  Positions(const SourceMap& map, const Place& otherwise) : map_(map), otherwise_(otherwise) {}
  // The path's place, or that of the nearest enclosing value.
  [[nodiscard]] Place Of(std::string path) const;
  [[nodiscard]] bool Has(const std::string& path) const;  // given in the file, right or wrong

 private:
  const SourceMap& map_;
  Place otherwise_;
};

// Reports rules within the group: size and its bounds, rollout, backoff, checks, hooks.
void CheckGroup(const base::Json& group, const model::GroupSpec& spec, const std::string& yaml_path,
                const Positions& positions, Report* report);

}  // namespace kadende::lang
