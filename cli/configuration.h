// Finding and reading a cluster's configuration file, and showing what is wrong with it at its place.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/diagnostics.h"
#include "engine/base/result.h"
#include "engine/model/spec.h"
#include "engine/ports/provider.h"
#include "lang/parser.h"

namespace kadende::cli {

struct Configuration {
  std::string path;       // as a person would name it
  std::string directory;  // absolute; relative paths in properties start here
  model::ClusterSpec spec;
  lang::SourceMap positions;
  base::Diagnostics diagnostics;  // the spec counts only without errors
};

// `path`: a file, or a folder with one cluster file (*.yml, *.yaml with `name` and `groups` at the top); empty: the
// current folder. kNotFound and kInvalid say what to do.
[[nodiscard]] base::Result<std::string> FindConfiguration(const std::string& path);

// Whether another cluster file in the folder of `file` has this `name`. A guess from the text, for finding out whether
// a file was renamed or copied.
[[nodiscard]] bool IsNamedBeside(std::string_view file, std::string_view name);

// The `name`s of the cluster files in a folder, by the same guess.
[[nodiscard]] std::vector<std::string> ClusterNamesIn(const std::string& folder);

// What the cluster file of this `name` in a folder says of where its state is (ClusterSpec::state_remote and what
// belongs to it); nothing where no file, or more than one, says anything, or it has errors.
[[nodiscard]] std::optional<model::ClusterSpec> SharingSpecIn(const std::string& folder, std::string_view name);

// "k=v" texts of --var, and files of --var-file in order; --var wins. Faulty files are in `diagnostics`.
[[nodiscard]] base::Result<std::map<std::string, std::string>> ReadVariables(const std::vector<std::string>& variables,
                                                                             const std::vector<std::string>& files,
                                                                             base::Diagnostics* diagnostics);

// An Error: no file, or it cannot be read. What is wrong inside is in the diagnostics. `variables_may_lack`: for a
// judgement of the file alone (lang::ParseOptions).
[[nodiscard]] base::Result<Configuration> ReadConfiguration(const std::string& path,
                                                            const std::map<std::string, std::string>& variables,
                                                            bool variables_may_lack = false);

// Every group's properties, judged by its provider; adds to the configuration's diagnostics. A provider that this build
// lacks is a warning, or with `lacking_is_error` an error.
void CheckProperties(Configuration& configuration, ports::ProviderSource& providers, bool lacking_is_error);

// Gives diagnostics that have only a path their place in the file: that of the path, or of the nearest value around it.
void Locate(const Configuration& configuration, base::Diagnostics& diagnostics);

// Takes out what the configuration's own diagnostics, which were shown, say already.
void LeaveOutKnown(const Configuration& configuration, base::Diagnostics& diagnostics);

// "groups.data.db" of the group path "data/db".
[[nodiscard]] std::string DocumentPath(std::string_view group_path);

// Reads a whole file of at most `limit` bytes.
[[nodiscard]] base::Result<std::string> ReadFile(const std::string& path, std::size_t limit);

// Puts `bytes` at `path` whole or not at all, readable by its owner alone; a pipe or a device there is written to.
[[nodiscard]] base::Status WriteFile(const std::string& path, std::string_view bytes);

}  // namespace kadende::cli
