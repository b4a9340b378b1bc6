#include "cli/file_index.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace kadende::cli {
namespace {

namespace fs = std::filesystem;

std::string Absolute(const fs::path& path) {
  std::error_code error;
  const fs::path absolute = fs::weakly_canonical(path, error);
  return error ? path.lexically_normal().string() : absolute.string();
}

}  // namespace

FileIndex::FileIndex(std::string state_directory) : directory_(Absolute(state_directory)) {
  std::ifstream input(directory_ + "/files");
  std::string line;
  while (std::getline(input, line)) {
    const auto tab = line.find('\t');
    if (tab == std::string::npos) continue;  // torn by a crash: as if it had not been written
    entries_.push_back({line.substr(0, tab), line.substr(tab + 1)});
  }
}

std::string FileIndex::AbsoluteOf(const Entry& entry) const {
  return Absolute(fs::path(directory_) / entry.file);
}

std::string FileIndex::FileOf(std::string_view cluster) const {
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (entry->cluster == cluster) return AbsoluteOf(*entry);
  }
  return {};
}

std::vector<std::string> FileIndex::ClustersOf(std::string_view file) const {
  const std::string wanted = Absolute(std::string(file));
  std::vector<std::string> names;
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (AbsoluteOf(*entry) == wanted) names.push_back(entry->cluster);
  }
  return names;
}

base::Status FileIndex::Remember(std::string_view cluster, std::string_view file) {
  const std::string absolute = Absolute(std::string(file));
  if (FileOf(cluster) == absolute || cluster.find_first_of("\t\n") != std::string_view::npos) return {};
  std::error_code error;
  const fs::path relative = fs::relative(absolute, directory_, error);
  if (error || relative.string().find('\n') != std::string::npos) return {};
  const std::string line = std::string(cluster) + '\t' + relative.string() + '\n';
  const std::string path = directory_ + "/files";
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  // One write in append mode: lines of two processes do not mix.
  const bool written = fd >= 0 && write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  const int cause = errno;
  if (fd >= 0) close(fd);
  if (!written) return base::Fail(base::ErrorCode::kUnavailable, "cannot write " + path + ": " + std::strerror(cause));
  entries_.push_back({std::string(cluster), relative.string()});
  return {};
}

FolderIndex::Version FolderIndex::Now() const {
  struct stat file {};
  if (stat((directory_ + "/files").c_str(), &file) != 0) return {};
  return {file.st_ino, file.st_size, std::int64_t{file.st_mtim.tv_sec} * 1'000'000'000 + file.st_mtim.tv_nsec};
}

std::string FolderIndex::FolderOf(std::string_view cluster) const {
  const Version now = Now();
  const std::lock_guard lock(mutex_);
  if (!index_ || now != version_) {
    index_.emplace(directory_);
    folders_.clear();
    version_ = now;  // of before: what was written since is read again
  }
  const auto known = folders_.find(cluster);
  if (known != folders_.end()) return known->second;
  const std::string file = index_->FileOf(cluster);
  return folders_[std::string(cluster)] = file.empty() ? file : fs::path(file).parent_path().string();
}

}  // namespace kadende::cli
