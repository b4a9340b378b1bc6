// One call of the process provider in a process of its own, which a fault can kill.
// process_driver REGISTRY LINEAGE create|destroy
#include <cstdio>
#include <string>

#include "engine/model/identity.h"
#include "providers/process/process_provider.h"

namespace {

kadende::ports::CreateRequest Request(const std::string& lineage) {
  kadende::ports::CreateRequest request;
  request.owner.lineage = lineage;
  request.owner.cluster = "shop";
  request.owner.group = "web";
  request.owner.incarnation = 1;
  request.owner.token = kadende::model::MakeToken(lineage, "web", request.owner.slot, 1);
  request.name = "shop-web-0";
  request.properties = R"({"args":[1000],"command":"sleep","files":{"a/b":"x"},"stopTimeout":"5s"})";
  return request;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  kadende::providers::ProcessOptions options;
  options.base_directory = "/";
  options.registry = argv[1];
  const auto made = kadende::providers::MakeProcessProvider(options);
  const auto request = Request(argv[2]);
  if (std::string(argv[3]) == "create") {
    const auto created = made.provider->Create(request, {});
    if (!created) return std::fprintf(stderr, "%s\n", created.error().message.c_str()), 1;
    return std::printf("%s\n", created->instance.id.c_str()), 0;
  }
  const std::string id = request.owner.lineage + "." + kadende::base::ToBase32(request.owner.token).substr(0, 16);
  const auto destroyed = made.provider->Destroy("{}", id, "size_down", {});
  if (!destroyed) return std::fprintf(stderr, "%s\n", destroyed.error().message.c_str()), 1;
  return 0;
}
