#include "providers/plugin/requests.h"

#include <algorithm>
#include <map>
#include <utility>

#include "engine/base/text.h"
#include "providers/plugin/instance_codec.h"
#include "providers/plugin/members.h"
#include "providers/plugin/message.h"
#include "providers/plugin/object_text.h"

namespace kadende::providers::plugin {
namespace {

using base::ErrorCode;
using base::Fail;
using base::Json;
using base::Result;
using model::Instance;

Result<std::string> ScopeOf(const Json& result) {
  return RequiredText(result, "scope");
}

Result<std::vector<Instance>> ParseInstances(const Json& result) {
  const auto found = result.find("instances");
  if (found == result.end() || !found->is_array()) {
    return Fail(ErrorCode::kInternal, "`instances` is missing or no array");
  }
  std::vector<Instance> instances;
  instances.reserve(found->size());
  for (const Json& item : *found) {
    auto instance = ParseInstance(item);
    if (!instance) return tl::unexpected(std::move(instance.error()));
    instances.push_back(std::move(*instance));
  }
  return instances;
}

Result<Instance> ParseOne(const Json& result) {
  const auto found = result.find("instance");
  if (found == result.end()) return Fail(ErrorCode::kInternal, "`instance` is missing");
  return ParseInstance(*found);
}

bool IsAskedFor(const Instance& instance, const ports::ListRequest& request) {
  if (instance.owner.lineage.empty()) return false;
  if (!request.lineage.empty()) return instance.owner.lineage == request.lineage;
  return request.cluster.empty() || instance.owner.cluster == request.cluster;
}

}  // namespace

std::string InitializeParams(std::string_view base_directory) {
  return ObjectText()
      .Raw("protocol", std::to_string(kProtocolVersion))
      .Raw("host", R"({"name":"kadende"})")
      .Text("directory", base_directory)
      .Take();
}

Result<std::string> ValidateParams(std::string_view properties) {
  if (auto good = CheckObject(properties, kPropertyTexts); !good) return tl::unexpected(std::move(good.error()));
  return ObjectText().Raw("properties", properties).Take();
}

Result<std::string> ListParams(const ports::ListRequest& request) {
  if (auto good = CheckObject(request.scope_config, kScopeTexts); !good) return tl::unexpected(std::move(good.error()));
  std::string tags = "{}";
  if (!request.lineage.empty()) {
    tags = ObjectText().Text(kLineageTag, request.lineage).Take();
  } else if (!request.cluster.empty()) {
    tags = ObjectText().Text(kClusterTag, request.cluster).Take();
  }
  ObjectText params;
  params.Raw("scope", request.scope_config).Raw("tags", tags);
  if (!request.cursor.empty()) params.Text("cursor", request.cursor);
  return params.Take();
}

Result<std::string> DescribeParams(std::string_view scope_config, std::span<const std::string> ids) {
  if (auto good = CheckObject(scope_config, kScopeTexts); !good) return tl::unexpected(std::move(good.error()));
  std::string list = "[";
  for (const std::string& id : ids) list.append(list.size() > 1 ? "," : "").append(base::QuoteJson(id));
  return ObjectText().Raw("scope", scope_config).Raw("ids", list + "]").Take();
}

Result<std::string> CreateParams(const ports::CreateRequest& request) {
  if (auto good = CheckObject(request.properties, kPropertyTexts); !good) {
    return tl::unexpected(std::move(good.error()));
  }
  ObjectText params;
  params.Text("token", base::ToBase32(request.owner.token))
      .Text("name", request.name)
      .Raw("tags", TagsText(request.owner))
      .Raw("labels", LabelsText(request.labels))
      .Raw("properties", request.properties);
  if (!request.recordable.empty()) params.Raw("recordable", request.recordable);
  return params.Take();
}

Result<std::string> UpdateParams(const ports::UpdateRequest& request) {
  if (auto good = CheckObject(request.properties, kPropertyTexts); !good) {
    return tl::unexpected(std::move(good.error()));
  }
  ObjectText params;
  params.Text("id", request.id)
      .Raw("tags", TagsText(request.owner))
      .Raw("labels", LabelsText(request.labels))
      .Raw("properties", request.properties);
  if (!request.recordable.empty()) params.Raw("recordable", request.recordable);
  if (request.tags_only) params.Raw("tagsOnly", "true");
  return params.Take();
}

Result<std::string> DestroyParams(std::string_view scope_config, std::string_view id, std::string_view reason) {
  if (auto good = CheckObject(scope_config, kScopeTexts); !good) return tl::unexpected(std::move(good.error()));
  return ObjectText().Raw("scope", scope_config).Text("id", id).Text("reason", reason).Take();
}

Result<base::Diagnostics> ValidateAnswer(const Json& result) {
  if (auto good = CheckResult(result); !good) return tl::unexpected(std::move(good.error()));
  base::Diagnostics diagnostics;
  const auto found = result.find("diagnostics");
  if (found == result.end()) return diagnostics;
  if (!found->is_array()) return Fail(ErrorCode::kInternal, "`diagnostics` is no array");
  for (const Json& item : *found) {
    if (!item.is_object()) return Fail(ErrorCode::kInternal, "a diagnostic is no object");
    auto message = RequiredText(item, "message");
    auto path = OptionalText(item, "path");
    auto remedy = OptionalText(item, "remedy");
    const auto warning = OptionalBool(item, "warning");
    if (!message) return tl::unexpected(std::move(message.error()));
    if (!path) return tl::unexpected(std::move(path.error()));
    if (!remedy) return tl::unexpected(std::move(remedy.error()));
    if (!warning) return tl::unexpected(warning.error());
    diagnostics.Add({*warning ? base::Severity::kWarning : base::Severity::kError,
                     std::move(*message),
                     std::move(*path),
                     {},
                     std::move(*remedy),
                     {}});
  }
  return diagnostics;
}

Result<ports::ListPage> ListAnswer(const Json& result, const ports::ListRequest& request) {
  if (auto good = CheckResult(result); !good) return tl::unexpected(std::move(good.error()));
  auto scope = ScopeOf(result);
  if (!scope) return tl::unexpected(std::move(scope.error()));
  auto cursor = OptionalText(result, "cursor");
  if (!cursor) return tl::unexpected(std::move(cursor.error()));
  auto instances = ParseInstances(result);
  if (!instances) return tl::unexpected(std::move(instances.error()));
  if (!cursor->empty() && *cursor == request.cursor) {
    return Fail(ErrorCode::kInternal, "`cursor` is the one that was asked with, so the listing would never end");
  }
  std::erase_if(*instances, [&](const Instance& instance) { return !IsAskedFor(instance, request); });
  std::sort(instances->begin(), instances->end(), [](const Instance& a, const Instance& b) { return a.id < b.id; });
  const auto twice = std::adjacent_find(instances->begin(), instances->end(),
                                        [](const Instance& a, const Instance& b) { return a.id == b.id; });
  if (twice != instances->end()) {
    return Fail(ErrorCode::kInternal, "instance `" + base::EscapeTerminal(twice->id) + "` is listed twice");
  }
  if (scope->empty() && !instances->empty()) {
    return Fail(ErrorCode::kInternal,
                "`scope` is empty, which means a place that does not exist, yet instances are there");
  }
  return ports::ListPage{std::move(*scope), std::move(*instances), std::move(*cursor)};
}

Result<ports::DescribeResult> DescribeAnswer(const Json& result, std::span<const std::string> ids,
                                             ports::Presence absent) {
  if (auto good = CheckResult(result); !good) return tl::unexpected(std::move(good.error()));
  auto scope = ScopeOf(result);
  if (!scope) return tl::unexpected(std::move(scope.error()));
  auto instances = ParseInstances(result);
  if (!instances) return tl::unexpected(std::move(instances.error()));
  std::map<std::string_view, const Instance*> by_id;
  for (const Instance& instance : *instances) by_id.emplace(instance.id, &instance);
  ports::DescribeResult described{std::move(*scope), {}};
  described.descriptions.reserve(ids.size());
  for (const std::string& id : ids) {
    const auto found = by_id.find(id);
    if (found == by_id.end()) {
      described.descriptions.push_back({id, absent, {}});
      continue;
    }
    const bool gone = found->second->status == model::InstanceStatus::kTerminated;
    described.descriptions.push_back({id, gone ? ports::Presence::kGone : ports::Presence::kPresent, *found->second});
  }
  return described;
}

Result<ports::CreateResult> CreateAnswer(const Json& result, const ports::CreateRequest& request) {
  if (auto good = CheckResult(result); !good) return tl::unexpected(std::move(good.error()));
  auto scope = ScopeOf(result);
  if (!scope) return tl::unexpected(std::move(scope.error()));
  if (scope->empty()) return Fail(ErrorCode::kInternal, "`scope` is empty: an instance is somewhere");
  auto instance = ParseOne(result);
  if (!instance) return tl::unexpected(std::move(instance.error()));
  if (instance->owner.token != request.owner.token) {
    return Fail(ErrorCode::kInternal, "instance `" + base::EscapeTerminal(instance->id) +
                                          "` does not have the tag `kadende/token` of the request");
  }
  return ports::CreateResult{std::move(*scope), std::move(*instance)};
}

Result<Instance> UpdateAnswer(const Json& result, const ports::UpdateRequest& request) {
  if (auto good = CheckResult(result); !good) return tl::unexpected(std::move(good.error()));
  auto instance = ParseOne(result);
  if (!instance) return instance;
  if (instance->id != request.id) {
    return Fail(ErrorCode::kInternal, "the answer is about instance `" + base::EscapeTerminal(instance->id) +
                                          "`, not about the one that was to be updated");
  }
  return instance;
}

}  // namespace kadende::providers::plugin
