#include "providers/plugin/notes.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "providers/plugin/members.h"

namespace kadende::providers::plugin {
namespace {

constexpr std::size_t kLongestText = 2000;
constexpr std::array<std::string_view, 4> kLevels = {"debug", "info", "warning", "error"};

std::string TextOf(const base::Json& params, const char* key) {
  const auto text = OptionalText(params, key);
  return text ? text->substr(0, kLongestText) : std::string();
}

}  // namespace

std::uint64_t NoteId(const Message& message) {
  const auto found = message.value.find("id");
  return found != message.value.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

bool FillNote(const Message& message, PluginNote* note) {
  const base::Json& params = message.value;
  note->message = TextOf(params, "message");
  if (message.method == "log") {
    note->kind = PluginNote::Kind::kLog;
    note->level = TextOf(params, "level");
    if (std::find(kLevels.begin(), kLevels.end(), note->level) == kLevels.end()) note->level = "info";
    return !note->message.empty();
  }
  if (message.method != "progress") return false;
  note->kind = PluginNote::Kind::kProgress;
  const auto fraction = params.find("fraction");
  if (fraction != params.end() && fraction->is_number()) note->fraction = std::clamp(fraction->get<double>(), 0.0, 1.0);
  return !note->message.empty() || note->fraction >= 0;
}

std::string WordsOf(const PluginNote& note) {
  if (note.fraction < 0) return note.message;
  const std::string percent = std::to_string(static_cast<int>(note.fraction * 100)) + "%";
  return note.message.empty() ? percent : note.message + ", " + percent;
}

PluginNote NoteOfErrors(const std::string& plugin, std::string line) {
  PluginNote note;
  note.kind = PluginNote::Kind::kErrorOutput;
  note.plugin = plugin;
  note.level = "info";
  note.message = std::move(line);
  return note;
}

}  // namespace kadende::providers::plugin
