// Whether the values of secrets are still those that nodes were made with, by the marks that state keeps. Pure but for
// asking for the marks of today.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/cluster_state.h"
#include "engine/model/expression.h"
#include "engine/plan/expand.h"
#include "engine/plan/revision_change.h"

namespace kadende::plan {

using SecretMark = std::function<std::string(std::string_view name)>;

// Of one group. Asks for a mark only once, and only where a node has some to compare with.
class SecretComparison {
 public:
  // All may be null or empty (nothing is compared then), and must outlive this.
  SecretComparison(const DesiredGroup* desired, const model::GroupState* prior, const model::Manifest* manifest,
                   const SecretMark* mark);

  // What the values that differ by now ask for: kNone, kProperties (all of them in mutable ones) or kReplace.
  [[nodiscard]] ChangeClass Compare(const model::NodeRecord& row);

  // The properties concerned, sorted by path; their values are not told.
  [[nodiscard]] std::vector<model::PropertyChange> Changes() const;
  // Sentences for a reader: what could not be read, and so was not compared.
  [[nodiscard]] std::vector<std::string> Notes() const;

 private:
  void Prepare();
  [[nodiscard]] std::vector<std::string> NamesOf(const base::Digest& revision) const;
  [[nodiscard]] ChangeClass CompareMarks(const base::Digest& revision, std::string_view marks);
  [[nodiscard]] bool IsMutable(std::string_view path) const;

  const DesiredGroup* desired_;
  const model::GroupState* prior_;
  const model::Manifest* manifest_;
  const SecretMark* mark_;
  bool prepared_ = false;
  std::vector<model::SecretUse> uses_;        // of the desired revision
  std::map<std::string, std::string> marks_;  // today's, by name
  std::map<std::string, bool> changed_;       // by path: forces a replacement
  // By revision and marks of a node: few of them per group.
  std::map<std::pair<base::Digest, std::string>, ChangeClass> known_;
};

// What is said where a plan did not compare: why, and what does. Empty where no group uses a secret.
[[nodiscard]] std::string NotCompared(const Desired& desired);

}  // namespace kadende::plan
