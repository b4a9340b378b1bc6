#include "cli/revision_text.h"

#include <algorithm>
#include <cctype>

#include "cli/lost_cluster.h"

namespace kadende::cli {

RevisionText ParseRevisionText(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) return {{}, std::string(text)};
  return {std::string(text.substr(0, at)), std::string(text.substr(at + 1))};
}

bool LooksLikeRevision(std::string_view text) {
  constexpr std::size_t kShortestId = 4;
  constexpr std::size_t kLongestId = 40;
  const auto all = [text](auto&& test) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](unsigned char c) { return test(c) != 0; });
  };
  if (text == "HEAD" || text.starts_with("HEAD~")) return true;
  if (all([](unsigned char c) { return std::isdigit(c); })) return true;
  return text.size() >= kShortestId && text.size() <= kLongestId &&
         all([](unsigned char c) { return std::isxdigit(c); });
}

model::NodeQuery ParseNodeText(std::string_view text) {
  constexpr std::size_t kLineage = 26;
  if (text.size() > kLineage && text[kLineage] == '/' && text.rfind('/') > kLineage) {
    const std::string_view rest = text.substr(kLineage + 1);
    const std::size_t last = rest.rfind('/');
    return {std::string(rest.substr(0, last)), std::string(rest.substr(last + 1)), {}};
  }
  return model::ParseNodeQuery(text);
}

namespace {

base::Result<std::string> NameOf(Session& session, const base::Result<ports::ClusterSummary>& cluster,
                                 const std::string& text) {
  if (cluster) return cluster->name;
  if (text.empty() || cluster.error().code != base::ErrorCode::kNotFound) return tl::unexpected(cluster.error());
  auto tip = session.history().Tip(text);
  if (!tip) return tl::unexpected(std::move(tip.error()));
  if (!*tip) return tl::unexpected(cluster.error());
  return text;
}

}  // namespace

base::Result<std::string> NameInHistory(Session& session, Console& console, const std::string& text) {
  return NameOf(session, FindCluster(session, console, text), text);
}

base::Result<std::string> NameInSharedHistory(Session& session, Console& console, const std::string& text,
                                              bool offline) {
  return NameOf(session, FindShared(session, console, text, offline), text);
}

}  // namespace kadende::cli
