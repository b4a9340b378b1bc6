// What a provider says about itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kadende::model {

// Whether an absence from a listing means something. kAuthoritative: List and Describe see every finished call, and
// Describe's not-found is definite. kEventual: what is missing may only be late.
enum class Listing : std::uint8_t { kAuthoritative, kEventual };

struct Manifest {
  std::string name;
  std::string version;
  Listing listing = Listing::kEventual;
  // The same token always gives the same instance, also much later and from another process.
  bool idempotent_tokens = false;
  // Optional abilities, by the names of their ports: "logs", "exec", "restart", "plan_update". And "retag":
  // Update can give an instance to another owner, or to none (UpdateRequest::tags_only).
  std::vector<std::string> abilities;
  std::string property_schema = "{}";  // JSON Schema of resourceProperties, as text
  // Top-level properties that say where instances live (account, region, cloud file). Two revisions with the same
  // values are seen by one listing. They may not refer to the node.
  std::vector<std::string> scope_properties;
  // Top-level properties that Update changes in place; all others need a replacement. Labels are always mutable.
  std::vector<std::string> mutable_properties;
  // Properties that only one instance at a time can have (a fixed port, an address): they make destroy-first the
  // default.
  std::vector<std::string> exclusive_properties;
  // Attributes that state may keep; sensitive ones are never listed here.
  std::vector<std::string> kept_attributes;
  std::uint32_t max_parallel = 0;  // calls at once that the provider bears; 0: no limit of its own
};

}  // namespace kadende::model
