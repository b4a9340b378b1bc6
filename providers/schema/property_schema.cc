#include "providers/schema/property_schema.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>
#include <vector>

#include "engine/base/json.h"
#include "engine/base/text.h"
#include "providers/schema/schema_words.h"

namespace kadende::providers {
namespace {

using base::Json;
using Adapter = valijson::adapters::NlohmannJsonAdapter;

constexpr std::size_t kLongestMatched = 2048;  // the standard library's expressions recurse for each character
constexpr std::size_t kMostFindings = 100;
constexpr std::size_t kMostListed = 20;

// Every reference in it must lead somewhere, because the validator follows them without looking.
base::Status CheckReferences(const Json& root, const Json& part) {
  if (part.is_object()) {
    const auto reference = part.find("$ref");
    const bool is_reference = reference != part.end() && reference->is_string();
    if (is_reference && Dereference(root, &part) == nullptr) {
      return base::Fail(base::ErrorCode::kInvalid,
                        "its $ref " + Shown(*reference) + " leads nowhere within the schema");
    }
  }
  if (!part.is_structured()) return {};
  for (const Json& each : part) {
    if (auto checked = CheckReferences(root, each); !checked) return checked;
  }
  return {};
}

bool IsUnknown(const Json& value) {
  return value.is_string() && value.get_ref<const std::string&>().find("${") != std::string::npos;
}

bool HoldsUnknown(const Json& value) {
  if (!value.is_structured()) return IsUnknown(value);
  return std::any_of(value.begin(), value.end(), HoldsUnknown);
}

bool HoldsLongText(const Json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>().size() > kLongestMatched;
  return value.is_structured() && std::any_of(value.begin(), value.end(), HoldsLongText);
}

void RemovePatterns(Json& schema) {
  if (schema.is_object() && schema.contains("pattern") && schema["pattern"].is_string()) schema.erase("pattern");
  if (!schema.is_structured()) return;
  for (Json& each : schema) RemovePatterns(each);
}

// "<root>", "[\"ports\"]", "[0]" as the validator names places. A key may look like an index: what is there decides.
SchemaPath ReadPath(const std::vector<std::string>& context, const Json& properties) {
  SchemaPath path;
  for (std::size_t i = 1; i < context.size(); ++i) {
    std::string_view text = context[i];
    if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
    const bool quoted = text.size() >= 2 && text.starts_with('"') && text.ends_with('"');
    if (quoted) text = text.substr(1, text.size() - 2);
    const Json* in = ValueAt(properties, path);
    const auto index = in != nullptr && in->is_array() ? base::ParseInt(text) : std::nullopt;
    SchemaStep step;
    step.is_index = index.has_value();
    if (index) step.index = static_cast<std::size_t>(*index);
    step.key = text;
    path.push_back(std::move(step));
  }
  return path;
}

// "Missing required property 'size'." -> "size". A key may have quotes of its own.
std::string Named(const std::string& description) {
  const std::size_t end = description.rfind('\'');
  for (const std::string_view before : {"constraints: '", "required property '", "dependency '"}) {
    const std::size_t at = description.find(before);
    if (at == std::string::npos) continue;
    const std::size_t begin = at + before.size();
    return end > begin ? description.substr(begin, end - begin) : std::string();
  }
  return {};
}

std::vector<std::string> KeysOf(const Json* schema, const char* where) {
  std::vector<std::string> keys;
  if (schema == nullptr || !schema->contains(where) || !(*schema)[where].is_object()) return keys;
  for (const auto& [key, value] : (*schema)[where].items()) keys.push_back(key);
  return keys;
}

// One finding of the validator, put into words.
class Finding {
 public:
  Finding(const Json& schema, const Json& properties, const valijson::ValidationResults::Error& error)
      : properties_(properties),
        description_(error.description),
        path_(ReadPath(error.context, properties)),
        value_(ValueAt(properties, path_)),
        schema_(SchemaAt(schema, path_)) {}

  // That something below is wrong is said by what is below.
  [[nodiscard]] bool IsEcho() const {
    return Says("Failed to validate against schema associated with") || Says("Failed to validate item #") ||
           Says("Failed to validate against additional properties") ||
           Says("Failed to validate against child schema") || Says("Failed to validate against dependent schema") ||
           Says("Failed to validate against a conditional");
  }

  // Nobody can tell before the apply: the value, or what it is judged by, is not known.
  [[nodiscard]] bool DependsOnUnknown() const {
    if (value_ == nullptr) return false;
    if (Says("Missing required property") || Says("Object contains a property")) return false;
    return HoldsUnknown(*value_);
  }

  void Tell(base::Diagnostics& diagnostics) const {
    if (Says("Missing required property")) {
      const std::string key = Named(description_);
      return diagnostics.Error(PathText(path_), "`" + key + "` is missing", {}, Meaning(key));
    }
    if (Says("Object contains a property")) return TellUnknownKey(diagnostics);
    if (Says("Value type not permitted")) return TellType(diagnostics);
    if (Says("Failed to match against any enum")) return TellChoices(diagnostics);
    diagnostics.Error(PathText(path_), Subject() + Sentence(), {}, Described());
  }

 private:
  [[nodiscard]] bool Says(std::string_view start) const { return description_.starts_with(start); }
  [[nodiscard]] std::string Subject() const { return path_.empty() ? "the properties " : "`" + PathText(path_) + "` "; }
  [[nodiscard]] std::string Described() const {
    if (schema_ == nullptr || !schema_->contains("description") || !(*schema_)["description"].is_string()) return {};
    return (*schema_)["description"].get<std::string>();
  }
  [[nodiscard]] std::string Meaning(const std::string& key) const {
    if (schema_ == nullptr || !schema_->contains("properties")) return {};
    const auto found = (*schema_)["properties"].find(key);
    if (found == (*schema_)["properties"].end() || !found->is_object()) return {};
    const auto description = found->find("description");
    if (description != found->end() && description->is_string()) return key + ": " + description->get<std::string>();
    const std::string types = TypesInWords(*found);
    return types.empty() ? "" : "it is " + types;
  }

  void TellUnknownKey(base::Diagnostics& diagnostics) const {
    const std::string key = Named(description_);
    SchemaPath path = path_;
    path.push_back({key, 0, false});
    const std::vector<std::string> known = KeysOf(schema_, "properties");
    const auto near = base::Nearest(key, known);
    std::string remedy;
    if (near) {
      remedy = "did you mean `" + *near + "`?";
    } else if (!known.empty() && known.size() <= kMostListed) {
      remedy = "there are " + Listed(known);
    }
    diagnostics.Error(PathText(path), "unknown property `" + key + "`", {}, remedy);
  }

  void TellType(base::Diagnostics& diagnostics) const {
    const std::string types = schema_ == nullptr ? "" : TypesInWords(*schema_);
    const std::string is = value_ == nullptr ? "" : ", not " + TypeInWords(*value_);
    diagnostics.Error(PathText(path_), Subject() + (types.empty() ? "is of a wrong type" : "must be " + types + is), {},
                      Described());
  }

  void TellChoices(base::Diagnostics& diagnostics) const {
    std::vector<std::string> choices;
    if (schema_ != nullptr && schema_->contains("enum")) {
      for (const Json& each : (*schema_)["enum"]) choices.push_back(Shown(each));
    }
    const std::string value = value_ == nullptr ? "" : Shown(*value_);
    const auto near = base::Nearest(value, choices);
    std::string message = Subject() + "must not be `" + value + "`";
    if (!choices.empty() && choices.size() <= kMostListed) message += "; there are " + Listed(choices);
    diagnostics.Error(PathText(path_), std::move(message), {}, near ? "did you mean `" + *near + "`?" : Described());
  }

  [[nodiscard]] std::string Limit(const char* key) const {
    return schema_ != nullptr && schema_->contains(key) ? Shown((*schema_)[key]) : "what the schema allows";
  }
  [[nodiscard]] std::string Sentence() const {
    if (Says("Failed to match regex")) return "must match the expression " + Limit("pattern");
    if (Says("Expected number less than or equal")) return "must be at most " + Limit("maximum");
    if (Says("Expected number less than")) return "must be less than " + Limit("exclusiveMaximum");
    if (Says("Expected number greater than or equal")) return "must be at least " + Limit("minimum");
    if (Says("Expected number greater than")) return "must be greater than " + Limit("exclusiveMinimum");
    if (Says("String should be no more than")) return "must have at most " + Limit("maxLength") + " characters";
    if (Says("String should be no fewer than")) return "must have at least " + Limit("minLength") + " characters";
    if (Says("Array should contain no more than")) return "must have at most " + Limit("maxItems") + " items";
    if (Says("Array should contain no fewer than")) return "must have at least " + Limit("minItems") + " items";
    if (Says("Object should have no more than")) return "must have at most " + Limit("maxProperties") + " entries";
    if (Says("Object should have no fewer than")) return "must have at least " + Limit("minProperties") + " entries";
    if (Says("Failed to match expected value")) return "must be " + Limit("const");
    if (Says("Missing dependency")) return "needs `" + Named(description_) + "` beside it";
    if (Says("Elements at indexes")) return "has the same item twice";
    if (Says("Value should be a multiple")) return "must be a multiple of " + Limit("multipleOf");
    if (Says("Target should not validate")) return "has a form that the provider forbids (`not` in its schema)";
    if (Says("Failed to validate against any") || Says("Failed to validate against exactly")) {
      return "has none of the forms that the provider takes";
    }
    return "is not as the provider's schema wants it: " + description_;
  }

  const Json& properties_;
  const std::string& description_;
  const SchemaPath path_;
  const Json* value_;   // null: not there
  const Json* schema_;  // null: cannot be told
};

base::Result<std::unique_ptr<valijson::Schema>> Compile(const Json& json) {
  try {
    auto compiled = std::make_unique<valijson::Schema>();
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    const Adapter adapter(json);
    parser.populateSchema(adapter, *compiled);
    return compiled;
  } catch (const std::exception& exception) {
    return base::Fail(base::ErrorCode::kInvalid, exception.what());
  }
}

}  // namespace

struct PropertySchema::Impl {
  Json json;
  std::unique_ptr<valijson::Schema> compiled;
};

PropertySchema::PropertySchema(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PropertySchema::PropertySchema(PropertySchema&&) noexcept = default;
PropertySchema::~PropertySchema() = default;

base::Result<PropertySchema> PropertySchema::Parse(std::string_view schema) {
  auto json = base::ParseJson(schema);
  if (!json) return tl::unexpected(std::move(json).error());
  if (!json->is_object()) return base::Fail(base::ErrorCode::kInvalid, "it is no object");
  if (auto checked = CheckReferences(*json, *json); !checked) return tl::unexpected(std::move(checked).error());
  auto compiled = Compile(*json);
  if (!compiled) return tl::unexpected(std::move(compiled).error());
  return PropertySchema(std::make_unique<Impl>(Impl{std::move(*json), std::move(*compiled)}));
}

base::Diagnostics PropertySchema::Check(std::string_view properties) const {
  base::Diagnostics diagnostics;
  const auto json = base::ParseJson(properties);
  if (!json) {
    diagnostics.Error("", json.error().message);
    return diagnostics;
  }
  Json lenient;
  std::unique_ptr<valijson::Schema> without_patterns;
  if (HoldsLongText(*json)) {
    lenient = impl_->json;
    RemovePatterns(lenient);
    if (auto compiled = Compile(lenient)) without_patterns = std::move(*compiled);
  }
  try {
    valijson::Validator validator;
    valijson::ValidationResults results;
    const Adapter adapter(*json);
    if (validator.validate(without_patterns ? *without_patterns : *impl_->compiled, adapter, &results)) return {};
    std::set<std::pair<std::string, std::string>> told;
    for (const auto& error : results) {
      const Finding finding(impl_->json, *json, error);
      if (finding.IsEcho() || finding.DependsOnUnknown()) continue;
      base::Diagnostics one;
      finding.Tell(one);
      const base::Diagnostic& diagnostic = one.items().front();
      if (told.size() < kMostFindings && told.emplace(diagnostic.path, diagnostic.message).second) {
        diagnostics.Append(std::move(one));
      }
    }
  } catch (const std::exception& exception) {
    diagnostics.Warning("", std::string("the provider's schema could not be applied: ") + exception.what());
  }
  return diagnostics;
}

}  // namespace kadende::providers
