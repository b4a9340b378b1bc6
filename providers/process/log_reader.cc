#include "providers/process/log_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "providers/shim/protocol.h"

namespace kadende::providers::process {
namespace {

constexpr std::size_t kBlock = 64 * 1024;

std::string FileName(int number) {
  return number == 0 ? shim::kOutputFile : shim::kOutputFile + ("." + std::to_string(number));
}

std::uint64_t InodeAt(const std::string& path) {
  struct stat info = {};
  return ::stat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_ino) : 0;
}

std::uint64_t SizeOf(int fd) {
  struct stat info = {};
  return ::fstat(fd, &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

// The offset behind the `*lines`-th newline from the end of [0, end); 0 with *lines reduced where there are fewer.
std::uint64_t FindLineStart(int fd, std::uint64_t end, std::uint64_t* lines) {
  std::array<char, kBlock> block;
  while (end > 0) {
    const std::uint64_t from = end > kBlock ? end - kBlock : 0;
    const ssize_t count = ::pread(fd, block.data(), end - from, static_cast<off_t>(from));
    if (count <= 0) return end;
    for (std::size_t i = static_cast<std::size_t>(count); i > 0; --i) {
      if (block[i - 1] == '\n' && --*lines == 0) return from + i;
    }
    end = from;
  }
  return 0;
}

}  // namespace

LogReader::LogReader(std::string folder) : folder_(std::move(folder)), files_(OpenAll()) {}

// Opened newest first: a file that is rotated in between is then met a second time, under its next name, and dropped;
// nothing is skipped.
std::vector<LogReader::File> LogReader::OpenAll() const {
  std::vector<File> files;
  for (int number = 0; number < shim::kOutputFiles; ++number) {
    File file;
    file.fd.Reset(::open((folder_ + "/" + FileName(number)).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!file.fd) continue;
    struct stat info = {};
    if (::fstat(file.fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    file.inode = static_cast<std::uint64_t>(info.st_ino);
    const auto same = [&](const File& other) { return other.inode == file.inode; };
    if (std::none_of(files.begin(), files.end(), same)) files.push_back(std::move(file));
  }
  std::reverse(files.begin(), files.end());
  return files;
}

void LogReader::SkipToTail(std::uint64_t lines) {
  // The newline at the very end closes the last line, it does not begin another.
  for (auto file = files_.rbegin(); file != files_.rend(); ++file) {
    const std::uint64_t size = SizeOf(file->fd.get());
    char last = 0;
    const bool closed =
        size > 0 && ::pread(file->fd.get(), &last, 1, static_cast<off_t>(size - 1)) == 1 && last == '\n';
    const std::uint64_t end = closed && file == files_.rbegin() ? size - 1 : size;
    file->offset = FindLineStart(file->fd.get(), end, &lines);
    if (lines != 0) continue;
    files_.erase(files_.begin(), std::prev(file.base()));
    return;
  }
}

bool LogReader::Read(const Sink& sink) {
  bool any = false;
  for (File& file : files_) any = ReadFile(&file, sink) || any;
  const std::uint64_t newest = InodeAt(folder_ + "/" + shim::kOutputFile);
  if (newest == 0 || (!files_.empty() && files_.back().inode == newest)) return any;
  // Rotated: what was newest may have grown until then.
  if (!files_.empty()) static_cast<void>(ReadFile(&files_.back(), sink));
  TakeNewFiles();
  return true;
}

// Keeps the files after the one that was read last. Where that has already been rotated away, all that is kept is new.
void LogReader::TakeNewFiles() {
  std::vector<File> now = OpenAll();
  const std::uint64_t last = files_.empty() ? 0 : files_.back().inode;
  const auto known = std::find_if(now.begin(), now.end(), [&](const File& file) { return file.inode == last; });
  if (known != now.end()) {
    known->offset = files_.back().offset;
    now.erase(now.begin(), known);
  }
  files_ = std::move(now);
}

bool LogReader::ReadFile(File* file, const Sink& sink) {
  std::array<char, kBlock> block;
  const std::uint64_t size = SizeOf(file->fd.get());  // and no further: a node may print faster than we read
  if (file->offset > size) file->offset = 0;          // cut, because it could not be rotated
  bool any = false;
  while (file->offset < size) {
    const std::size_t want = std::min<std::uint64_t>(block.size(), size - file->offset);
    const ssize_t count = ::pread(file->fd.get(), block.data(), want, static_cast<off_t>(file->offset));
    if (count <= 0) break;
    sink({block.data(), static_cast<std::size_t>(count)});
    file->offset += static_cast<std::uint64_t>(count);
    any = true;
  }
  return any;
}

}  // namespace kadende::providers::process
