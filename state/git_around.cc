#include "state/git_around.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <utility>

namespace kadende::state {
namespace {

std::string Identity(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return "-;";
  return std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino) + ";";
}

std::string IdentityAndVersion(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return "-;";
  return Identity(path) + std::to_string(info.st_size) + "," + std::to_string(info.st_mtim.tv_sec) + "." +
         std::to_string(info.st_mtim.tv_nsec) + ";";
}

// A linked work tree's git directory names the one that it shares with the others.
std::string CommonOf(const std::string& git_directory) {
  std::string line;
  std::ifstream file(git_directory + "commondir");
  if (!std::getline(file, line) || line.empty()) return git_directory;
  return (std::filesystem::path(git_directory) / line).string() + "/";
}

// Which repository this is, and everything that libgit2 reads at opening and never again.
std::string Fingerprint(const std::string& git_directory) {
  const std::string common = CommonOf(git_directory);
  return git_directory + ";" + Identity(git_directory) + Identity(common) + Identity(common + "objects") +
         IdentityAndVersion(common + "config") + IdentityAndVersion(git_directory + "config.worktree") +
         IdentityAndVersion(common + "objects/info/alternates");
}

}  // namespace

base::Result<GitRepository*> RepositoryAround::Find() {
  const auto found = folder_.empty() ? std::nullopt : GitRepository::DirectoryAround(folder_);
  if (!found) {
    opened_.reset();
    return nullptr;
  }
  std::string there = Fingerprint(*found);
  if (!opened_ || seen_ != there) {
    seen_ = std::move(there);
    opened_.emplace(GitRepository::OpenAround(folder_));
  }
  if (!*opened_) return tl::unexpected(opened_->error());
  return &**opened_;
}

}  // namespace kadende::state
