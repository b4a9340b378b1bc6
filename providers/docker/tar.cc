#include "providers/docker/tar.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace kadende::providers::docker {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kNameSize = 100;

// The header of one file; its layout is POSIX's (pax, "ustar Interchange Format").
struct Header {
  char name[kNameSize];
  char mode[8];
  char uid[8];
  char gid[8];
  char size[12];
  char mtime[12];
  char checksum[8];
  char type;
  char link[kNameSize];
  char magic[6];
  char version[2];
  char user[32];
  char group[32];
  char device_major[8];
  char device_minor[8];
  char prefix[155];
  char padding[12];
};
static_assert(sizeof(Header) == kBlock);

// Digits to the field's end but one, which stays NUL.
template <std::size_t size>
void Octal(char (&field)[size], std::uint64_t value) {
  for (std::size_t i = size - 1; i > 0; --i, value >>= 3U) field[i - 1] = static_cast<char>('0' + (value & 7U));
}

// A long path is split at a slash: the first part goes into the prefix.
void SetPath(Header* header, const std::string& path) {
  std::size_t split = 0;
  if (path.size() > kNameSize) split = path.find('/', path.size() - kNameSize - 1);
  if (split == std::string::npos) split = path.rfind('/');
  if (split != 0 && split != std::string::npos) {
    path.copy(header->prefix, std::min(split, sizeof header->prefix));
    path.copy(header->name, kNameSize, split + 1);
  } else {
    path.copy(header->name, kNameSize);
  }
}

Header MakeHeader(const File& file) {
  Header header = {};
  SetPath(&header, file.path.substr(1));
  Octal(header.mode, file.mode);
  Octal(header.uid, 0);
  Octal(header.gid, 0);
  Octal(header.size, file.content.size());
  Octal(header.mtime, 0);
  header.type = '0';
  std::memcpy(header.magic, "ustar", 6);
  std::memcpy(header.version, "00", 2);
  std::memset(header.checksum, ' ', sizeof header.checksum);
  unsigned sum = 0;
  std::array<unsigned char, kBlock> bytes = {};
  std::memcpy(bytes.data(), &header, kBlock);
  for (const unsigned char byte : bytes) sum += byte;
  Octal(header.checksum, sum);
  return header;
}

}  // namespace

std::string MakeTar(const std::vector<File>& files) {
  std::string tar;
  for (const File& file : files) {
    const Header header = MakeHeader(file);
    tar.append(reinterpret_cast<const char*>(&header), kBlock);
    tar += file.content;
    tar.append((kBlock - file.content.size() % kBlock) % kBlock, '\0');
  }
  tar.append(2 * kBlock, '\0');
  return tar;
}

}  // namespace kadende::providers::docker
