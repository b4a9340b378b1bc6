// Notifications and error output of a plugin, as notes for whoever listens.
#pragma once

#include <cstdint>
#include <string>

#include "providers/plugin/message.h"
#include "providers/plugin/plugin_provider.h"

namespace kadende::providers::plugin {

// The call that a notification is about; 0: none.
[[nodiscard]] std::uint64_t NoteId(const Message& message);
// False: a notification that this host does not know, or that lacks its text; it is passed over.
[[nodiscard]] bool FillNote(const Message& message, PluginNote* note);
// Of a kProgress note, as a person reads them: "pulling image, 40%".
[[nodiscard]] std::string WordsOf(const PluginNote& note);
[[nodiscard]] PluginNote NoteOfErrors(const std::string& plugin, std::string line);

}  // namespace kadende::providers::plugin
