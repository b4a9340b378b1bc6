// ${...} inside strings: parsed once, evaluated in two steps.
//
// Grammar: a string is literal text with `${ expr }` in it; `$${` is a literal `${`. expr is integer arithmetic
// (+ - * / % and parentheses, 64 bit, overflow and division by zero are errors) over integers and references:
// cluster.name, cluster.version, group.path, node.name, node.ordinal, node.address, var.NAME, secret.env.NAME,
// secret.file.PATH. A string that is exactly one expression takes the expression's type (`"${node.ordinal}"` is
// an integer, `"${var.flag}"` may be a boolean); in all other places the value is turned to text. A secret stands alone
// in its `${...}`: nothing is computed from it.
//
// Step one (Bind) fills in what is the same for a whole group: cluster, group, var. Step two (RenderNode) fills in
// node.name and node.ordinal. node.address and secret.* are unknown in a plan and stay symbolic; a run that has read
// the secrets fills them in for the call of a provider alone (RenderWith).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/secrets.h"

namespace kadende::model {

// What an expression was found to need.
struct References {
  bool node_name = false;
  bool node_ordinal = false;
  bool node_address = false;
  bool secret = false;
  std::vector<std::string> variables;  // names used as var.NAME, sorted, unique
  std::vector<std::string> secrets;    // whole references, "secret.env.TOKEN"; sorted, unique
};

// Where among the properties a secret is used.
struct SecretUse {
  std::string path;  // "env.TOKEN", "args[1]"
  std::string name;  // "secret.env.TOKEN"
};

// Syntax and references of one string. The error's message has the byte offset in front: "at 7: ...".
[[nodiscard]] base::Result<References> InspectText(std::string_view text);

struct GroupValues {
  std::string cluster_name;
  std::string cluster_version;
  std::string group_path;
  const std::map<std::string, std::string>* variables = nullptr;  // JSON scalars; borrowed for the call
};

// A group's properties after step one.
class PropertyTemplate {
 public:
  // `properties`: canonical JSON object with ${...} in its strings. Errors name the path within it.
  [[nodiscard]] static base::Result<PropertyTemplate> Bind(std::string_view properties, const GroupValues& values);
  // From text that Bind made earlier (RevisionRecord::properties).
  [[nodiscard]] static base::Result<PropertyTemplate> FromBound(std::string_view bound);

  // Canonical JSON with node and secret references left symbolic: what a revision hashes and state keeps.
  [[nodiscard]] const std::string& symbolic() const { return symbolic_; }
  [[nodiscard]] const References& references() const { return references_; }
  // In the order of the document.
  [[nodiscard]] const std::vector<SecretUse>& secret_uses() const { return secret_uses_; }
  // True where every node of the group gets the same text, and a plan knows it (no node.* or secret.* reference).
  [[nodiscard]] bool IsConstant() const;

  // Properties of one node as canonical JSON text, by joining prepared pieces: no JSON value is built, because this
  // runs for each of 100,000 nodes. Fails where arithmetic does, or where node.address is referenced (it is only
  // known after the create). Secrets stay the references that they are.
  [[nodiscard]] base::Result<std::string> RenderNode(std::string_view node_name, std::uint32_t ordinal) const;
  // The same with the secrets' values, for a provider's eyes only. Fails where `secrets` lacks one.
  [[nodiscard]] base::Result<base::SecretText> RenderWith(const Secrets& secrets, std::string_view node_name,
                                                          std::uint32_t ordinal) const;

 private:
  struct Piece {
    std::string literal;     // JSON text up to the next hole
    std::string expression;  // source of the hole; empty in the last piece
    bool whole = false;      // the hole is the whole string: keep its type
    std::string secret;      // the hole is this reference alone; empty: it is none
  };
  [[nodiscard]] base::Status Render(const Secrets* secrets, std::string_view node_name, std::uint32_t ordinal,
                                    std::string* out) const;

  std::string symbolic_;
  References references_;
  std::vector<SecretUse> secret_uses_;
  std::vector<Piece> pieces_;
};

// One string (a url, a command argument) for one node; for health checks and hooks of later issues.
struct NodeValues {
  std::string node_name;
  std::uint32_t ordinal = 0;
  std::string address;
};
[[nodiscard]] base::Result<std::string> RenderText(std::string_view text, const GroupValues& group,
                                                   const NodeValues& node);

}  // namespace kadende::model
