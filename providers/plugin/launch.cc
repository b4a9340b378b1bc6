#include "providers/plugin/launch.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <system_error>

#include "engine/base/text.h"
#include "providers/shim/files.h"
#include "providers/shim/locate.h"
#include "providers/shim/protocol.h"

namespace kadende::providers::plugin {
namespace {

using base::ErrorCode;
using base::Fail;
using base::Result;

constexpr const char* kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
// Enough to run programs and scripts. A plugin is somebody else's program: it does not see what was by chance (or
// secretly) set in the shell of whoever ran kadende.
constexpr std::array<const char*, 10> kInherited = {"PATH", "HOME",   "USER",     "LOGNAME", "SHELL",
                                                    "LANG", "LC_ALL", "LC_CTYPE", "TZ",      "TMPDIR"};

const char* Variable(const char* name) {
  return std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
}

std::string Absolute(const std::string& path) {
  if (path.starts_with('/')) return path;
  std::array<char, 4096> here = {};
  if (::getcwd(here.data(), here.size()) == nullptr) return path;
  return path.empty() ? here.data() : std::string(here.data()) + "/" + path;
}

std::vector<std::string> Environment(const HostOptions& options, const std::vector<std::string>& wanted) {
  std::map<std::string, std::string> variables = {{"PATH", kDefaultPath}};
  for (const char* name : kInherited) {
    if (const char* value = Variable(name)) variables[name] = value;
  }
  for (const std::string& name : wanted) {
    if (const char* value = Variable(name.c_str())) variables[name] = value;
  }
  for (const auto& [name, value] : options.environment) variables[name] = value;
  std::vector<std::string> environment;
  environment.reserve(variables.size());
  for (const auto& [name, value] : variables) environment.push_back(name + "=" + value);
  return environment;
}

Result<std::string> FindOwn(const std::string& program, const char* variable, const std::string& given) {
  const std::vector<std::string> places = shim::PlacesOf(program, variable, given);
  for (const std::string& place : places) {
    if (::access(place.c_str(), X_OK) == 0) return Absolute(place);
  }
  return Fail(ErrorCode::kInvalid, "the program " + program + ", under which plugins run, is not at " +
                                       base::Join(places, ", nor at ") + ": install it, or set " + variable +
                                       " to where it is");
}

tl::unexpected<base::Error> NotUsable(const PluginFile& file, const std::string& path, const std::string& why,
                                      ErrorCode code) {
  return Fail(code, "plugin `" + file.name + "`: " + path + " " + why);
}

base::Status CheckFile(const PluginFile& file, const std::string& path, bool to_execute) {
  struct stat info = {};
  if (::stat(path.c_str(), &info) != 0) {
    const ErrorCode code = errno == ENOENT || errno == ENOTDIR ? ErrorCode::kNotFound : ErrorCode::kInvalid;
    return NotUsable(file, path, "cannot be used: " + std::system_category().message(errno), code);
  }
  if (!S_ISREG(info.st_mode)) return NotUsable(file, path, "is no file", ErrorCode::kInvalid);
  if (to_execute && ::access(path.c_str(), X_OK) != 0) {
    return NotUsable(file, path, "is not executable: chmod +x it", ErrorCode::kInvalid);
  }
  return {};
}

template <class T>
bool ReadAt(int fd, std::uint64_t offset, T* value) {
  return ::pread(fd, value, sizeof *value, static_cast<off_t>(offset)) == static_cast<ssize_t>(sizeof *value);
}

// Of the dynamic section: the linker marks what is to be executed.
bool SaysExecutable(int fd, const Elf64_Phdr& dynamic) {
  constexpr std::uint64_t kMostEntries = 4096;
  for (std::uint64_t i = 0; i < std::min(dynamic.p_filesz / sizeof(Elf64_Dyn), kMostEntries); ++i) {
    Elf64_Dyn entry = {};
    if (!ReadAt(fd, dynamic.p_offset + i * sizeof entry, &entry) || entry.d_tag == DT_NULL) return false;
    if (entry.d_tag == DT_FLAGS_1) return (entry.d_un.d_val & DF_1_PIE) != 0;
  }
  return false;
}

bool IsElfLibrary(const std::string& path) {
  const shim::Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  Elf64_Ehdr header = {};
  if (!fd || !ReadAt(fd.get(), 0, &header) ||
      std::string_view(ELFMAG, SELFMAG) != std::string_view(reinterpret_cast<const char*>(header.e_ident), SELFMAG)) {
    return false;
  }
  if (header.e_type != ET_DYN) return false;
  for (std::uint16_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr part = {};
    if (!ReadAt(fd.get(), header.e_phoff + std::uint64_t{i} * header.e_phentsize, &part)) return false;
    if (part.p_type == PT_INTERP) return false;
    if (part.p_type == PT_DYNAMIC && SaysExecutable(fd.get(), part)) return false;
  }
  return true;
}

}  // namespace

bool IsSharedObject(const std::string& path) {
  return path.ends_with(".so") || IsElfLibrary(path);
}

std::vector<std::string> WantedHere(const std::vector<std::string>& names) {
  std::vector<std::string> wanted;
  for (const std::string& name : names) {
    // Kadende's own hold its keys and secrets.
    if (!name.starts_with("KADENDE_") && Variable(name.c_str()) != nullptr) wanted.push_back(name);
  }
  return wanted;
}

Result<Command> MakeCommand(const PluginFile& file, const HostOptions& options,
                            const std::vector<std::string>& wanted) {
  auto shim = FindOwn("kadende-shim", "KADENDE_SHIM", options.shim_path);
  if (!shim) return tl::unexpected(std::move(shim.error()));
  const std::string path = Absolute(file.path);
  const bool load = IsSharedObject(path);
  if (base::Status good = CheckFile(file, path, !load); !good) return tl::unexpected(std::move(good.error()));
  Command command;
  command.shim = std::move(*shim);
  command.shown = path;
  command.file = file.opened ? *file.opened : -1;
  command.program = file.opened ? "/proc/self/fd/" + std::to_string(shim::kProgramDescriptor) : path;
  command.arguments = file.arguments;
  command.environment = Environment(options, wanted);
  command.directory = Absolute(options.base_directory);
  if (!load) return command;
  auto loader = FindOwn("kadende-plugin-host", "KADENDE_PLUGIN_HOST", options.loader_path);
  if (!loader) return tl::unexpected(std::move(loader.error()));
  command.arguments.insert(command.arguments.begin(), {command.program, path});
  command.program = std::move(*loader);
  return command;
}

}  // namespace kadende::providers::plugin
