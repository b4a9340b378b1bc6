// Versions as a person writes them: "shop@12", "12", "HEAD~3", a commit id.
#pragma once

#include <string>
#include <string_view>

#include "cli/console.h"
#include "cli/session.h"

namespace kadende::cli {

struct RevisionText {
  std::string cluster;   // empty: not said
  std::string revision;  // empty: not said
};
// Splits at the last '@'; a text without one is a revision.
[[nodiscard]] RevisionText ParseRevisionText(std::string_view text);

// Whether a text without '@' may be a revision: a serial, HEAD or HEAD~n, or at least four hex digits. A cluster may be
// called so, too; then CLUSTER@REV is clear.
[[nodiscard]] bool LooksLikeRevision(std::string_view text);

// As model::ParseNodeQuery, and also a node's key, "<lineage>/web/0".
[[nodiscard]] model::NodeQuery ParseNodeText(std::string_view text);

// The name that the history has a cluster under; `text` as Session::Find takes it. What state no longer has is looked
// for in git under the name as it is.
[[nodiscard]] base::Result<std::string> NameInHistory(Session& session, Console& console, const std::string& text);
// The same where the history is the team's: FindShared.
[[nodiscard]] base::Result<std::string> NameInSharedHistory(Session& session, Console& console, const std::string& text,
                                                            bool offline);

}  // namespace kadende::cli
