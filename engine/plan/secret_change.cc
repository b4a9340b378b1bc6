#include "engine/plan/secret_change.h"

#include <algorithm>
#include <optional>

namespace kadende::plan {
namespace {

constexpr std::string_view kUntold = "\"(secret)\"";

bool Contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

SecretComparison::SecretComparison(const DesiredGroup* desired, const model::GroupState* prior,
                                   const model::Manifest* manifest, const SecretMark* mark)
    : desired_(desired), prior_(prior), manifest_(manifest), mark_(mark) {}

ChangeClass SecretComparison::Compare(const model::NodeRecord& row) {
  const bool comparable = mark_ != nullptr && *mark_ && desired_ != nullptr && manifest_ != nullptr;
  if (!comparable || row.secrets.empty()) return ChangeClass::kNone;
  const auto [known, is_new] = known_.try_emplace({row.revision, row.secrets}, ChangeClass::kNone);
  if (is_new) known->second = CompareMarks(row.revision, row.secrets);
  return known->second;
}

void SecretComparison::Prepare() {
  if (prepared_) return;
  prepared_ = true;
  const auto properties = model::PropertyTemplate::FromBound(desired_->revision.properties);
  if (!properties) return;
  uses_ = properties->secret_uses();
  for (const std::string& name : properties->references().secrets) marks_.emplace(name, (*mark_)(name));
}

ChangeClass SecretComparison::CompareMarks(const base::Digest& revision, std::string_view marks) {
  Prepare();
  const std::size_t size = model::kUnknownMark.size();
  const std::vector<std::string> names = NamesOf(revision);
  ChangeClass kind = ChangeClass::kNone;
  for (std::size_t i = 0; i < names.size() && (i + 1) * size <= marks.size(); ++i) {
    const std::string_view was = marks.substr(i * size, size);
    const auto is = marks_.find(names[i]);
    const bool differs =
        is != marks_.end() && is->second != was && is->second != model::kUnknownMark && was != model::kUnknownMark;
    if (!differs) continue;
    for (const model::SecretUse& use : uses_) {
      if (use.name != names[i]) continue;
      const bool forces = !IsMutable(use.path);
      changed_[use.path] = forces;
      kind = std::max(kind, forces ? ChangeClass::kReplace : ChangeClass::kProperties);
    }
  }
  return kind;
}

std::vector<std::string> SecretComparison::NamesOf(const base::Digest& revision) const {
  const model::RevisionRecord* record = &desired_->revision;
  if (revision != record->id) record = prior_ == nullptr ? nullptr : prior_->Revision(revision);
  if (record == nullptr) return {};
  const auto properties = model::PropertyTemplate::FromBound(record->properties);
  return properties ? properties->references().secrets : std::vector<std::string>();
}

bool SecretComparison::IsMutable(std::string_view path) const {
  const std::string_view top = path.substr(0, path.find_first_of(".["));
  return Contains(manifest_->mutable_properties, top) && !Contains(manifest_->scope_properties, top);
}

std::vector<model::PropertyChange> SecretComparison::Changes() const {
  std::vector<model::PropertyChange> changes;
  for (const auto& [path, forces] : changed_) {
    changes.push_back({path, std::string(kUntold), std::string(kUntold), forces});
  }
  return changes;
}

std::vector<std::string> SecretComparison::Notes() const {
  std::vector<std::string> notes;
  for (const auto& [name, mark] : marks_) {
    if (mark != model::kUnknownMark) continue;
    notes.push_back("`" + name + "` cannot be read here: whether its value changed is not known");
  }
  return notes;
}

std::string NotCompared(const Desired& desired) {
  const bool any = std::any_of(desired.groups.begin(), desired.groups.end(), [](const auto& entry) {
    const std::string& properties = entry.second.revision.properties;
    if (properties.find("secret.") == std::string::npos) return false;
    const auto bound = model::PropertyTemplate::FromBound(properties);
    return bound && bound->references().secret;
  });
  if (!any) return {};
  return "whether the value of a secret changed was not looked at: a plan reads none without --secrets, and it takes "
         "KADENDE_STATE_KEY to notice";
}

}  // namespace kadende::plan
