#include "engine/apply/run_secrets.h"

#include <set>
#include <utility>
#include <vector>

#include "engine/base/text.h"

namespace kadende::apply {
namespace {

using model::ActionKind;

// What an action hands to its provider; null: no properties, or of a revision that nobody knows, which the start of the
// action says.
const model::RevisionRecord* RevisionFor(const model::Action& action, const plan::Planned& planned) {
  const model::PlanGroup& group = planned.plan.groups[action.group];
  if (action.settle) {
    const auto intent = planned.state.intents.find({{group.path, action.slot}, action.incarnation});
    const auto known = planned.state.groups.find(group.path);
    if (intent == planned.state.intents.end() || known == planned.state.groups.end()) return nullptr;
    return known->second.Revision(intent->second.revision);
  }
  if (action.kind != ActionKind::kCreate && action.kind != ActionKind::kUpdate) return nullptr;
  const std::uint16_t index = action.to_revision == model::kNoRevision ? action.from_revision : action.to_revision;
  return index == model::kNoRevision ? nullptr : &group.revisions[index];
}

}  // namespace

base::Status RunSecrets::Read(std::string_view name) {
  if (values_.Has(name)) return {};
  if (const auto known = unread_.find(name); known != unread_.end()) return tl::unexpected(known->second);
  if (source_ == nullptr) return base::Fail(base::ErrorCode::kInvalid, "secrets cannot be read here");
  auto value = source_->Read(name);
  if (value) {
    values_.Add(name, std::move(*value));
    return {};
  }
  return tl::unexpected(unread_.emplace(name, std::move(value).error()).first->second);
}

std::string RunSecrets::MarkOf(std::string_view lineage, std::string_view name) const {
  const std::string_view value = values_.Find(name);
  if (value.empty()) return std::string(model::kUnknownMark);
  std::string text;
  text.reserve(lineage.size() + name.size() + value.size() + 2);
  text.append(lineage).append(1, '\0').append(name).append(1, '\0').append(value);
  const base::Digest hash = base::KeyedHash(source_->MarkKey(), text);
  base::Wipe(text);
  return {reinterpret_cast<const char*>(hash.bytes.data()), model::kUnknownMark.size()};
}

std::string RunSecrets::Mark(std::string_view lineage, std::string_view name) {
  const base::Status read = Read(name);
  return read ? MarkOf(lineage, name) : std::string(model::kUnknownMark);
}

std::string RunSecrets::MarksOf(std::string_view lineage, const model::References& references) const {
  std::string marks;
  if (!CanMark()) return marks;
  for (const std::string& name : references.secrets) marks += MarkOf(lineage, name);
  return marks;
}

std::map<std::string, std::string> RunSecrets::Gather(const plan::Planned& planned, ports::ProviderSource& providers) {
  std::map<std::string, std::string> problems;
  std::set<const model::RevisionRecord*> seen;
  for (const model::Action& action : planned.plan.graph.actions) {
    const model::RevisionRecord* revision = RevisionFor(action, planned);
    // Properties without one are not even parsed: a plan may have very many groups.
    if (revision == nullptr || !seen.insert(revision).second) continue;
    if (revision->properties.find("secret.") == std::string::npos) continue;
    if (auto proven = Prove(*revision, providers); !proven) {
      problems.emplace(planned.plan.groups[action.group].path, proven.error().message);
    }
  }
  return problems;
}

base::Status RunSecrets::Prove(const model::RevisionRecord& revision, ports::ProviderSource& providers) {
  const auto properties = model::PropertyTemplate::FromBound(revision.properties);
  if (!properties || properties->secret_uses().empty()) return {};
  std::vector<std::string> lacking;
  for (const model::SecretUse& use : properties->secret_uses()) {
    if (auto read = Read(use.name); !read) {
      lacking.push_back("resourceProperties." + use.path + ": `" + use.name + "`: " + read.error().message);
    }
  }
  if (!lacking.empty()) return base::Fail(base::ErrorCode::kInvalid, base::Join(lacking, "\n  "));
  const auto provider = providers.Find(revision.provider);
  const auto rendered = properties->RenderWith(values_, "node", 0);
  if (!rendered || !provider) return {};  // nothing that is a secret's fault
  const base::Diagnostics judged = (*provider)->Validate(rendered->view());
  for (const base::Diagnostic& found : judged.items()) {
    if (found.severity != base::Severity::kError) continue;
    std::string message = "resourceProperties" + (found.path.empty() ? "" : "." + found.path) +
                          ": with the secrets' values: " + found.message;
    values_.Redact(&message);
    return base::Fail(base::ErrorCode::kInvalid, message);
  }
  return {};
}

void CompareSecrets(RunSecrets& secrets, std::string lineage, plan::PlanOptions& options) {
  if (!secrets.CanMark()) return;
  options.secret_mark = [&secrets, of = std::move(lineage)](std::string_view name) { return secrets.Mark(of, name); };
}

}  // namespace kadende::apply
