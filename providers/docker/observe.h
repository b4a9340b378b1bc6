// Containers as an engine lists them, and as instances of ours.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/instance.h"
#include "providers/docker/engine.h"
#include "providers/docker/tags.h"

namespace kadende::providers::docker {

// The whole, lower-case id that the engine gave: 64 hexadecimal digits.
[[nodiscard]] bool IsContainerId(std::string_view text);

struct Container {
  model::Instance instance;
  std::string name;  // as it is, with the number of its tags
  bool made_by_us = false;
  std::string restart;         // policy it was made with; empty: not known
  std::uint32_t note = 0;      // number of the tags that count; 0: the container's own labels
  bool never_started = false;  // made, and its start is still to come
};

class Observer {
 public:
  // Both must outlive it.
  Observer(Engine* engine, const CallTime* time) : engine_(*engine), time_(*time) {}

  // Containers with tags of ours: of `lineage`, or of all where it is empty. Sorted by id.
  [[nodiscard]] base::Result<std::vector<Container>> OfLineage(const std::string& lineage);
  // Those made for one slot, under whatever group, ended ones too.
  [[nodiscard]] base::Result<std::vector<Container>> OfSlot(const model::Ownership& owner);
  // Whoever's they are; those that do not exist are left out. Any text is taken for an id.
  [[nodiscard]] base::Result<std::vector<Container>> WithIds(std::span<const std::string> ids);
  [[nodiscard]] base::Result<std::optional<Container>> WithId(const std::string& id);
  // Names of the volumes that hold tags of this container.
  [[nodiscard]] base::Result<std::vector<std::string>> NotesOf(const std::string& id);

 private:
  using Filters = std::vector<std::pair<std::string, std::vector<std::string>>>;
  // By number; nullopt: nobody's any more.
  using Notes = std::map<std::uint32_t, std::optional<Tags>>;

  [[nodiscard]] base::Status Add(const Filters& filters, std::map<std::string, Container>* found);
  [[nodiscard]] base::Status ReadNotes();
  [[nodiscard]] base::Status ReadHealth();
  [[nodiscard]] base::Status JudgeEnded(Container* container);
  void Apply(Container* container) const;

  Engine& engine_;
  const CallTime& time_;
  bool has_notes_ = false;              // they were read
  std::map<std::string, Notes> notes_;  // by container
  bool has_health_ = false;
  std::map<std::string, std::string> health_;  // by container: "unhealthy", "starting"
};

}  // namespace kadende::providers::docker
