#include "engine/model/expression.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "engine/base/json.h"
#include "engine/base/text.h"
#include "engine/model/evaluator.h"

namespace kadende::model {
namespace {

using base::ErrorCode;
using base::Fail;
using base::Json;
using base::Result;

std::string Quote(std::string_view name) {
  return "`" + std::string(name) + "`";
}

std::string AsText(const Json& value) {
  return value.is_string() ? value.get<std::string>() : base::Canonical(value);
}

void Note(References& references, std::string_view name) {
  if (name == "node.name") references.node_name = true;
  if (name == "node.ordinal") references.node_ordinal = true;
  if (name == "node.address") references.node_address = true;
  if (name.starts_with("secret.")) {
    references.secret = true;
    references.secrets.emplace_back(name);
  }
  if (name.starts_with("var.")) references.variables.emplace_back(name.substr(4));
}

void Tidy(References& references) {
  for (std::vector<std::string>* names : {&references.variables, &references.secrets}) {
    std::sort(names->begin(), names->end());
    names->erase(std::unique(names->begin(), names->end()), names->end());
  }
}

std::string_view Trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

bool NeedsNode(std::string_view name) {
  return name.starts_with("node.") || name.starts_with("secret.");
}

Lookup GroupLookup(const GroupValues& values) {
  return [&values](std::string_view name) -> Result<std::optional<Json>> {
    if (NeedsNode(name)) return std::nullopt;
    if (name == "cluster.name") return std::optional<Json>(values.cluster_name);
    if (name == "cluster.version") return std::optional<Json>(values.cluster_version);
    if (name == "group.path") return std::optional<Json>(values.group_path);
    const std::string variable(name.substr(4));
    if (values.variables == nullptr || !values.variables->contains(variable)) {
      return Fail(ErrorCode::kInvalid, "variable " + Quote(variable) + " is not declared");
    }
    auto value = base::ParseJson(values.variables->at(variable));
    if (!value) return tl::unexpected<base::Error>(value.error());
    return std::optional<Json>(std::move(*value));
  };
}

// A literal that must survive a second parse: `${` in it is written `$${` again.
std::string Symbolic(std::string_view literal) {
  std::string out(literal);
  for (std::size_t at = 0; (at = out.find("${", at)) != std::string::npos; at += 3) out.insert(at, "$");
  return out;
}

// The text of an expression that stays symbolic, with the values that are known put in: a changed variable must change
// the revision, and step two knows no variables.
std::string Substituted(const Part& part, const Lookup& lookup) {
  std::string out;
  std::size_t copied = 0;
  const Lookup splice = [&](std::string_view name) {
    auto value = lookup(name);
    if (value && *value) {
      const auto at = static_cast<std::size_t>(name.data() - part.text.data());
      const std::string text = base::Canonical(**value);
      out.append(part.text.substr(copied, at - copied)).append(text.starts_with('-') ? "(" + text + ")" : text);
      copied = at + name.size();
    }
    return value;
  };
  [[maybe_unused]] const auto known_to_parse = Evaluate(part, splice);
  return out.append(part.text.substr(copied));
}

// Step one for one string. What stays unknown is left as `${...}`.
Result<Json> BindText(std::string_view text, const Lookup& lookup) {
  auto parts = Cut(text);
  if (!parts) return tl::unexpected<base::Error>(parts.error());
  std::string out;
  bool symbolic = false;
  std::vector<std::optional<Json>> values;
  for (const Part& part : *parts) {
    if (!part.expression) {
      values.emplace_back(std::nullopt);
      continue;
    }
    auto value = Evaluate(part, lookup);
    if (!value) return tl::unexpected<base::Error>(value.error());
    symbolic = symbolic || !value->has_value();
    values.push_back(std::move(*value));
  }
  if (parts->size() == 1 && parts->front().expression && values.front()) {
    // A string value may hold `${` of its own (a variable's text); it must not be evaluated in step two.
    if (values.front()->is_string()) return Json(Symbolic(values.front()->get<std::string>()));
    return *values.front();
  }
  std::string literal;
  const auto flush = [&] {
    out += Symbolic(literal);
    literal.clear();
  };
  for (std::size_t i = 0; i < parts->size(); ++i) {
    const Part& part = (*parts)[i];
    if (!part.expression) {
      literal += part.text;
    } else if (values[i]) {
      literal += AsText(*values[i]);
    } else {
      flush();
      out.append("${").append(Substituted(part, lookup)).append("}");
    }
  }
  flush();
  return Json(std::move(out));
}

using StringVisitor = std::function<Result<Json>(const std::string& path, const std::string& text)>;

// Replaces every string below `value`; `path` is extended for error messages.
base::Status Rewrite(Json& value, const std::string& path, const StringVisitor& visit) {
  if (value.is_string()) {
    auto replaced = visit(path, value.get_ref<const std::string&>());
    if (!replaced) return base::Wrap(replaced.error(), path.empty() ? "resourceProperties" : path);
    value = std::move(*replaced);
    return {};
  }
  if (value.is_object()) {
    for (auto& [key, member] : value.items()) {
      if (auto status = Rewrite(member, path.empty() ? key : path + "." + key, visit); !status) return status;
    }
  }
  if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (auto status = Rewrite(value[i], path + "[" + std::to_string(i) + "]", visit); !status) return status;
    }
  }
  return {};
}

}  // namespace

Result<References> InspectText(std::string_view text) {
  References references;
  const Lookup note = [&references](std::string_view name) -> Result<std::optional<Json>> {
    Note(references, name);
    return std::nullopt;
  };
  auto parts = Cut(text);
  if (!parts) return tl::unexpected<base::Error>(parts.error());
  for (const Part& part : *parts) {
    if (!part.expression) continue;
    const std::size_t before = references.secrets.size();
    if (auto value = Evaluate(part, note); !value) return tl::unexpected<base::Error>(value.error());
    if (references.secrets.size() > before && Trimmed(part.text) != references.secrets.back()) {
      return Fail(ErrorCode::kInvalid, "at " + std::to_string(part.offset) +
                                           ": a secret stands alone in its `${...}`: nothing is computed from it");
    }
  }
  Tidy(references);
  return references;
}

Result<PropertyTemplate> PropertyTemplate::Bind(std::string_view properties, const GroupValues& values) {
  auto json = base::ParseJson(properties);
  if (!json) return tl::unexpected<base::Error>(json.error());
  const Lookup lookup = GroupLookup(values);
  if (auto status =
          Rewrite(*json, "", [&](const std::string&, const std::string& text) { return BindText(text, lookup); });
      !status) {
    return tl::unexpected<base::Error>(status.error());
  }
  return FromBound(base::Canonical(*json));
}

Result<PropertyTemplate> PropertyTemplate::FromBound(std::string_view bound) {
  PropertyTemplate made;
  made.symbolic_ = std::string(bound);
  // Holes are found by cutting each string of the document, and put into its text by unique marks: the text between
  // them is then exactly what the JSON library writes. A control character cannot stand in a written document
  // unescaped.
  auto json = base::ParseJson(bound);
  if (!json) return tl::unexpected<base::Error>(json.error());
  std::vector<Piece> holes;
  const StringVisitor mark = [&](const std::string& path, const std::string& text) -> Result<Json> {
    auto parts = Cut(text);
    if (!parts) return tl::unexpected<base::Error>(parts.error());
    std::string marked;
    for (const Part& part : *parts) {
      if (!part.expression) {
        marked += part.text;
        continue;
      }
      auto inspected = InspectText("${" + std::string(part.text) + "}");
      if (!inspected) return tl::unexpected<base::Error>(inspected.error());
      References& all = made.references_;
      all.node_name |= inspected->node_name;
      all.node_ordinal |= inspected->node_ordinal;
      all.node_address |= inspected->node_address;
      all.secret |= inspected->secret;
      all.variables.insert(all.variables.end(), inspected->variables.begin(), inspected->variables.end());
      std::string secret = inspected->secrets.empty() ? std::string() : std::move(inspected->secrets.front());
      if (!secret.empty()) {
        all.secrets.push_back(secret);
        made.secret_uses_.push_back({path, secret});
      }
      holes.push_back({{}, std::string(part.text), parts->size() == 1, std::move(secret)});
      marked += '\x7f';
    }
    return Json(std::move(marked));
  };
  if (std::string_view(bound).find('\x7f') != std::string_view::npos) {
    return Fail(ErrorCode::kInvalid, "resourceProperties hold the control character U+007F");
  }
  if (auto status = Rewrite(*json, "", mark); !status) return tl::unexpected<base::Error>(status.error());
  Tidy(made.references_);
  const std::string marked = base::Canonical(*json);
  std::size_t begin = 0;
  for (Piece& hole : holes) {
    const std::size_t at = marked.find('\x7f', begin);
    // A hole that is the whole string takes the quotes with it, for its value may be a number.
    hole.literal = marked.substr(begin, at - begin - (hole.whole ? 1 : 0));
    begin = at + 1 + (hole.whole ? 1 : 0);
    made.pieces_.push_back(std::move(hole));
  }
  made.pieces_.push_back({marked.substr(begin), {}, false, {}});
  return made;
}

bool PropertyTemplate::IsConstant() const {
  return !references_.node_name && !references_.node_ordinal && !references_.node_address && !references_.secret;
}

base::Status PropertyTemplate::Render(const Secrets* secrets, std::string_view node_name, std::uint32_t ordinal,
                                      std::string* out) const {
  const Lookup lookup = [&](std::string_view name) -> Result<std::optional<Json>> {
    if (name == "node.name") return std::optional<Json>(std::string(node_name));
    if (name == "node.ordinal") return std::optional<Json>(ordinal);
    return Fail(ErrorCode::kInvalid, Quote(name) + " is not known when a node is created");
  };
  for (const Piece& piece : pieces_) {
    *out += piece.literal;
    if (piece.expression.empty()) continue;
    std::string text;  // with its quotes where it is one
    if (!piece.secret.empty()) {
      if (secrets != nullptr && !secrets->Has(piece.secret)) {
        return Fail(ErrorCode::kInternal, Quote(piece.secret) + " was not read");
      }
      text = secrets == nullptr ? base::QuoteJson("${" + piece.secret + "}")
                                : base::QuoteJson(secrets->Find(piece.secret));
    } else {
      auto value = Evaluate(Part{true, piece.expression, 2}, lookup);
      if (!value) return tl::unexpected<base::Error>(value.error());
      text = piece.whole ? base::Canonical(**value) : base::QuoteJson(AsText(**value));
    }
    out->append(piece.whole ? std::string_view(text) : std::string_view(text).substr(1, text.size() - 2));
    if (!piece.secret.empty()) base::Wipe(text);
  }
  return {};
}

Result<std::string> PropertyTemplate::RenderNode(std::string_view node_name, std::uint32_t ordinal) const {
  std::string out;
  out.reserve(symbolic_.size() + 16 * pieces_.size());
  if (auto status = Render(nullptr, node_name, ordinal, &out); !status) {
    return tl::unexpected<base::Error>(status.error());
  }
  return out;
}

Result<base::SecretText> PropertyTemplate::RenderWith(const Secrets& secrets, std::string_view node_name,
                                                      std::uint32_t ordinal) const {
  // Room for all of it at once: a text that grows leaves copies of itself behind. JSON makes six bytes of one at most.
  std::size_t room = symbolic_.size() + (16 + node_name.size()) * pieces_.size();
  for (const Piece& piece : pieces_) room += piece.secret.empty() ? 0 : 6 * secrets.Find(piece.secret).size();
  std::string out;
  out.reserve(room);
  auto status = Render(&secrets, node_name, ordinal, &out);
  base::SecretText rendered(std::move(out));
  if (!status) return tl::unexpected<base::Error>(status.error());
  return rendered;
}

Result<std::string> RenderText(std::string_view text, const GroupValues& group, const NodeValues& node) {
  const Lookup of_group = GroupLookup(group);
  const Lookup lookup = [&](std::string_view name) -> Result<std::optional<Json>> {
    if (name == "node.name") return std::optional<Json>(node.node_name);
    if (name == "node.ordinal") return std::optional<Json>(node.ordinal);
    if (name == "node.address") return std::optional<Json>(node.address);
    if (name.starts_with("secret.")) {
      return Fail(ErrorCode::kInvalid, Quote(name) + " cannot be used here: secrets reach resourceProperties alone");
    }
    return of_group(name);
  };
  auto parts = Cut(text);
  if (!parts) return tl::unexpected<base::Error>(parts.error());
  std::string out;
  for (const Part& part : *parts) {
    if (!part.expression) {
      out += part.text;
      continue;
    }
    auto value = Evaluate(part, lookup);
    if (!value) return tl::unexpected<base::Error>(value.error());
    out += AsText(**value);
  }
  return out;
}

}  // namespace kadende::model
