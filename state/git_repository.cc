#include "state/git_repository.h"

#include <fcntl.h>
#include <git2.h>
#include <git2/sys/odb_backend.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "state/git_loose.h"
#include "state/git_pack.h"

namespace kadende::state {
namespace {

// Above, one pack is faster than loose objects and leaves fewer files.
constexpr std::size_t kMaxLoose = 64;
constexpr ssize_t kCacheBytes = 16 << 20;  // a watch lives for months; the default is 256 MiB

template <class T, void (*kFree)(T*)>
struct Freer {
  void operator()(T* object) const { kFree(object); }
};
template <class T, void (*kFree)(T*)>
using Handle = std::unique_ptr<T, Freer<T, kFree>>;
using Reference = Handle<git_reference, git_reference_free>;
using Config = Handle<git_config, git_config_free>;
using Iterator = Handle<git_reference_iterator, git_reference_iterator_free>;
using OdbObject = Handle<git_odb_object, git_odb_object_free>;

void InitLibrary() {
  static std::once_flag once;
  std::call_once(once, [] {
    git_libgit2_init();
    git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
    git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, kCacheBytes);
    // Files may belong to somebody else (sudo, CI, containers). libgit2 runs no hooks, filters or commands for what is
    // done here, so nothing of a foreign repository is executed.
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
  });
}

std::string LastError() {
  const git_error* error = git_error_last();
  return error == nullptr || error->message == nullptr ? "unknown error" : error->message;
}

base::ErrorCode CodeOf(int error) {
  if (error == GIT_EMODIFIED || error == GIT_EEXISTS) return base::ErrorCode::kConflict;
  if (error == GIT_ELOCKED) return base::ErrorCode::kUnavailable;
  return errno == EACCES || errno == EROFS ? base::ErrorCode::kDenied : base::ErrorCode::kInternal;
}

git_oid Oid(const ObjectId& id) {
  git_oid oid;
  std::memcpy(oid.id, id.bytes.data(), id.bytes.size());
  return oid;
}

ObjectId FromOid(const git_oid& oid) {
  ObjectId id;
  std::memcpy(id.bytes.data(), oid.id, id.bytes.size());
  return id;
}

// The branch that a git directory's HEAD points to; empty where it is detached.
std::string HeadOf(const std::filesystem::path& git_directory) {
  constexpr std::string_view kSymbolic = "ref: ";
  std::string line;
  std::ifstream file(git_directory / "HEAD");
  std::getline(file, line);
  return line.starts_with(kSymbolic) ? line.substr(kSymbolic.size()) : std::string();
}

void FlushPath(const std::filesystem::path& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

// libgit2 flushes objects and references, but not what git_repository_init makes.
void FlushNewRepository(const std::string& path) {
  const std::filesystem::path root(path);
  for (const char* const part : {"HEAD", "config", "objects/info", "objects/pack", "objects", "refs/heads", "refs"}) {
    FlushPath(root / part);
  }
  FlushPath(root);
  FlushPath(root.parent_path());
}

}  // namespace

std::string ToHex(const ObjectId& id) {
  std::array<char, GIT_OID_HEXSZ + 1> buffer{};
  const git_oid oid = Oid(id);
  return git_oid_tostr(buffer.data(), buffer.size(), &oid);
}

std::optional<ObjectId> ObjectIdFromHex(std::string_view hex) {
  git_oid oid;
  if (hex.size() != GIT_OID_HEXSZ || git_oid_fromstrn(&oid, hex.data(), hex.size()) != 0) return std::nullopt;
  return FromOid(oid);
}

std::size_t ObjectIdHash::operator()(const ObjectId& id) const noexcept {
  std::size_t value = 0;
  std::memcpy(&value, id.bytes.data(), sizeof value);
  return value;
}

ObjectId HashObject(ObjectKind kind, std::string_view bytes) {
  git_oid oid;
  git_odb_hash(&oid, bytes.data(), bytes.size(), static_cast<git_object_t>(kind));
  return FromOid(oid);
}

ObjectId ObjectBatch::Add(ObjectKind kind, std::string bytes) {
  const ObjectId id = HashObject(kind, bytes);
  if (!known_.insert(id).second) return id;
  bytes_ += bytes.size();
  objects_.push_back({kind, id, std::move(bytes)});
  return id;
}

void ObjectBatch::Take(ObjectBatch* other) {
  for (auto& object : other->objects_) {
    if (!known_.insert(object.id).second) continue;
    bytes_ += object.bytes.size();
    objects_.push_back(std::move(object));
  }
  other->Clear();
}

void ObjectBatch::Clear() {
  objects_.clear();
  known_.clear();
  bytes_ = 0;
}

GitRepository::GitRepository() = default;
GitRepository::GitRepository(GitRepository&&) noexcept = default;
GitRepository& GitRepository::operator=(GitRepository&&) noexcept = default;
GitRepository::~GitRepository() = default;

void GitRepository::FreeRepository::operator()(git_repository* repository) const {
  git_repository_free(repository);
}
void GitRepository::FreeOdb::operator()(git_odb* odb) const {
  git_odb_free(odb);
}

base::Result<GitRepository> GitRepository::Adopt(git_repository* repository, const std::string& path) {
  GitRepository made;
  made.repository_.reset(repository);
  git_odb* odb = nullptr;
  if (git_repository_odb(&odb, repository) != 0) {
    return base::Fail(base::ErrorCode::kCorrupt, "cannot use the git repository " + path + ": " + LastError());
  }
  made.odb_.reset(odb);
  made.loose_ = std::make_unique<LooseObjects>(std::string(git_repository_commondir(repository)) + "objects");
  return made;
}

base::Result<std::optional<GitRepository>> GitRepository::Open(const std::string& path) {
  InitLibrary();
  git_repository* repository = nullptr;
  const int error = git_repository_open_ext(&repository, path.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr);
  if (error == GIT_ENOTFOUND) return std::nullopt;
  if (error != 0) {
    return base::Fail(base::ErrorCode::kCorrupt, "cannot open the git repository " + path + ": " + LastError());
  }
  auto made = Adopt(repository, path);
  if (!made) return tl::unexpected(made.error());
  return std::optional<GitRepository>(std::move(*made));
}

base::Result<GitRepository> GitRepository::OpenOrCreate(const std::string& path) {
  auto existing = Open(path);
  if (!existing) return tl::unexpected(existing.error());
  if (*existing) return std::move(**existing);
  git_repository_init_options options = GIT_REPOSITORY_INIT_OPTIONS_INIT;
  options.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKDIR;
  options.description = "Published versions of kadende clusters, one branch each";
  git_repository* repository = nullptr;
  if (git_repository_init_ext(&repository, path.c_str(), &options) != 0) {
    const auto code = errno == EACCES || errno == EROFS ? base::ErrorCode::kDenied : base::ErrorCode::kInternal;
    return base::Fail(code, "cannot make the git repository " + path + ": " + LastError());
  }
  FlushNewRepository(path);
  return Adopt(repository, path);
}

std::optional<std::string> GitRepository::DirectoryAround(const std::string& folder) {
  InitLibrary();
  git_buf found = GIT_BUF_INIT;
  const int error = git_repository_discover(&found, folder.c_str(), 0, nullptr);
  std::optional<std::string> directory;
  if (error == 0) directory.emplace(found.ptr, found.size);
  git_buf_dispose(&found);
  return directory;
}

base::Result<GitRepository> GitRepository::OpenAround(const std::string& folder) {
  InitLibrary();
  git_repository* repository = nullptr;
  if (git_repository_open_ext(&repository, folder.c_str(), 0, nullptr) != 0) {
    return base::Fail(base::ErrorCode::kInvalid,
                      "cannot open the git repository around " + folder + ": " + LastError());
  }
  return Adopt(repository, folder);
}

base::Result<std::string> GitRepository::Read(const ObjectId& id, ObjectKind kind) const {
  auto loose = loose_->Read(id, kind);
  if (!loose) return tl::unexpected(loose.error());
  if (*loose) return std::move(**loose);
  const git_oid oid = Oid(id);
  git_odb_object* raw = nullptr;
  const int error = git_odb_read(&raw, odb_.get(), &oid);
  const OdbObject object(raw);
  if (error != 0) {
    const std::string why = error == GIT_ENOTFOUND ? "is missing" : "is damaged (" + LastError() + ")";
    return base::Fail(base::ErrorCode::kCorrupt, "git object " + ToHex(id) + " " + why);
  }
  if (git_odb_object_type(raw) != static_cast<git_object_t>(kind)) {
    return base::Fail(base::ErrorCode::kCorrupt, "git object " + ToHex(id) + " is of another kind than expected");
  }
  return std::string(static_cast<const char*>(git_odb_object_data(raw)), git_odb_object_size(raw));
}

base::Status GitRepository::Write(const ObjectBatch& batch) {
  errno = 0;
  loose_->Forget();
  return batch.objects().size() > kMaxLoose ? WritePack(batch) : WriteLoose(batch);
}

base::Status GitRepository::WriteLoose(const ObjectBatch& batch) {
  for (const auto& object : batch.objects()) {
    git_oid oid;
    const auto kind = static_cast<git_object_t>(object.kind);
    const int error = git_odb_write(&oid, odb_.get(), object.bytes.data(), object.bytes.size(), kind);
    if (error != 0) return base::Fail(CodeOf(error), "cannot write a git object: " + LastError());
  }
  return {};
}

base::Status GitRepository::WritePack(const ObjectBatch& batch) {
  git_odb_writepack* writer = nullptr;
  if (const int error = git_odb_write_pack(&writer, odb_.get(), nullptr, nullptr); error != 0) {
    return base::Fail(CodeOf(error), "cannot write a git pack: " + LastError());
  }
  git_indexer_progress progress{};
  int error = 0;
  const auto append = [&](std::string_view bytes) {
    error = writer->append(writer, bytes.data(), bytes.size(), &progress);
    return error == 0;
  };
  base::Status status = StreamPack(batch, append);
  if (status && error == 0) error = writer->commit(writer, &progress);
  if (status && error != 0) status = base::Fail(CodeOf(error), "cannot write a git pack: " + LastError());
  writer->free(writer);
  return status;
}

base::Result<std::optional<ObjectId>> GitRepository::ReadRef(const std::string& name) const {
  git_oid oid;
  const int error = git_reference_name_to_id(&oid, repository_.get(), name.c_str());
  if (error == GIT_ENOTFOUND) return std::nullopt;
  if (error != 0) return base::Fail(base::ErrorCode::kCorrupt, "cannot read " + name + ": " + LastError());
  return FromOid(oid);
}

base::Result<std::vector<std::string>> GitRepository::ListRefs(const std::string& prefix) const {
  git_reference_iterator* raw = nullptr;
  if (git_reference_iterator_glob_new(&raw, repository_.get(), (prefix + "*").c_str()) != 0) {
    return base::Fail(base::ErrorCode::kCorrupt, "cannot list branches: " + LastError());
  }
  const Iterator iterator(raw);
  std::vector<std::string> names;
  const char* name = nullptr;
  while (git_reference_next_name(&name, raw) == 0) names.emplace_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

base::Status GitRepository::MoveRef(const std::string& name, const std::optional<ObjectId>& from, const ObjectId& to,
                                    const std::string& message) {
  // The zero id asks for "must not exist". git_reference_create(force=0) lost updates when measured; this did not.
  const git_oid expected = Oid(from.value_or(ObjectId{}));
  const git_oid target = Oid(to);
  git_reference* raw = nullptr;
  errno = 0;
  const int error =
      git_reference_create_matching(&raw, repository_.get(), name.c_str(), &target, 1, &expected, message.c_str());
  const Reference reference(raw);
  if (error != 0) return base::Fail(CodeOf(error), "cannot move " + name + ": " + LastError());
  return {};
}

base::Status GitRepository::DeleteRef(const std::string& name, const ObjectId& from) {
  git_reference* raw = nullptr;
  int error = git_reference_lookup(&raw, repository_.get(), name.c_str());
  const Reference reference(raw);
  if (error == GIT_ENOTFOUND) return {};
  errno = 0;
  if (error == 0) {
    const git_oid* target = git_reference_target(raw);
    if (target == nullptr || FromOid(*target) != from) {
      return base::Fail(base::ErrorCode::kConflict, "cannot remove " + name + ": it moved");
    }
    error = git_reference_delete(raw);  // compares with the value that was looked up
  }
  if (error != 0) return base::Fail(CodeOf(error), "cannot remove " + name + ": " + LastError());
  return {};
}

bool GitRepository::IsCheckedOut(const std::string& name) const {
  // Not git_branch_is_checked_out: it opens the repository again, and each of its work trees (state/git_around.h).
  const std::filesystem::path common = git_repository_commondir(repository_.get());
  if (git_repository_is_bare(repository_.get()) == 0 && HeadOf(common) == name) return true;
  std::error_code error;
  for (std::filesystem::directory_iterator at(common / "worktrees", error), end; !error && at != end;
       at.increment(error)) {
    if (HeadOf(at->path()) == name) return true;
  }
  return false;
}

void GitRepository::AdoptHead(const std::string& name) {
  if (git_repository_head_unborn(repository_.get()) == 1) git_repository_set_head(repository_.get(), name.c_str());
}

std::optional<Identity> GitRepository::ConfiguredIdentity() const {
  // Not git_signature_default: it fails on names that git itself only cleans.
  git_config* raw = nullptr;
  if (git_repository_config_snapshot(&raw, repository_.get()) != 0) return std::nullopt;
  const Config config(raw);
  const char* name = nullptr;
  const char* email = nullptr;
  if (git_config_get_string(&name, raw, "user.name") != 0) return std::nullopt;
  if (git_config_get_string(&email, raw, "user.email") != 0) return std::nullopt;
  return Identity{name, email};
}

std::optional<std::string> GitRepository::Setting(const std::string& key) const {
  git_config* raw = nullptr;
  if (git_repository_config_snapshot(&raw, repository_.get()) != 0) return std::nullopt;
  const Config config(raw);
  const char* value = nullptr;
  if (git_config_get_string(&value, raw, key.c_str()) != 0 || value == nullptr) return std::nullopt;
  return value;
}

std::string GitRepository::CommonDirectory() const {
  std::error_code ignored;
  const std::filesystem::path path =
      std::filesystem::weakly_canonical(git_repository_commondir(repository_.get()), ignored);
  std::string text = path.string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

}  // namespace kadende::state
