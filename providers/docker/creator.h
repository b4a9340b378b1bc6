// Makes containers, each once for its token, and changes what can be changed of them.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/ports/provider.h"
#include "providers/docker/engine.h"
#include "providers/docker/images.h"
#include "providers/docker/observe.h"
#include "providers/docker/properties.h"

namespace kadende::providers::docker {

// The body of a create, canonical.
[[nodiscard]] std::string CreateBody(const Properties& properties, const Tags& tags);

class Creator {
 public:
  // All must outlive it.
  Creator(Engine* engine, Images* images, const Environment* environment, const CallTime* time)
      : engine_(*engine), images_(*images), environment_(*environment), time_(*time) {}

  [[nodiscard]] base::Result<model::Instance> Create(const ports::CreateRequest& request, const Properties& properties,
                                                     const std::function<void(std::string_view)>& progress);
  [[nodiscard]] base::Result<model::Instance> Update(const ports::UpdateRequest& request);

 private:
  [[nodiscard]] base::Result<std::optional<Container>> Existing(const ports::CreateRequest& request);
  [[nodiscard]] base::Result<std::string> Make(const ports::CreateRequest& request, const Properties& properties);
  // Brings a container that was made and not started to its start; one that fails is removed.
  [[nodiscard]] base::Status Begin(const std::string& id, const Properties& properties);
  [[nodiscard]] base::Status Fill(const std::string& id, const Properties& properties);
  [[nodiscard]] tl::unexpected<base::Error> GiveUp(const std::string& id, base::Error error);
  [[nodiscard]] base::Result<model::Instance> Look(const std::string& id);
  [[nodiscard]] base::Status ChangeTags(const Container& container, const ports::UpdateRequest& request);
  [[nodiscard]] base::Status ChangeResources(const Container& container, const Resources& wanted);

  Engine& engine_;
  Images& images_;
  const Environment& environment_;
  const CallTime& time_;
};

// Stops and removes; gone already is success.
[[nodiscard]] base::Status Remove(Engine* engine, const std::string& id, const CallTime& time);

}  // namespace kadende::providers::docker
