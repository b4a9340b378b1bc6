// What wrong files are told, verbatim.
#include "tests/lang/support.h"

namespace kadende::lang {
namespace {

TEST_CASE("a misspelt key, a wrong type and a missing size are told at once") {
  CHECK(Findings("version: 1\nname: shop\ngroups:\n  web:\n    siez: 2\n    resourcePlugin: docker\n") ==
        R"(cluster.yml:4:3: error: the group `web` has neither `size` nor `logicalIds` (groups.web)
    4 |   web:
      |   ^~~
    like `size: 2`
cluster.yml:5:5: error: unknown key `siez` (groups.web.siez)
    5 |     siez: 2
      |     ^~~~
    did you mean `size`?
cluster.yml:6:21: error: `resourcePlugin` must be a mapping, but is `docker` (groups.web.resourcePlugin)
    6 |     resourcePlugin: docker
      |                     ^~~~~~
    write `resourcePlugin: {name: docker}`
)");
}

TEST_CASE("health checks without a target, or with one that nobody can look at") {
  CHECK(Findings(Cluster("  web:\n"
                         "    size: 1\n"
                         "    resourcePlugin: {name: x}\n"
                         "    healthChecks:\n"
                         "      - {type: http}\n"
                         "      - {type: http, url: \"localhost:80\"}\n"
                         "      - {type: tcp, address: localhost}\n")) ==
        R"(cluster.yml:8:9: error: a check of type http needs `url` (groups.web.healthChecks[0])
    8 |       - {type: http}
      |         ^
cluster.yml:9:27: error: the url has neither http:// nor https:// (groups.web.healthChecks[1].url)
    9 |       - {type: http, url: "localhost:80"}
      |                           ^~~~~~~~~~~~~~
    like `http://${node.address}:8080/`
cluster.yml:10:30: error: the address has no port (groups.web.healthChecks[2].address)
    10 |       - {type: tcp, address: localhost}
       |                              ^~~~~~~~~
    like `${node.address}:8080`
)");
}

TEST_CASE("an empty file") {
  CHECK(Findings("") == "cluster.yml: error: the file is empty\n    a cluster needs `version`, `name` and `groups`\n");
}

TEST_CASE("integers are decimal, durations have units") {
  CHECK(Findings(Cluster("  web: {size: 017, resourcePlugin: {name: x}, timeouts: {create: 5}}\n")) ==
        R"(cluster.yml:4:15: error: `size` must be an integer, but is `017` (groups.web.size)
    4 |   web: {size: 017, resourcePlugin: {name: x}, timeouts: {create: 5}}
      |               ^~~
    write it in decimal, without quotes and leading zeros
cluster.yml:4:66: error: `create` must be a duration, but is `5` (groups.web.timeouts.create)
    4 |   web: {size: 017, resourcePlugin: {name: x}, timeouts: {create: 5}}
      |                                                                  ^
    it needs a unit: `5s` is seconds; ms, s, m, h and d are known
)");
}

TEST_CASE("what YAML offers beyond the language is refused with its place") {
  CHECK(Findings("version: 1\nname: shop\nname: again\ngroups: &g\n  web: {size: 1, resourcePlugin: {name: !!str "
                 "x}}\n---\n") ==
        R"(cluster.yml:3:1: error: duplicate key `name`: it is in line 2 already
    3 | name: again
      | ^~~~
cluster.yml:4:9: error: anchors (`&name`) are not part of the language
    4 | groups: &g
      |         ^
    use `defaults` or `variables`
cluster.yml:5:41: error: tags (`!type`) are not part of the language
    5 |   web: {size: 1, resourcePlugin: {name: !!str x}}
      |                                         ^
    write quotes to make a value text
cluster.yml:6:1: error: a second document starts here
    6 | ---
      | ^
    a file is one cluster: put further ones into files
)");
}

TEST_CASE("expressions are checked where they stand") {
  CHECK(
      Findings(
          "version: 1\nname: shop\nvariables: {image: {default: a}}\ngroups:\n  web: {size: 1, resourcePlugin: {name: "
          "x}, resourceProperties: {a: \"x ${node.nam}\", b: \"${var.imag}\"}}\n") ==
      R"(cluster.yml:5:74: error: unknown reference `node.nam` (groups.web.resourceProperties.a)
    5 |   web: {size: 1, resourcePlugin: {name: x}, resourceProperties: {a: "x ${node.nam}", b: "${var.imag}"}}
      |                                                                          ^
    a literal `${` is written `$${`
cluster.yml:5:92: error: the variable `imag` is not declared (groups.web.resourceProperties.b)
    5 |   web: {size: 1, resourcePlugin: {name: x}, resourceProperties: {a: "x ${node.nam}", b: "${var.imag}"}}
      |                                                                                            ^~~~~~~~
    did you mean `var.image`?
)");
}

TEST_CASE("variables without a value, of the wrong type, and unknown ones") {
  CHECK(Findings(
            "version: 1\nname: shop\nvariables:\n  n: {type: integer, default: two}\n  need: {type: number}\ngroups: "
            "{web: {size: 1, resourcePlugin: {name: x}}}\n",
            {{"ned", "1"}}) ==
        R"(cluster.yml: error: a value is given for the variable `ned`, which this file does not declare
    did you mean `need`?
cluster.yml:4:31: error: `default` must be an integer, but is `two` (variables.n.default)
    4 |   n: {type: integer, default: two}
      |                               ^~~
cluster.yml:5:3: error: the variable `need` has no value (variables.need)
    5 |   need: {type: number}
      |   ^~~~
    give it one with --var need=VALUE, or a `default`
)");
}

TEST_CASE("folders and groups do not mix") {
  CHECK(Findings(
            Cluster("  mixed:\n    size: 1\n    resourcePlugin: {name: x}\n    sub: {size: 2, resourcePlugin: {name: "
                    "x}}\n  forgot:\n    labels: {a: b}\n  empty: {}\n")) ==
        R"(cluster.yml:7:5: error: the group `mixed` cannot hold the group `sub` (groups.mixed.sub)
    7 |     sub: {size: 2, resourcePlugin: {name: x}}
      |     ^~~
    a folder of groups has no size, logicalIds or resourcePlugin of its own
cluster.yml:9:5: error: the group `forgot` has no `size` (or `logicalIds`) and no `resourcePlugin` (groups.forgot.labels)
    9 |     labels: {a: b}
      |     ^~~~~~
    without these it is a folder, and a folder holds only groups
cluster.yml:10:3: error: `empty` is empty: a group needs a size and a resourcePlugin (groups.empty)
    10 |   empty: {}
       |   ^~~~~
)");
}

TEST_CASE("groups that depend on each other in a circle") {
  CHECK(Findings(
            Cluster("  a: {size: 1, resourcePlugin: {name: x}, dependsOn: [b]}\n  b: {size: 1, resourcePlugin: {name: "
                    "x}, dependsOn: [a]}\n")) ==
        R"(cluster.yml:4:43: error: groups depend on each other in a circle: a -> b -> a (groups.a.dependsOn)
    4 |   a: {size: 1, resourcePlugin: {name: x}, dependsOn: [b]}
      |                                           ^~~~~~~~~
)");
}

TEST_CASE("two nodes of one name, without listing a million nodes") {
  const std::string text = Cluster(
      "  d-e: {size: 1000000, resourcePlugin: {name: x}}\n  d:\n    E: {size: 1000000, resourcePlugin: {name: x}}\n    "
      "f: "
      "{logicalIds: [e-7], resourcePlugin: {name: x}}\n    f-e: {size: 1, resourcePlugin: {name: x}}\n");
  CHECK(Findings(text) ==
        R"(cluster.yml:6:5: error: nodes of this group and of `d-e` (line 4) would both be called `d-E-0` (groups.d.E)
    6 |     E: {size: 1000000, resourcePlugin: {name: x}}
      |     ^
    rename one of them; case does not count
cluster.yml:7:22: error: nodes of this group and of `d/f-e` (line 8) would both be called `d-f-e-7` (groups.d.f.logicalIds[0])
    7 |     f: {logicalIds: [e-7], resourcePlugin: {name: x}}
      |                      ^~~
    rename one of them; case does not count
)");
}

TEST_CASE("bounds, rollout and moves") {
  const std::string found = Findings(Cluster(
      "  a: {size: 3, min: 5, resourcePlugin: {name: x}, rollout: {maxSurge: 0}}\n  b: {size: 1, resourcePlugin: "
      "{name: x}, movedFrom: a}\n"));
  CHECK(found.find("the size 3 is below `min` (5)") != std::string::npos);
  CHECK(found.find("`maxSurge` and `maxUnavailable` are both 0: no node could ever be replaced") != std::string::npos);
  CHECK(found.find("the group `a` is still in this file (line 4)") != std::string::npos);
}

TEST_CASE("what a rollout's keys cannot mean together") {
  const auto of = [](const std::string& rollout) {
    return Findings(Cluster("  a: {size: 4, resourcePlugin: {name: x}, rollout: " + rollout + "}\n"));
  };
  CHECK(of("{canary: 0}").find("a canary has at least one node") != std::string::npos);
  CHECK(of("{checkpoints: [0]}").find("a checkpoint comes after at least one node") != std::string::npos);
  CHECK(of("{checkpoints: [2, 25%]}").find("the checkpoint 25% is not behind the one before it (2)") !=
        std::string::npos);
  CHECK(of("{strategy: recreate, checkpoints: [50%]}").find("the strategy `recreate` does not go step by step") !=
        std::string::npos);
  CHECK(of("{strategy: recreate, order: launch-first}").find("has the old nodes go first") != std::string::npos);
  CHECK(of("{strategy: blue-green, order: destroy-first}").find("has the new nodes first") != std::string::npos);
  CHECK(of("{canary: 25%, checkpoints: [50%, 3], checkpointWait: 0s, onFailure: rollback}").empty());
}

TEST_CASE("a property cannot be what only the created node has") {
  CHECK(
      Findings(
          Cluster("  web: {size: 1, resourcePlugin: {name: x}, resourceProperties: {a: \"${node.address}\"}}\n")) ==
      R"(cluster.yml:4:70: error: an address is known only after its node was created: it cannot be one of the properties that the node is created with (groups.web.resourceProperties.a)
    4 |   web: {size: 1, resourcePlugin: {name: x}, resourceProperties: {a: "${node.address}"}}
      |                                                                      ^~
)");
}

TEST_CASE("a file for another version of the tool") {
  CHECK(Findings("version: 1\nname: x\nkadende: \">= 9\"\ngroups: {a: {size: 1, resourcePlugin: {name: x}}}\n")
            .find("this file is for kadende >= 9, and this is ") != std::string::npos);
}

TEST_CASE("hundreds of brackets in text are text") {
  const std::string open(300, '[');
  for (const std::string& text :
       {"\"" + open + "\"", "'" + open + "'", "|\n        " + open, "x" + open, "x\n        " + open, "x  # " + open}) {
    const std::string file =
        "version: 1\nname: x\ngroups:\n  a:\n    size: 1\n    resourcePlugin: {name: x}\n"
        "    resourceProperties:\n      a: " +
        text + "\n";
    INFO(file);
    CHECK(Findings(file).empty());
    CHECK(Findings(file + "      b: " + open).find("nested more than 100 levels deep") != std::string::npos);
  }
}

TEST_CASE("hostile bytes end in one clear error") {
  CHECK(Findings(std::string("a: \0", 4)).find("1:4: error: the control character 0x00") != std::string::npos);
  CHECK(Findings("a: \xFF").find("1:4: error: the byte 0xFF is not UTF-8") != std::string::npos);
  CHECK(Findings(std::string(10'000'000, 'x')).find("more than the limit of 2 MiB") != std::string::npos);
  CHECK(Findings(std::string(5000, '[')).find("nested more than 100 levels deep") != std::string::npos);
  std::string many = "a: [";
  for (int i = 0; i < 300'000; ++i) many += "1,";
  CHECK(Findings(many + "]").find("more than 250000 values") != std::string::npos);
}

TEST_CASE("an alias bomb never opens") {
  std::string bomb = "a0: &a0 x\n";
  for (int i = 1; i < 20; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last + "," + last + "," + last + "]\n";
  }
  CHECK(Findings(bomb).find("aliases (`*name`) are not part of the language") != std::string::npos);
}

}  // namespace
}  // namespace kadende::lang
