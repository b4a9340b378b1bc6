#include "state/git_text_diff.h"

#include <git2.h>

#include <memory>
#include <mutex>

namespace kadende::state {
namespace {

struct FreePatch {
  void operator()(git_patch* patch) const { git_patch_free(patch); }
};

}  // namespace

base::Result<std::string> UnifiedDiff(std::string_view before, std::string_view after, std::string_view before_name,
                                      std::string_view after_name) {
  if (before == after) return std::string();
  static std::once_flag once;
  std::call_once(once, [] { git_libgit2_init(); });
  git_diff_options options = GIT_DIFF_OPTIONS_INIT;
  options.flags = GIT_DIFF_FORCE_TEXT | GIT_DIFF_INDENT_HEURISTIC;
  git_patch* raw = nullptr;
  git_buf text = GIT_BUF_INIT;
  int error =
      git_patch_from_buffers(&raw, before.data(), before.size(), "a", after.data(), after.size(), "b", &options);
  const std::unique_ptr<git_patch, FreePatch> patch(raw);
  if (error == 0) error = git_patch_to_buf(&text, raw);
  if (error != 0) {
    git_buf_dispose(&text);
    return base::Fail(base::ErrorCode::kInternal, "the texts could not be compared");
  }
  // What comes before the first hunk names files and blobs that there are not.
  std::string_view hunks(text.ptr, text.size);
  const std::size_t first = hunks.find("\n@@ ");
  hunks.remove_prefix(first == std::string_view::npos ? hunks.size() : first + 1);
  std::string diff = "--- " + std::string(before_name) + "\n+++ " + std::string(after_name) + "\n" + std::string(hunks);
  git_buf_dispose(&text);
  return diff;
}

}  // namespace kadende::state
