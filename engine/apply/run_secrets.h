// The secrets of one run: read once each, before the first side effect, and only those that its creates and updates
// need. Workers read values() while they run; everything else is the run's own thread's.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "engine/model/record.h"
#include "engine/model/secrets.h"
#include "engine/plan/planner.h"
#include "engine/ports/secret_source.h"

namespace kadende::apply {

class RunSecrets {
 public:
  // `source` must outlive this; null: none can be read.
  explicit RunSecrets(ports::SecretSource* source) : source_(source) {}

  [[nodiscard]] const model::Secrets& values() const { return values_; }

  // Whether marks can be made: a key was given.
  [[nodiscard]] bool CanMark() const { return source_ != nullptr && !source_->MarkKey().empty(); }
  // Reads the secret if need be. Of a value that cannot be read: kUnknownMark (record.h). Needs CanMark().
  [[nodiscard]] std::string Mark(std::string_view lineage, std::string_view name);
  // The marks of all secrets that the properties use, in the order of NodeRecord::secrets; empty where none can be
  // made. Only of what was read.
  [[nodiscard]] std::string MarksOf(std::string_view lineage, const model::References& references) const;

  // Reads what the plan's creates and updates need, and lets the providers judge the properties with the values in
  // place. Why a group's cannot be had, by path: place, cause and remedy, never a value. Empty: all is there.
  [[nodiscard]] std::map<std::string, std::string> Gather(const plan::Planned& planned,
                                                          ports::ProviderSource& providers);

 private:
  [[nodiscard]] base::Status Read(std::string_view name);
  [[nodiscard]] base::Status Prove(const model::RevisionRecord& revision, ports::ProviderSource& providers);
  [[nodiscard]] std::string MarkOf(std::string_view lineage, std::string_view name) const;

  ports::SecretSource* source_;
  model::Secrets values_;
  std::map<std::string, base::Error, std::less<>> unread_;  // asked for once only
};

// Lets a plan compare the values of secrets with what the nodes were made with, if there is a key. `secrets` must
// outlive the options.
void CompareSecrets(RunSecrets& secrets, std::string lineage, plan::PlanOptions& options);

}  // namespace kadende::apply
