#include "engine/model/expression.h"

#include <catch2/catch.hpp>

namespace kadende::model {
namespace {

const std::map<std::string, std::string> kVariables = {
    {"image", "\"nginx:1.25\""}, {"port", "9100"}, {"below", "-5"}, {"debug", "true"}, {"trick", "\"${node.name}\""}};

PropertyTemplate Bound(std::string_view properties) {
  const GroupValues values{"shop", "1", "data/db", &kVariables};
  auto bound = PropertyTemplate::Bind(properties, values);
  INFO((bound ? "" : bound.error().message));
  REQUIRE(bound);
  return *bound;
}

std::string Rendered(std::string_view properties) {
  auto text = Bound(properties).RenderNode("data-db-3", 3);
  INFO((text ? "" : text.error().message));
  REQUIRE(text);
  return *text;
}

std::string Problem(std::string_view properties) {
  const GroupValues values{"shop", "1", "data/db", &kVariables};
  auto bound = PropertyTemplate::Bind(properties, values);
  return bound ? "" : bound.error().message;
}

}  // namespace

TEST_CASE("what is known of a group is filled in at once") {
  CHECK(Bound(R"({"a":"${cluster.name}-${group.path}","i":"${var.image}"})").symbolic() ==
        R"({"a":"shop-data/db","i":"nginx:1.25"})");
}

TEST_CASE("a lone expression keeps its type") {
  CHECK(Bound(R"({"d":"${var.debug}","p":"${var.port + 1}","t":"p${var.port}"})").symbolic() ==
        R"({"d":true,"p":9101,"t":"p9100"})");
}

TEST_CASE("what differs between nodes stays symbolic and is filled in per node") {
  const char* properties = R"({"args":["--port","${9100 + node.ordinal}"],"name":"x-${node.name}-${var.port}"})";
  CHECK(Bound(properties).symbolic() == R"({"args":["--port","${9100 + node.ordinal}"],"name":"x-${node.name}-9100"})");
  CHECK(Rendered(properties) == R"({"args":["--port",9103],"name":"x-data-db-3-9100"})");
  CHECK_FALSE(Bound(properties).IsConstant());
  CHECK(Bound(R"({"a":1})").IsConstant());
}

TEST_CASE("a variable inside a symbolic expression is filled in at once, so that its change is a new revision") {
  CHECK(Bound(R"({"p":"127.0.0.1:${var.port + node.ordinal}"})").symbolic() ==
        R"({"p":"127.0.0.1:${9100 + node.ordinal}"})");
  CHECK(Bound(R"({"p":"${node.ordinal - var.below}"})").symbolic() == R"({"p":"${node.ordinal - (-5)}"})");
  CHECK(Rendered(R"({"p":"${node.ordinal - var.below}"})") == R"({"p":8})");
  CHECK(Problem(R"({"p":"${node.ordinal + var.image}"})") == "p: at 26: arithmetic needs whole numbers");
}

TEST_CASE("arithmetic follows the usual order") {
  CHECK(Rendered(R"({"a":"${2 + 3 * 4}","b":"${(2 + 3) * 4}","c":"${-7 / 2}","d":"${7 % 4 - 1}"})") ==
        R"({"a":14,"b":20,"c":-3,"d":2})");
}

TEST_CASE("an escaped expression is literal in both steps") {
  CHECK(Rendered(R"({"a":"$${node.name} costs 5$","b":"a$$b"})") == R"({"a":"${node.name} costs 5$","b":"a$$b"})");
}

TEST_CASE("a variable's text is never evaluated") {
  CHECK(Rendered(R"({"a":"${var.trick}","b":"x${var.trick}"})") == R"({"a":"${node.name}","b":"x${node.name}"})");
}

TEST_CASE("a value with quotes stays one string") {
  CHECK(Rendered(R"({"a":"say \"${node.name}\"\n"})") == R"({"a":"say \"data-db-3\"\n"})");
}

TEST_CASE("binding twice changes nothing") {
  const auto once = Bound(R"({"a":"$${x} ${node.name}","b":"${var.trick}"})");
  auto twice = PropertyTemplate::FromBound(once.symbolic());
  REQUIRE(twice);
  CHECK(twice->symbolic() == once.symbolic());
  CHECK(twice->RenderNode("n", 1).value() == once.RenderNode("n", 1).value());
}

TEST_CASE("errors name the property and the place in it") {
  CHECK(Problem(R"({"args":["${1 +}"]})") == "args[0]: at 5: an expression ends too early");
  CHECK(Problem(R"({"a":"x ${nodename}"})") == "a: at 4: unknown reference `nodename`");
  CHECK(Problem(R"({"a":"${var.imgae}"})") == "a: variable `imgae` is not declared");
  CHECK(Problem(R"({"a":"${1"})") == "a: at 0: `${` without `}`");
  CHECK(Problem(R"({"a":"${1 / 0}"})") == "a: at 7: division by zero");
  CHECK(Problem(R"({"a":"${9223372036854775807 + 1}"})") == "a: at 25: a result does not fit into 64 bits");
  CHECK(Problem(R"({"a":"${var.image + 1}"})") == "a: at 15: arithmetic needs whole numbers");
}

TEST_CASE("deep nesting is refused, not followed") {
  CHECK(Problem(R"({"a":"${)" + std::string(10'000, '(') + R"(}"})").find("nested deeper than 64") !=
        std::string::npos);
  CHECK(Problem(R"({"a":"${)" + std::string(10'000, '-') + R"(1}"})").find("nested deeper than 64") !=
        std::string::npos);
}

TEST_CASE("references are reported for who must order or forbid them") {
  const auto references = InspectText("${node.name} ${var.b + var.a} ${secret.env.TOKEN} ${var.a}");
  REQUIRE(references);
  CHECK(references->node_name);
  CHECK_FALSE(references->node_ordinal);
  CHECK(references->secret);
  CHECK(references->variables == std::vector<std::string>{"a", "b"});
}

TEST_CASE("a secret stays a reference, and has its value where it is asked for") {
  const auto bound = Bound(R"({"a":["${secret.env.TOKEN}"],"b":"x ${ secret.file.a b/c } ${node.ordinal}"})");
  CHECK_FALSE(bound.IsConstant());
  CHECK(bound.references().secrets == std::vector<std::string>{"secret.env.TOKEN", "secret.file.a b/c"});
  REQUIRE(bound.secret_uses().size() == 2);
  CHECK(bound.secret_uses()[0].path == "a[0]");
  CHECK(bound.secret_uses()[1].path == "b");
  CHECK(bound.RenderNode("n", 7).value() == R"({"a":["${secret.env.TOKEN}"],"b":"x ${secret.file.a b/c} 7"})");
  Secrets secrets;
  secrets.Add("secret.env.TOKEN", base::SecretText("q\"${node.name}"));
  CHECK(bound.RenderWith(secrets, "n", 7).error().message == "`secret.file.a b/c` was not read");
  secrets.Add("secret.file.a b/c", base::SecretText("12"));
  CHECK(bound.RenderWith(secrets, "n", 7).value().view() == R"({"a":["q\"${node.name}"],"b":"x 12 7"})");
}

TEST_CASE("nothing is computed from a secret") {
  CHECK(Problem(R"({"a":"${secret.env.A + 1}"})") ==
        "a: at 2: a secret stands alone in its `${...}`: nothing is computed from it");
}

TEST_CASE("an address is not known when a node is created") {
  const auto bound = Bound(R"({"a":"${node.address}"})");
  CHECK(bound.references().node_address);
  CHECK(bound.RenderNode("n", 0).error().message == "`node.address` is not known when a node is created");
}

TEST_CASE("text for one node") {
  const GroupValues values{"shop", "1", "web", &kVariables};
  CHECK(RenderText("http://${node.address}:${var.port}/", values, {"web-0", 0, "10.0.0.1"}).value() ==
        "http://10.0.0.1:9100/");
}

}  // namespace kadende::model
