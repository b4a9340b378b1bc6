// JSON Schema of the docker provider's resourceProperties. For properties.cc alone.
#pragma once

#include <string_view>

namespace kadende::providers::docker {

inline constexpr std::string_view kPropertySchema =
    R"({"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",
"required":["image"],"additionalProperties":false,
"$defs":{"scalar":{"type":["string","number","boolean"]},"program":{"anyOf":[{"type":"string","minLength":1},{"type":"array","items":{"$ref":"#/$defs/scalar"}}]},
"texts":{"type":"object","additionalProperties":{"$ref":"#/$defs/scalar"}}},
"properties":{
"host":{"type":"string","description":"Engine: unix:///path or tcp://name:port. Default: DOCKER_HOST, else the usual socket of docker or podman."},
"image":{"type":"string","minLength":1,"description":"Image, with its tag or digest."},
"command":{"$ref":"#/$defs/program","description":"Arguments of the entrypoint, or the program itself. Default: the image's."},
"entrypoint":{"$ref":"#/$defs/program","description":"Program. Default: the image's."},
"env":{"$ref":"#/$defs/texts","description":"Environment variables, besides the image's. May hold secrets; who may ask the engine can read them."},
"ports":{"type":"array","items":{"type":["string","integer"]},"description":"Ports of the container (80, 53/udp), each published at a free port of the machine."},
"hostPorts":{"type":"object","additionalProperties":{"type":["string","integer"]},"description":"Ports of the machine (8080, 127.0.0.1:8080) and the container's that each leads to. One container at a time can have one: replacing destroys first."},
"networks":{"type":"array","items":{"type":"string"},"description":"Networks that exist; node.address is the address in the first. Or one of host, none. Default: the engine's own."},
"volumes":{"type":"array","items":{"type":"string"},"description":"NAME:/PATH or /HOST/PATH:/PATH, with :ro or not. Named ones are made when needed and never removed."},
"resources":{"type":"object","additionalProperties":false,"properties":{"cpu":{"type":["string","number"]},"memory":{"type":["string","integer"]}},"description":"Limits: cpu in processors (0.5), memory (256MiB). Changed in place."},
"labels":{"$ref":"#/$defs/texts","description":"Labels of the container alone; a change replaces it. The group's own labels change in place."},
"restart":{"type":"string","default":"no","description":"no, on-failure, on-failure:3, always or unless-stopped: whether the engine starts a container again by itself."},
"user":{"type":["string","integer"],"description":"User, or user:group, that the program runs as."},
"workingDirectory":{"type":"string","description":"Where the program starts."},
"files":{"type":"object","additionalProperties":{"anyOf":[{"type":"string"},{"type":"object","required":["content"],"additionalProperties":false,"properties":{"content":{"type":"string"},"mode":{"type":["string","integer"]}}}]},"description":"Absolute paths and contents, copied into the container before its start."},
"pull":{"enum":["missing","always","never"],"default":"missing","description":"When the image is pulled before a create."},
"registry":{"type":"object","required":["username","password"],"additionalProperties":false,"properties":{"username":{"type":"string"},"password":{"type":"string"}},"description":"Who pulls; password by reference (${secret.env.NAME}). Default: docker's own config.json."},
"healthcheck":{"type":"object","required":["command"],"additionalProperties":false,"properties":{"command":{"type":"array","items":{"$ref":"#/$defs/scalar"}},"interval":{"type":"string"},"timeout":{"type":"string"},"startPeriod":{"type":"string"},"retries":{"type":"integer"}},"description":"What the engine runs in the container; its verdict is the provider state. Default: the image's."},
"stopSignal":{"type":["string","integer"],"description":"Signal that asks the program to end. Default: the image's."},
"stopTimeout":{"type":"string","default":"10s","description":"How long it may take before it is killed."},
"init":{"type":"boolean","default":false,"description":"Whether a small init of the engine is the first process."}}})";

}  // namespace kadende::providers::docker
