// One publish into our own repository: which commit to build on, the tree, the commit, the branch.
#pragma once

#include <optional>
#include <string>

#include "engine/base/result.h"
#include "engine/ports/history.h"
#include "state/git_around.h"
#include "state/git_commit.h"
#include "state/git_repository.h"

namespace kadende::state {

// An error of reading our own history: what was corrupt gets the remedies.
[[nodiscard]] tl::unexpected<base::Error> Damaged(base::Error error);

// Who commits: the user's user.name and user.email, as the repository around the configuration has them.
[[nodiscard]] Identity AuthorOf(const GitRepository& own, RepositoryAround& around);

class GitPublisher {
 public:
  // The caller holds the publish lock of `own`. All arguments must outlive the publisher.
  GitPublisher(GitRepository& own, const ports::PublishRequest& request, RepositoryAround& around);

  struct Outcome {
    ObjectId commit;
    std::uint64_t serial = 0;
    bool wrote = false;              // false: the tip already is what was asked for
    std::optional<ObjectId> before;  // the tip that the commit was put on
    std::string warning;             // the history was gone and is made anew; empty otherwise
  };
  [[nodiscard]] base::Result<Outcome> Publish();

  // What Publish wrote, for the enclosing repository.
  [[nodiscard]] const ObjectBatch& batch() const { return batch_; }

 private:
  struct Base {
    std::optional<ObjectId> parent;  // of the new commit
    std::optional<ObjectId> tree;    // to take over from; nothing: everything is written
    std::uint64_t serial = 0;
    bool lost = false;  // what state names is gone: this begins anew from the working store
  };

  [[nodiscard]] base::Result<std::optional<Commit>> ReadTip();
  [[nodiscard]] base::Result<Base> BeginAnew();
  [[nodiscard]] std::string Lost() const;
  [[nodiscard]] base::Result<Base> ChooseBase(const std::optional<Commit>& tip);
  [[nodiscard]] base::Result<bool> IsAlready(const Commit& tip, const std::optional<ObjectId>& expected);
  [[nodiscard]] bool IsOfOpenRun(const Commit& commit) const;
  [[nodiscard]] base::Result<bool> StandsOn(Commit commit, const std::optional<ObjectId>& expected);
  [[nodiscard]] base::Result<Base> SucceedOther(const Commit& tip);
  [[nodiscard]] tl::unexpected<base::Error> Conflict(const std::optional<Commit>& tip) const;
  [[nodiscard]] base::Status MoveBranch(const std::optional<ObjectId>& from, const ObjectId& to);

  GitRepository& own_;
  const ports::PublishRequest& request_;
  const model::ClusterRecord& cluster_;
  RepositoryAround& around_;
  const std::string branch_;
  ObjectBatch batch_;
};

}  // namespace kadende::state
