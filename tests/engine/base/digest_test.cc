#include "engine/base/digest.h"

#include <catch2/catch.hpp>

namespace kadende::base {

TEST_CASE("SHA-256 of the standard's example") {
  CHECK(ToHex(Sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("base32 follows RFC 4648 in lower case without padding") {
  CHECK(ToBase32(std::string_view("")) == "");
  CHECK(ToBase32(std::string_view("f")) == "my");
  CHECK(ToBase32(std::string_view("fo")) == "mzxq");
  CHECK(ToBase32(std::string_view("foobar")) == "mzxw6ytboi");
}

TEST_CASE("digests read back from both spellings") {
  const Digest digest = Sha256("kadende");
  CHECK(DigestFromHex(ToHex(digest)) == digest);
  CHECK(DigestFromBase32(ToBase32(digest)) == digest);
  CHECK(ToBase32(digest).size() == 52);
}

TEST_CASE("what is not a digest is refused") {
  CHECK_FALSE(DigestFromHex("ab"));
  CHECK_FALSE(DigestFromHex(std::string(64, 'g')));
  CHECK_FALSE(DigestFromBase32(std::string(51, 'a')));
  CHECK_FALSE(DigestFromBase32(std::string(52, '1')));
  // The last character carries four spare bits: any but zero would be a second spelling of the same digest.
  CHECK_FALSE(DigestFromBase32(std::string(51, 'a') + "b"));
}

TEST_CASE("random bytes differ") {
  CHECK(RandomBytes(16) != RandomBytes(16));
}

}  // namespace kadende::base
