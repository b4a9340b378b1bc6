// The archive form in which an engine takes files.
#pragma once

#include <string>
#include <vector>

#include "providers/docker/properties.h"

namespace kadende::providers::docker {

// Regular files of root (POSIX ustar), as paths from the container's root. Folders that are lacking are made by the
// engine, those that exist stay as they are.
[[nodiscard]] std::string MakeTar(const std::vector<File>& files);

}  // namespace kadende::providers::docker
