#include "engine/base/json.h"

#include <set>
#include <stdexcept>
#include <vector>

namespace kadende::base {
namespace {

constexpr int kMaxDepth = 100;

// The library's reader keeps the last of two equal keys without a word and nests without end; this watches both.
class Guard {
 public:
  void See(int depth, Json::parse_event_t event, const Json& parsed) {
    if (depth > kMaxDepth) throw std::length_error("nested deeper than " + std::to_string(kMaxDepth));
    switch (event) {
      case Json::parse_event_t::object_start:
        keys_.emplace_back();
        break;
      case Json::parse_event_t::object_end:
        keys_.pop_back();
        break;
      case Json::parse_event_t::key:
        if (!keys_.back().insert(parsed.get<std::string>()).second) {
          throw std::invalid_argument("duplicate key " + Canonical(parsed));
        }
        break;
      case Json::parse_event_t::array_start:
      case Json::parse_event_t::array_end:
      case Json::parse_event_t::value:
        break;
    }
  }

 private:
  std::vector<std::set<std::string>> keys_;
};

}  // namespace

std::string Canonical(const Json& value) {
  // Broken UTF-8 cannot come from ParseJson or lang; from elsewhere it is replaced rather than thrown about.
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Json> ParseJson(std::string_view text) {
  Guard guard;
  try {
    return Json::parse(text, [&guard](int depth, Json::parse_event_t event, Json& parsed) {
      guard.See(depth, event, parsed);
      return true;
    });
  } catch (const std::exception& exception) {
    return Fail(ErrorCode::kInvalid, std::string("not valid JSON: ") + exception.what());
  }
}

}  // namespace kadende::base
