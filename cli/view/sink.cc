#include "cli/view/sink.h"

namespace kadende::cli {

Sink ToFile(std::FILE* file) {
  return [file](std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), file);
    std::fflush(file);
  };
}

}  // namespace kadende::cli
