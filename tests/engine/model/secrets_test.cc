#include "engine/model/secrets.h"

#include <catch2/catch.hpp>

namespace kadende::model {
namespace {

std::string Redacted(const std::string& secret, std::string text) {
  Secrets secrets;
  secrets.Add("secret.env.A", base::SecretText(secret));
  secrets.Redact(&text);
  return text;
}

}  // namespace

TEST_CASE("a value is taken out of a text in each of its spellings") {
  CHECK(Redacted("hunter22", "no: hunter22, hunter22!") == "no: (secret), (secret)!");
  CHECK(Redacted("a\"b\\c\nd", "{\"pw\":\"a\\\"b\\\\c\\nd\"}") == "{\"pw\":\"(secret)\"}");
  CHECK(Redacted("a b/c+d", "GET /?pw=a%20b%2Fc%2Bd&x") == "GET /?pw=(secret)&x");
  CHECK(Redacted("a b/c+d", "GET /?pw=a%20b%2fc%2bd&x") == "GET /?pw=(secret)&x");
  CHECK(Redacted("hunter22", "68756e7465723232 and 68756E7465723232") == "(secret) and (secret)");
}

TEST_CASE("base64 of more than the value gives none of its whole bytes away") {
  CHECK(Redacted("hunter22", "Basic aHVudGVyMjI=") == "Basic (secret)I=");          // hunter22
  CHECK(Redacted("hunter22", "Basic dTpodW50ZXIyMg==") == "Basic dTp(secret)g==");  // u:hunter22
  CHECK(Redacted("hunter22", "Basic dXM6aHVudGVyMjI=").find("aHVudGVyMj") == std::string::npos);
}

TEST_CASE("a line of a value of several is taken out by itself") {
  CHECK(Redacted("-----BEGIN-----\nMIIabcdefgh\nx\n", "cannot parse MIIabcdefgh") == "cannot parse (secret)");
}

TEST_CASE("a text that may hold a very short value goes as a whole") {
  CHECK(Redacted("ab", "grab it") == "(left out: it may hold a secret)");
  CHECK(Redacted("ab", "let it be") == "let it be");
}

TEST_CASE("where one value is part of another the longer one goes first") {
  Secrets secrets;
  secrets.Add("secret.env.A", base::SecretText("pass"));
  secrets.Add("secret.env.B", base::SecretText("password-1"));
  std::string text = "password-1 pass";
  secrets.Redact(&text);
  CHECK(text == "(secret) (secret)");
}

}  // namespace kadende::model
