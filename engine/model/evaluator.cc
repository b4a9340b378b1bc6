#include "engine/model/evaluator.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <utility>

#include "engine/base/text.h"

namespace kadende::model {
namespace {

using base::ErrorCode;
using base::Fail;
using base::Json;
using base::Result;

// Expressions nest through parentheses and signs only; more is no arithmetic that a person wrote.
constexpr int kMaxNesting = 64;

bool IsNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

std::string Quote(std::string_view name) {
  return "`" + std::string(name) + "`";
}

bool IsKnownReference(std::string_view name) {
  static constexpr std::string_view kNames[] = {"cluster.name", "cluster.version", "group.path",
                                                "node.name",    "node.ordinal",    "node.address"};
  if (std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames)) return true;
  for (const std::string_view prefix : {"var.", "secret.env.", "secret.file."}) {
    if (name.starts_with(prefix) && name.size() > prefix.size()) return true;
  }
  return false;
}

// Recursive descent over one expression. A value that is not known makes the whole expression unknown, but it is still
// parsed to its end, so that syntax errors are found in every step.
class Evaluator {
 public:
  Evaluator(std::string_view text, const Lookup& lookup) : text_(text), lookup_(lookup) {}

  // nullopt: not known in this step.
  Result<std::optional<Json>> Run() {
    auto value = Sum();
    if (!value) return value;
    SkipSpace();
    if (at_ != text_.size()) return Error("unexpected " + Quote(text_.substr(at_, 1)));
    return value;
  }

 private:
  using Value = Result<std::optional<Json>>;

  tl::unexpected<base::Error> Error(const std::string& what) const {
    return Fail(ErrorCode::kInvalid, "at " + std::to_string(at_) + ": " + what);
  }

  void SkipSpace() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }

  // The next operator out of `set`, consumed; 0 where something else follows.
  char Operator(std::string_view set) {
    SkipSpace();
    return at_ < text_.size() && set.find(text_[at_]) != std::string_view::npos ? text_[at_++] : '\0';
  }

  Value Sum() {
    Value left = Product();
    while (left) {
      const char op = Operator("+-");
      if (op == '\0') return left;
      left = Calculate(op, *left, Product());
    }
    return left;
  }

  Value Product() {
    Value left = Factor();
    while (left) {
      const char op = Operator("*/%");
      if (op == '\0') return left;
      left = Calculate(op, *left, Factor());
    }
    return left;
  }

  Value Factor() {
    if (++nesting_ > kMaxNesting) return Error("nested deeper than " + std::to_string(kMaxNesting));
    Value value = Unnested();
    --nesting_;
    return value;
  }

  Value Unnested() {
    SkipSpace();
    if (at_ == text_.size()) return Error("an expression ends too early");
    const char c = text_[at_];
    if (c == '-') {
      ++at_;
      return Calculate('-', Json(0), Factor());
    }
    if (c == '(') {
      ++at_;
      Value inner = Sum();
      if (inner && Operator(")") == '\0') return Error("`)` is missing");
      return inner;
    }
    if (IsDigit(c)) return Number();
    if (IsNameStart(c)) return Reference();
    return Error("unexpected " + Quote(text_.substr(at_, 1)));
  }

  Value Number() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && IsDigit(text_[at_])) ++at_;
    const auto number = base::ParseInt(text_.substr(begin, at_ - begin));
    if (!number) return Error("a number is too large");
    return std::optional<Json>(*number);
  }

  Value Reference() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && (IsNameStart(text_[at_]) || IsDigit(text_[at_]) || text_[at_] == '.')) ++at_;
    std::string_view name = text_.substr(begin, at_ - begin);
    // A path runs to the end of the expression: it may hold '-', '/' and more.
    if (name.starts_with("secret.file.") || name == "secret.file.") {
      at_ = text_.size();
      name = text_.substr(begin);
      while (name.ends_with(' ')) name.remove_suffix(1);
    }
    if (!IsKnownReference(name)) {
      at_ = begin;
      return Error("unknown reference " + Quote(name));
    }
    return lookup_(name);
  }

  Value Calculate(char op, const std::optional<Json>& left, Value right) const {
    if (!right) return right;
    const auto is_wrong = [](const std::optional<Json>& value) { return value && !value->is_number_integer(); };
    if (is_wrong(left) || is_wrong(*right)) return Error("arithmetic needs whole numbers");
    if (!left || !right->has_value()) return std::nullopt;
    const auto a = left->get<std::int64_t>();
    const auto b = (*right)->get<std::int64_t>();
    std::int64_t result = 0;
    bool overflow = false;
    switch (op) {
      case '+':
        overflow = __builtin_add_overflow(a, b, &result);
        break;
      case '-':
        overflow = __builtin_sub_overflow(a, b, &result);
        break;
      case '*':
        overflow = __builtin_mul_overflow(a, b, &result);
        break;
      default:
        if (b == 0) return Error("division by zero");
        overflow = a == std::numeric_limits<std::int64_t>::min() && b == -1;
        if (!overflow) result = op == '/' ? a / b : a % b;
    }
    if (overflow) return Error("a result does not fit into 64 bits");
    return std::optional<Json>(result);
  }

  std::string_view text_;
  const Lookup& lookup_;
  std::size_t at_ = 0;
  int nesting_ = 0;
};

}  // namespace

Result<std::vector<Part>> Cut(std::string_view text) {
  std::vector<Part> parts;
  std::size_t begin = 0;
  std::size_t at = 0;
  while ((at = text.find("${", at)) != std::string_view::npos) {
    if (at > 0 && text[at - 1] == '$') {  // `$${`: everything up to the first `$` is literal, the second is dropped
      parts.push_back({false, text.substr(begin, at - begin), begin});
      parts.push_back({false, "{", at});
      begin = at += 2;
      continue;
    }
    if (at > begin) parts.push_back({false, text.substr(begin, at - begin), begin});
    const std::size_t end = text.find('}', at);
    if (end == std::string_view::npos)
      return Fail(ErrorCode::kInvalid, "at " + std::to_string(at) + ": `${` without `}`");
    parts.push_back({true, text.substr(at + 2, end - at - 2), at + 2});
    begin = at = end + 1;
  }
  if (begin < text.size()) parts.push_back({false, text.substr(begin), begin});
  return parts;
}

Result<std::optional<Json>> Evaluate(const Part& part, const Lookup& lookup) {
  auto value = Evaluator(part.text, lookup).Run();
  if (value) return value;
  // The evaluator counts within the expression; a reader counts within the string.
  base::Error error = value.error();
  std::size_t digits = 3;
  while (digits < error.message.size() && IsDigit(error.message[digits])) ++digits;
  if (error.message.starts_with("at ") && digits > 3) {
    const auto inner = base::ParseInt(std::string_view(error.message).substr(3, digits - 3)).value_or(0);
    error.message =
        "at " + std::to_string(part.offset + static_cast<std::size_t>(inner)) + error.message.substr(digits);
  }
  return tl::unexpected<base::Error>(std::move(error));
}

}  // namespace kadende::model
