#include "providers/schema/schema_words.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/text.h"

namespace kadende::providers {
namespace {

using base::Json;

constexpr int kMostReferences = 100;  // one to the next
constexpr std::size_t kShownLength = 60;

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kTypes = {{{"integer", "a whole number"},
                                                                                  {"number", "a number"},
                                                                                  {"string", "text"},
                                                                                  {"boolean", "true or false"},
                                                                                  {"array", "a list"},
                                                                                  {"object", "a mapping"},
                                                                                  {"null", "null"}}};

std::string InWords(const std::string& type) {
  for (const auto& [name, words] : kTypes) {
    if (name == type) return std::string(words);
  }
  return type;
}

const Json* StepInto(const Json& schema, const SchemaStep& step) {
  if (step.is_index) {
    const auto items = schema.find("items");
    if (items == schema.end()) return nullptr;
    if (items->is_object()) return &*items;
    if (items->is_array() && step.index < items->size()) return &(*items)[step.index];
    return nullptr;
  }
  if (const auto properties = schema.find("properties"); properties != schema.end() && properties->is_object()) {
    if (const auto found = properties->find(step.key); found != properties->end()) return &*found;
  }
  const auto additional = schema.find("additionalProperties");
  return additional != schema.end() && additional->is_object() ? &*additional : nullptr;
}

}  // namespace

std::string PathText(const SchemaPath& path) {
  std::string text;
  for (const SchemaStep& step : path) {
    if (step.is_index) {
      text += "[" + std::to_string(step.index) + "]";
    } else {
      text += (text.empty() ? "" : ".") + step.key;
    }
  }
  return text;
}

const Json* ValueAt(const Json& document, const SchemaPath& path) {
  const Json* value = &document;
  for (const SchemaStep& step : path) {
    if (step.is_index) {
      if (!value->is_array() || step.index >= value->size()) return nullptr;
      value = &(*value)[step.index];
    } else {
      const auto found = value->is_object() ? value->find(step.key) : value->end();
      if (!value->is_object() || found == value->end()) return nullptr;
      value = &*found;
    }
  }
  return value;
}

const Json* Dereference(const Json& root, const Json* schema) {
  for (int followed = 0; schema != nullptr && schema->is_object(); ++followed) {
    const auto reference = schema->find("$ref");
    if (reference == schema->end()) return schema;
    if (followed >= kMostReferences || !reference->is_string()) return nullptr;
    const auto& text = reference->get_ref<const std::string&>();
    if (!text.starts_with('#')) return nullptr;
    try {
      schema = &root.at(Json::json_pointer(text.substr(1)));
    } catch (const Json::exception&) {
      return nullptr;
    }
  }
  return schema;
}

const Json* SchemaAt(const Json& schema, const SchemaPath& path) {
  const Json* at = Dereference(schema, &schema);
  for (const SchemaStep& step : path) {
    if (at == nullptr || !at->is_object()) return nullptr;
    at = Dereference(schema, StepInto(*at, step));
  }
  return at != nullptr && at->is_object() ? at : nullptr;
}

std::string TypesInWords(const Json& schema) {
  const auto type = schema.find("type");
  if (type == schema.end()) return {};
  if (type->is_string()) return InWords(type->get<std::string>());
  std::string words;
  for (const Json& each : *type) {
    if (each.is_string()) words += (words.empty() ? "" : " or ") + InWords(each.get<std::string>());
  }
  return words;
}

std::string TypeInWords(const Json& value) {
  if (value.is_number_integer()) return InWords("integer");
  return InWords(value.is_number() ? "number" : value.type_name());
}

std::string Listed(const std::vector<std::string>& texts) {
  std::string list;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) list += i + 1 == texts.size() ? " and " : ", ";
    list += "`" + texts[i] + "`";
  }
  return list;
}

std::string Shown(const Json& value) {
  std::string text = value.is_string() ? value.get<std::string>() : base::Canonical(value);
  if (text.size() <= kShownLength) return text;
  std::size_t end = kShownLength;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;  // no half characters
  return text.substr(0, end) + "...";
}

}  // namespace kadende::providers
