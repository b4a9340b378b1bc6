#include "engine/model/secrets.h"

#include <algorithm>
#include <utility>

#include "engine/base/digest.h"
#include "engine/base/text.h"

namespace kadende::model {
namespace {

constexpr std::string_view kInstead = "(secret)";
constexpr std::string_view kAllInstead = "(left out: it may hold a secret)";
// Anything shorter is found in texts that have nothing to do with it.
constexpr std::size_t kShortestReplaced = 4;
constexpr std::size_t kShortestPart = 8;  // of a line, or of base64 that begins in the middle

std::string PercentEncoded(std::string_view value, bool upper) {
  std::string out;
  for (const char c : value) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
      continue;
    }
    std::string hex = base::ToHex(std::string_view(&c, 1));
    if (upper) std::transform(hex.begin(), hex.end(), hex.begin(), [](char d) { return d >= 'a' ? d - 32 : d; });
    out.append("%").append(hex);
  }
  return out;
}

// What of `value` shows in base64 text that has `before` other bytes in front of it, and any behind.
std::string Base64Within(std::string_view value, std::size_t before) {
  std::string padded(before, '\0');
  padded += value;
  std::string text = base::ToBase64(padded);
  const std::size_t first = before == 0 ? 0 : before + 1;  // characters that hold bits of what is in front
  const std::size_t whole = padded.size() * 8 / 6;
  std::string within = whole > first ? text.substr(first, whole - first) : std::string();
  base::Wipe(padded);
  base::Wipe(text);
  return within;
}

}  // namespace

void Secrets::Add(std::string_view name, base::SecretText value) {
  const auto [added, is_new] = values_.try_emplace(std::string(name), std::move(value));
  if (!is_new) return;
  AddForms(added->second.view());
  std::stable_sort(forms_.begin(), forms_.end(),
                   [](const Form& a, const Form& b) { return a.text.view().size() > b.text.view().size(); });
}

std::string_view Secrets::Find(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::string_view() : found->second.view();
}

void Secrets::AddForms(std::string_view value) {
  AddForm(std::string(value));
  std::string quoted = base::QuoteJson(value);
  AddForm(quoted.substr(1, quoted.size() - 2));
  base::Wipe(quoted);
  AddForm(PercentEncoded(value, true));
  AddForm(PercentEncoded(value, false));
  if (value.size() < kShortestReplaced) return;
  std::string hex = base::ToHex(value);
  std::string upper = hex;
  std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) { return c >= 'a' ? c - 32 : c; });
  AddForm(std::move(hex));
  AddForm(std::move(upper));
  for (const std::size_t before : {0U, 1U, 2U}) {
    std::string within = Base64Within(value, before);
    std::string of_urls = within;
    std::replace(of_urls.begin(), of_urls.end(), '+', '-');
    std::replace(of_urls.begin(), of_urls.end(), '/', '_');
    if (within.size() >= kShortestReplaced) {
      AddForm(std::move(within));
      AddForm(std::move(of_urls));
    }
  }
  if (value.find('\n') == std::string_view::npos) return;
  for (std::string& line : base::Split(value, '\n')) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.size() >= kShortestPart) AddForm(std::move(line));
  }
}

void Secrets::AddForm(std::string text) {
  const bool known =
      std::any_of(forms_.begin(), forms_.end(), [&](const Form& form) { return form.text.view() == text; });
  const bool tiny = text.size() < kShortestReplaced;
  if (!known && !text.empty()) forms_.push_back({base::SecretText(std::move(text)), tiny});
}

void Secrets::Redact(std::string* text) const {
  for (const Form& form : forms_) {
    const std::string_view value = form.text.view();
    for (std::size_t at = 0; (at = text->find(value, at)) != std::string::npos; at += kInstead.size()) {
      if (form.tiny) {
        *text = kAllInstead;
        return;
      }
      text->replace(at, value.size(), kInstead);
    }
  }
}

}  // namespace kadende::model
