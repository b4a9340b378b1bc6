// Standard output, standard error and the person in front of them.
//
// Results go to stdout, everything else to stderr. A reader of stdout that went away (EPIPE) is not an error and stops
// nothing: an apply goes on. Any other failure to write results is an error of the command.
#pragma once

#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "cli/view/sink.h"
#include "engine/base/diagnostics.h"
#include "engine/base/result.h"

namespace kadende::cli {

// Options that every command takes.
struct CommonOptions {
  std::string state;                            // --state; empty: `.kadende` beside the configuration
  std::string state_remote;                     // --state-remote; empty: see state_remote.h
  std::vector<std::string> plugin_directories;  // --plugin-dir; empty: KADENDE_PLUGIN_DIR
  bool no_color = false;
  bool quiet = false;
  bool verbose = false;
  bool json = false;
};

struct TerminalSize {
  std::size_t width = 80;
  std::size_t height = 24;
};

enum class Answer { kYes, kNo, kInterrupted };

class Console {
 public:
  explicit Console(const CommonOptions& common);

  [[nodiscard]] const CommonOptions& common() const { return common_; }
  [[nodiscard]] bool color_out() const { return color_out_; }
  [[nodiscard]] bool color_err() const { return color_err_; }
  [[nodiscard]] bool terminal_err() const { return terminal_err_; }
  [[nodiscard]] std::size_t width() const;  // cells of the terminal on stderr; 80 where unknown
  // The terminal that stdout is, as large as it is now; nullopt: it is none.
  [[nodiscard]] std::optional<TerminalSize> OutSize() const;
  [[nodiscard]] bool CanRedraw() const;                            // stdout is a terminal that can move its cursor
  [[nodiscard]] bool reader_gone() const { return reader_gone_; }  // of stdout, found out at a Flush

  void Out(std::string_view text);   // buffered until Flush
  void Err(std::string_view text);   // at once
  void Note(std::string_view text);  // Err, unless --quiet
  void Flush();
  [[nodiscard]] Sink OutSink();  // flushes after each piece: for streams of events
  [[nodiscard]] Sink ErrSink();

  void Show(const base::Diagnostics& diagnostics);  // to stderr, one block each
  // "error: ..." on stderr, with --json also as an object on stdout; returns the exit code of an error, or of an
  // interruption.
  [[nodiscard]] int Fail(const base::Error& error);
  [[nodiscard]] int Fail(std::string_view message);

  // Whether a person can be asked: stdin and one of stdout and stderr are terminals.
  [[nodiscard]] bool CanAsk() const;
  // Asks on stderr; only the line "yes" is consent.
  [[nodiscard]] Answer Ask(std::string_view question, const std::stop_token& stop);

  // Flushes; turns an unwritable stdout into an error. The last thing a command does.
  [[nodiscard]] int Finish(int exit_code);

 private:
  void Explain(std::string_view message);

  CommonOptions common_;
  bool terminal_err_ = false;
  bool color_out_ = false;
  bool color_err_ = false;
  bool reader_gone_ = false;
  int write_error_ = 0;  // errno of the first failed write to stdout
  std::string buffer_;
};

}  // namespace kadende::cli
