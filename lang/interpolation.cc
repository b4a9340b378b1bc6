// The part of Checker that deals with ${...}.
#include <algorithm>
#include <cctype>

#include "engine/base/text.h"
#include "lang/checker.h"

namespace kadende::lang {
namespace {

// InspectText puts "at 7: " in front.
std::size_t TakeOffset(std::string* message) {
  if (!message->starts_with("at ")) return 0;
  const std::size_t colon = message->find(": ");
  if (colon == std::string::npos) return 0;
  const auto offset = base::ParseInt(std::string_view(*message).substr(3, colon - 3));
  if (!offset || *offset < 0) return 0;
  message->erase(0, colon + 2);
  return static_cast<std::size_t>(*offset);
}

// Where the name of var.NAME stands in the text.
std::size_t FindVariable(const std::string& text, const std::string& name) {
  const std::string wanted = "var." + name;
  for (std::size_t at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1)) {
    const std::size_t end = at + wanted.size();
    const bool longer = end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_');
    if (!longer) return at;
  }
  return 0;
}

}  // namespace

Place Checker::PlaceWithin(const Node& node, std::size_t offset, std::size_t length) const {
  const std::string_view bytes = report_.source().bytes();
  const std::size_t start = node.offset + (node.quoted ? 1U : 0U);
  // Escapes, folds and block scalars shift the text: then the whole value is shown.
  if (bytes.substr(std::min(start, bytes.size()), node.text.size()) != node.text) return node.place;
  return report_.source().PlaceOf(start + offset, length);
}

std::optional<model::References> Checker::Inspect(const std::string& text, const Node& node, const std::string& path,
                                                  Interpolation allowed) {
  const std::size_t first = text.find("${");
  if (first == std::string::npos) return model::References{};
  if (allowed == Interpolation::kNone) {
    report_.Error(path, "`${...}` cannot be used here", PlaceWithin(node, first, 2),
                  "this must be readable without any values");
    return std::nullopt;
  }
  auto references = model::InspectText(text);
  if (!references) {
    std::string message = references.error().message;
    const std::size_t offset = TakeOffset(&message);
    report_.Error(path, message, PlaceWithin(node, offset, 1), "a literal `${` is written `$${`");
    return std::nullopt;
  }
  bool good = true;
  for (const std::string& name : references->variables) {
    if (std::binary_search(scope_.declared.begin(), scope_.declared.end(), name)) continue;
    good = false;
    const auto nearest = report_.Nearest(name, scope_.declared);
    report_.Error(path, "the variable `" + name + "` is not declared",
                  PlaceWithin(node, FindVariable(text, name), name.size() + 4),
                  nearest ? "did you mean `var." + *nearest + "`?" : "declare it under `variables`");
  }
  const bool needs_node =
      references->node_name || references->node_ordinal || references->node_address || references->secret;
  if (good && needs_node && allowed == Interpolation::kGroup) {
    report_.Error(path, "this is the same for the whole group: node and secret values cannot be used here",
                  PlaceWithin(node, first, 2));
    good = false;
  }
  if (good && allowed == Interpolation::kCreate && references->node_address) {
    report_.Error(path,
                  "an address is known only after its node was created: it cannot be one of the properties that the "
                  "node is created with",
                  PlaceWithin(node, first, 2));
    good = false;
  }
  // A check or a hook sends what it holds somewhere, and shows it when it fails.
  if (good && allowed == Interpolation::kNode && references->secret) {
    report_.Error(path, "secrets reach resourceProperties alone, and cannot be used here", PlaceWithin(node, first, 2));
    good = false;
  }
  if (!good) return std::nullopt;
  return std::move(*references);
}

std::optional<Node> Checker::Resolve(const At& at, const Node& node) {
  const auto references = Inspect(node.text, node, at.path, at.key.interpolation);
  if (!references || in_defaults_) return std::nullopt;
  for (const std::string& name : references->variables) {
    if (!scope_.variables.contains(name)) return std::nullopt;
  }
  const model::GroupValues values{scope_.cluster_name, scope_.cluster_version, group_, &scope_.variables};
  auto text = model::RenderText(node.text, values, {});
  if (!text) {
    std::string message = text.error().message;
    const std::size_t offset = TakeOffset(&message);
    report_.Error(at.path, message, PlaceWithin(node, offset, 1));
    return std::nullopt;
  }
  Node resolved = node;
  resolved.text = std::move(*text);
  resolved.quoted = false;  // takes the value's type
  return resolved;
}

}  // namespace kadende::lang
