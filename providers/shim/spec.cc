#include "providers/shim/spec.h"

#include <charconv>

namespace kadende::providers::shim {
namespace {

constexpr std::string_view kMagic = "kadende-shim 1";

void Put(std::string* out, char letter, std::string_view value) {
  out->push_back(letter);
  out->append(value);
  out->push_back('\0');
}

template <class Number>
bool ParseNumber(std::string_view text, Number* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

bool SetField(char letter, std::string_view value, Spec* spec) {
  int restart = 0;
  switch (letter) {
    case 't':
      spec->token = value;
      return true;
    case 'p':
      spec->program = value;
      return true;
    case 'n':
      spec->name = value;
      return true;
    case 'a':
      spec->args.emplace_back(value);
      return true;
    case 'e':
      spec->env.emplace_back(value);
      return true;
    case 'd':
      spec->directory = value;
      return true;
    case 's':
      return ParseNumber(value, &spec->stop_signal);
    case 'k':
      return ParseNumber(value, &spec->stop_timeout);
    case 'o':
      return ParseNumber(value, &spec->output_bytes);
    case 'r':
      if (!ParseNumber(value, &restart) || restart < 0 || restart > 2) return false;
      spec->restart = static_cast<Restart>(restart);
      return true;
    default:
      return false;
  }
}

}  // namespace

std::string EncodeSpec(const Spec& spec) {
  std::string out(kMagic);
  out.push_back('\0');
  Put(&out, 't', spec.token);
  Put(&out, 'p', spec.program);
  Put(&out, 'n', spec.name);
  for (const std::string& arg : spec.args) Put(&out, 'a', arg);
  for (const std::string& variable : spec.env) Put(&out, 'e', variable);
  Put(&out, 'd', spec.directory);
  Put(&out, 's', std::to_string(spec.stop_signal));
  Put(&out, 'k', std::to_string(spec.stop_timeout));
  Put(&out, 'r', std::to_string(static_cast<int>(spec.restart)));
  Put(&out, 'o', std::to_string(spec.output_bytes));
  return out;
}

std::optional<Spec> DecodeSpec(std::string_view text) {
  Spec spec;
  bool first = true;
  while (!text.empty()) {
    const std::size_t end = text.find('\0');
    if (end == std::string_view::npos) return std::nullopt;  // cut off
    const std::string_view field = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (first) {
      if (field != kMagic) return std::nullopt;
      first = false;
    } else if (field.empty() || !SetField(field.front(), field.substr(1), &spec)) {
      return std::nullopt;
    }
  }
  if (spec.token.empty() || spec.program.empty() || spec.directory.empty()) return std::nullopt;
  return spec;
}

}  // namespace kadende::providers::shim
