// Short forms for tests of the language.
#pragma once

#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "lang/parser.h"

namespace kadende::lang {

inline ParsedSpec ParseText(const std::string& text, std::map<std::string, std::string> variables = {}) {
  return Parse(text, {"cluster.yml", std::move(variables)});
}

// All findings as a user sees them.
inline std::string Findings(const std::string& text, std::map<std::string, std::string> variables = {}) {
  return base::Render(ParseText(text, std::move(variables)).diagnostics);
}

// A cluster whose groups are `groups`, from line 3 on.
inline std::string Cluster(const std::string& groups) {
  return "version: 1\nname: shop\ngroups:\n" + groups;
}

inline std::string ReadTestFile(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  REQUIRE_FALSE(text.str().empty());
  return text.str();
}

}  // namespace kadende::lang
