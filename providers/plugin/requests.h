// The calls of the protocol: parameters as text, and what the answers mean (providers/PROTOCOL.md, "Calls").
//
// Parameters: kInvalid where a text that has to be a JSON object is none. Answers: kInternal where they are not what
// the protocol asks for; the message names the member.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/base/json.h"
#include "engine/ports/provider.h"

namespace kadende::providers::plugin {

[[nodiscard]] std::string InitializeParams(std::string_view base_directory);
[[nodiscard]] base::Result<std::string> ValidateParams(std::string_view properties);
[[nodiscard]] base::Result<std::string> ListParams(const ports::ListRequest& request);
[[nodiscard]] base::Result<std::string> DescribeParams(std::string_view scope_config, std::span<const std::string> ids);
[[nodiscard]] base::Result<std::string> CreateParams(const ports::CreateRequest& request);
[[nodiscard]] base::Result<std::string> UpdateParams(const ports::UpdateRequest& request);
[[nodiscard]] base::Result<std::string> DestroyParams(std::string_view scope_config, std::string_view id,
                                                      std::string_view reason);

[[nodiscard]] base::Result<base::Diagnostics> ValidateAnswer(const base::Json& result);
// Sorted; instances that the request did not ask for are left out.
[[nodiscard]] base::Result<ports::ListPage> ListAnswer(const base::Json& result, const ports::ListRequest& request);
// Ids that the answer lacks: `absent`.
[[nodiscard]] base::Result<ports::DescribeResult> DescribeAnswer(const base::Json& result,
                                                                 std::span<const std::string> ids,
                                                                 ports::Presence absent);
// The instance has the token that was asked for.
[[nodiscard]] base::Result<ports::CreateResult> CreateAnswer(const base::Json& result,
                                                             const ports::CreateRequest& request);
[[nodiscard]] base::Result<model::Instance> UpdateAnswer(const base::Json& result, const ports::UpdateRequest& request);

}  // namespace kadende::providers::plugin
