#include "providers/docker/tar.h"

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

Header MakeHeader(const std::string& name, char type, std::size_t size, std::uint32_t mode) {
  Header header = {};
  name.copy(header.name, kNameSize);
  Octal(header.mode, mode);
  Octal(header.uid, 0);
  Octal(header.gid, 0);
  Octal(header.size, size);
  Octal(header.mtime, 0);
  header.type = type;
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

void Append(std::string* tar, const Header& header, const std::string& content) {
  tar->append(reinterpret_cast<const char*>(&header), kBlock);
  *tar += content;
  tar->append((kBlock - content.size() % kBlock) % kBlock, '\0');
}

}  // namespace

std::string MakeTar(const std::vector<File>& files) {
  std::string tar;
  for (const File& file : files) {
    const std::string path = file.path.substr(1);
    // A longer name than the field comes before it as an entry of its own (GNU's form, which all readers know).
    if (path.size() > kNameSize) Append(&tar, MakeHeader("././@LongLink", 'L', path.size() + 1, 0), path + '\0');
    Append(&tar, MakeHeader(path, '0', file.content.size(), file.mode), file.content);
  }
  tar.append(2 * kBlock, '\0');
  return tar;
}

}  // namespace kadende::providers::docker
