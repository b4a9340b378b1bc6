// One git repository, as far as the history needs it: objects as bytes, references by compare-and-swap. The only file
// that talks to libgit2; trees and commits are read and written as bytes by git_tree and git_commit.
//
// Durable: objects and references are flushed to disk (GIT_OPT_ENABLE_FSYNC_GITDIR) before a call returns.
// Not thread-safe.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "engine/base/result.h"

struct git_repository;
struct git_odb;

namespace kadende::state {

struct ObjectId {
  std::array<std::uint8_t, 20> bytes{};  // SHA-1: repositories of other hashes are refused by libgit2 1.5
  auto operator<=>(const ObjectId&) const = default;
};
[[nodiscard]] std::string ToHex(const ObjectId& id);
[[nodiscard]] std::optional<ObjectId> ObjectIdFromHex(std::string_view hex);

struct ObjectIdHash {
  std::size_t operator()(const ObjectId& id) const noexcept;
};

enum class ObjectKind : std::uint8_t { kCommit = 1, kTree = 2, kBlob = 3 };  // values of the pack format

[[nodiscard]] ObjectId HashObject(ObjectKind kind, std::string_view bytes);

// Objects that are to be written together, children before what refers to them.
class ObjectBatch {
 public:
  struct Object {
    ObjectKind kind;
    ObjectId id;
    std::string bytes;
  };

  // The object's id; adding what is already there changes nothing.
  ObjectId Add(ObjectKind kind, std::string bytes);
  [[nodiscard]] const std::vector<Object>& objects() const { return objects_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  // Moves the objects of `other` here.
  void Take(ObjectBatch* other);
  void Clear();

 private:
  std::vector<Object> objects_;
  std::unordered_set<ObjectId, ObjectIdHash> known_;
  std::size_t bytes_ = 0;
};

struct Identity {
  std::string name;
  std::string email;
};

class LooseObjects;

class GitRepository {
 public:
  GitRepository(GitRepository&& other) noexcept;
  GitRepository& operator=(GitRepository&& other) noexcept;
  ~GitRepository();

  // `path` is the repository itself; nothing where there is none. Whoever owns it: the place was given, not found.
  [[nodiscard]] static base::Result<std::optional<GitRepository>> Open(const std::string& path);
  // A bare repository, made where there is none; the parent folder must exist.
  [[nodiscard]] static base::Result<GitRepository> OpenOrCreate(const std::string& path);
  // The git directory (with a slash at its end) of the repository that a work tree's folder, or a bare repository,
  // belongs to, as git finds it; nothing where there is none. Looks at file names only.
  [[nodiscard]] static std::optional<std::string> DirectoryAround(const std::string& folder);
  // That repository. Open it once and keep it: state/git_around.h.
  [[nodiscard]] static base::Result<GitRepository> OpenAround(const std::string& folder);

  // kCorrupt: missing, damaged, or of another kind.
  [[nodiscard]] base::Result<std::string> Read(const ObjectId& id, ObjectKind kind) const;
  // A few objects become loose ones, many become one pack (MEASURED, "git objects").
  [[nodiscard]] base::Status Write(const ObjectBatch& batch);

  // Full names, as "refs/heads/kadende/shop".
  [[nodiscard]] base::Result<std::optional<ObjectId>> ReadRef(const std::string& name) const;
  [[nodiscard]] base::Result<std::vector<std::string>> ListRefs(const std::string& prefix) const;
  // From exactly `from` (nothing: it must not exist) to `to`. kConflict: it was something else; kUnavailable: its lock
  // file is taken.
  [[nodiscard]] base::Status MoveRef(const std::string& name, const std::optional<ObjectId>& from, const ObjectId& to,
                                     const std::string& message);
  [[nodiscard]] base::Status DeleteRef(const std::string& name, const ObjectId& from);
  // HEAD of this or of any linked work tree points there.
  [[nodiscard]] bool IsCheckedOut(const std::string& name) const;
  // Lets an unborn HEAD point to `name`, so that a plain `git log` shows something.
  void AdoptHead(const std::string& name);

  // user.name and user.email as git would find them; nothing where they are not set.
  [[nodiscard]] std::optional<Identity> ConfiguredIdentity() const;
  // A setting's text as git would find it; nothing where it is not set.
  [[nodiscard]] std::optional<std::string> Setting(const std::string& key) const;
  // Where objects and branches live: also of a linked work tree. Real path, no trailing slash.
  [[nodiscard]] std::string CommonDirectory() const;

 private:
  GitRepository();

  struct FreeRepository {
    void operator()(git_repository* repository) const;
  };
  struct FreeOdb {
    void operator()(git_odb* odb) const;
  };

  [[nodiscard]] static base::Result<GitRepository> Adopt(git_repository* repository, const std::string& path);
  [[nodiscard]] base::Status WriteLoose(const ObjectBatch& batch);
  [[nodiscard]] base::Status WritePack(const ObjectBatch& batch);

  std::unique_ptr<git_repository, FreeRepository> repository_;
  std::unique_ptr<git_odb, FreeOdb> odb_;
  std::unique_ptr<LooseObjects> loose_;
};

}  // namespace kadende::state
