// The values of secrets while a run has them, and taking them out of what others say.
//
// Known by their references as the grammar has them: "secret.env.TOKEN", "secret.file.certs/key.pem". Filled before
// workers start, constant while they run; then thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/secret_text.h"

namespace kadende::model {

class Secrets {
 public:
  void Add(std::string_view name, base::SecretText value);

  [[nodiscard]] bool empty() const { return values_.empty(); }
  [[nodiscard]] bool Has(std::string_view name) const { return values_.contains(name); }
  // Empty where there is none of that name; a secret itself is never empty.
  [[nodiscard]] std::string_view Find(std::string_view name) const;

  // Takes every value out of a foreign text, also where it is spelt as JSON text, percent-encoded, hex or base64, or as
  // one line of several: "(secret)" stands there instead. A value too short to be told from other text makes the whole
  // text go.
  void Redact(std::string* text) const;

 private:
  struct Form {
    base::SecretText text;
    bool tiny = false;
  };
  void AddForms(std::string_view value);
  void AddForm(std::string text);

  std::map<std::string, base::SecretText, std::less<>> values_;
  std::vector<Form> forms_;  // longest first
};

}  // namespace kadende::model
