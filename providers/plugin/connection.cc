#include "providers/plugin/connection.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "engine/base/secret_text.h"
#include "engine/base/text.h"
#include "engine/base/thread.h"
#include "engine/base/time.h"
#include "providers/plugin/message.h"
#include "providers/plugin/notes.h"

namespace kadende::providers::plugin {
namespace {

using base::Effect;
using base::ErrorCode;
using base::Fail;
using base::Result;

// A plugin that closed its output is about to end; then how it ended says more.
constexpr std::chrono::milliseconds kClosedGrace{500};
constexpr std::size_t kReadAtOnce = std::size_t{64} * 1024;
constexpr int kReadsInTurn = 16;  // of one pipe, before the others are looked at
constexpr std::size_t kShownOfLine = 200;
constexpr std::chrono::milliseconds kBetweenWords{100};  // that are handed on to one caller

}  // namespace

// What a caller waits for. Everything is guarded by the connection's mutex.
struct Connection::OpenCall {
  const Request* request = nullptr;
  std::condition_variable_any changed;
  std::optional<Result<base::Json>> answer;
  std::uint64_t line = 0;  // number of its line among all that were ever queued
  bool listens = false;
  std::vector<std::string> said;         // to be handed on
  std::optional<std::string> last_word;  // came too soon after those; handed on with the answer
  Clock::time_point said_at;
};

Result<std::unique_ptr<Connection>> Connection::Open(const std::string& name, const Command& command,
                                                     const HostOptions& options) {
  auto process = PluginProcess::Start(command);
  if (!process) return base::Wrap(std::move(process.error()), "plugin `" + name + "`");
  if (options.on_start) options.on_start((*process)->shim());
  std::unique_ptr<Connection> made(new Connection(name, options, std::move(*process)));  // private constructor
  if (!made->wake_) return Fail(ErrorCode::kQuota, "plugin `" + name + "`: no descriptor is left");
  auto thread = base::StartQuietThread([connection = made.get()] { connection->Loop(); });
  if (!thread) return tl::unexpected(std::move(thread.error()));
  made->thread_ = std::move(*thread);
  return made;
}

Connection::Connection(const std::string& name, const HostOptions& options, std::unique_ptr<PluginProcess> process)
    : name_(name),
      options_(options),
      process_(std::move(process)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      lines_(options.largest_message) {}

Connection::~Connection() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  Wake();
  thread_.join();
}

Result<base::Json> Connection::Call(const Request& request, const ports::CallContext& context) {
  const auto deadline = Clock::now() + context.timeout;
  OpenCall call;
  call.request = &request;
  std::unique_lock lock(mutex_);
  if (!alive_) return Fail(ErrorCode::kUnavailable, death_);
  const std::uint64_t id = ++last_id_;
  std::string line = RequestLine(id, request.method, request.params);
  if (line.size() > options_.largest_message) {
    return Fail(ErrorCode::kInvalid, "plugin `" + name_ + "`: `" + std::string(request.method) + "` would be " +
                                         base::GroupDigits(line.size()) + " bytes, above the limit of " +
                                         base::GroupDigits(options_.largest_message));
  }
  if (outbox_bytes_ + line.size() > options_.largest_queue) {
    return Fail(ErrorCode::kUnavailable, "plugin `" + name_ + "` does not read its calls: " +
                                             base::GroupDigits(outbox_bytes_) + " bytes wait already" + errors_.Text());
  }
  calls_.emplace(id, &call);
  call.line = written_ + outbox_.size();
  Send(std::move(line));
  call.listens = static_cast<bool>(context.progress);
  while (call.changed.wait_until(lock, context.stop, deadline, [&call] { return call.answer || !call.said.empty(); })) {
    if (call.answer && call.last_word) call.said.push_back(std::move(*call.last_word));
    const std::vector<std::string> said = std::exchange(call.said, {});
    if (!said.empty()) lock.unlock();
    for (const std::string& words : said) context.progress(words);
    if (!lock.owns_lock()) lock.lock();
    if (call.answer && call.said.empty()) return std::move(*call.answer);
  }
  return tl::unexpected(GiveUp(id, call, context));
}

bool Connection::WasSent(const OpenCall& call) const {
  return call.line < written_ || (call.line == written_ && begun_ > 0);
}

base::Error Connection::GiveUp(std::uint64_t id, const OpenCall& call, const ports::CallContext& context) {
  calls_.erase(id);
  const bool sent = WasSent(call);
  if (sent && call.request->claim) claims_.emplace(id, call.request->claim);
  const Effect effect = call.request->changes && sent ? Effect::kPossible : Effect::kNone;
  if (sent) {
    Send(CancelLine(id));
  } else {
    // It waits in the queue still: the plugin is told to cancel what it has never heard of.
    std::string& line = outbox_[call.line - written_];
    outbox_bytes_ -= line.size();
    base::Wipe(line);
    line = CancelLine(id);
    outbox_bytes_ += line.size();
  }
  if (context.stop.stop_requested()) {
    return {ErrorCode::kCancelled, "stopped while plugin `" + name_ + "` was at work", effect, {}};
  }
  if (!silent_since_) silent_since_ = Clock::now();
  Wake();
  return {ErrorCode::kTimeout,
          "plugin `" + name_ + "` has not answered `" + std::string(call.request->method) + "` within " +
              base::FormatDuration(context.timeout) + errors_.Text(),
          effect,
          {}};
}

base::Error Connection::Complaint(const Request& request, const base::Error& what) const {
  const std::lock_guard lock(mutex_);
  return {ErrorCode::kInternal,
          "plugin `" + name_ + "` gave an answer to `" + std::string(request.method) +
              "` that breaks the protocol: " + what.message + errors_.Text(),
          request.changes ? Effect::kPossible : Effect::kNone,
          {}};
}

void Connection::Send(std::string line) {
  outbox_bytes_ += line.size();
  outbox_.push_back(std::move(line));
  if (outbox_.size() == 1) Wake();
}

void Connection::Wake() const {
  const std::uint64_t one = 1;
  static_cast<void>(!::write(wake_.get(), &one, sizeof one));  // full: it is awake already
}

void Connection::Loop() {
  std::optional<Clock::time_point> end_at;
  while (alive_) {
    bool stopping = false;
    {
      const std::lock_guard lock(mutex_);
      stopping = stopping_;
    }
    if (stopping && !end_at) {
      process_->CloseInput();
      end_at = Clock::now() + options_.stop_grace;
    }
    if (end_at && Clock::now() >= *end_at) break;
    Wait(stopping);
    if (!stopping && input_open_) Write();
    ReadErrors();
    if (!ReadOutput()) break;
    LookForEnd();
    LookForHang();
  }
  alive_ = false;
  process_->End();
}

void Connection::Wait(bool stopping) {
  bool to_write = false;
  bool watched = closed_at_.has_value();
  {
    const std::lock_guard lock(mutex_);
    to_write = !outbox_.empty() && !stopping;
    watched = watched || silent_since_.has_value();
  }
  std::array<pollfd, 5> wanted = {
      pollfd{wake_.get(), POLLIN, 0}, pollfd{output_open_ ? process_->output() : -1, POLLIN, 0},
      pollfd{errors_open_ ? process_->errors() : -1, POLLIN, 0}, pollfd{process_->report(), POLLIN, 0},
      pollfd{to_write && input_open_ ? process_->input() : -1, POLLOUT, 0}};
  ::poll(wanted.data(), wanted.size(), stopping || watched ? 50 : -1);
  std::uint64_t count = 0;
  static_cast<void>(!::read(wake_.get(), &count, sizeof count));
}

void Connection::Write() {
  const std::lock_guard lock(mutex_);
  while (!outbox_.empty()) {
    std::string& line = outbox_.front();
    const ssize_t count = ::write(process_->input(), line.data() + begun_, line.size() - begun_);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno != EAGAIN) return CloseSide(&input_open_, "input");
    if (count < 0) return;
    begun_ += static_cast<std::size_t>(count);
    if (begun_ < line.size()) return;
    outbox_bytes_ -= line.size();
    base::Wipe(line);  // properties may hold secrets
    outbox_.pop_front();
    ++written_;
    begun_ = 0;
  }
}

// A plugin that closed one of its pipes is about to end; if not, it is of no use any more.
void Connection::CloseSide(bool* open, const char* side) {
  *open = false;
  if (closed_at_) return;
  closed_at_ = Clock::now();
  closed_side_ = side;
}

void Connection::ReadErrors() {
  std::array<char, 4096> buffer;
  for (int i = 0; i < kReadsInTurn && errors_open_; ++i) {
    const ssize_t count = ::read(process_->errors(), buffer.data(), buffer.size());
    if (count == 0) errors_open_ = false;  // its right: it has nothing more to say
    if (count <= 0) return;
    std::vector<std::string> lines;
    {
      const std::lock_guard lock(mutex_);
      lines = errors_.Add({buffer.data(), static_cast<std::size_t>(count)});
    }
    if (!options_.on_note) continue;
    for (std::string& line : lines) options_.on_note(NoteOfErrors(name_, std::move(line)));
  }
}

bool Connection::ReadOutput() {
  std::array<char, kReadAtOnce> buffer;
  for (int i = 0; i < kReadsInTurn && output_open_; ++i) {
    const ssize_t count = ::read(process_->output(), buffer.data(), buffer.size());
    if (count < 0) return true;
    if (count == 0) {
      CloseSide(&output_open_, "output");
      return true;
    }
    bool good = true;
    const bool fits = lines_.Feed({buffer.data(), static_cast<std::size_t>(count)},
                                  [&](std::string_view line) { good = good && Take(line); });
    if (!good) return false;
    if (fits) continue;
    Die("sent a message of more than " + base::GroupDigits(options_.largest_message) + " bytes", ErrorCode::kInternal);
    return false;
  }
  return true;
}

bool Connection::Take(std::string_view line) {
  auto message = ParseMessage(line);
  if (!message) {
    Die("sent a line that is no message of the protocol, `" + base::EscapeTerminal(line.substr(0, kShownOfLine)) +
            (line.size() > kShownOfLine ? "...` (" : "` (") + base::EscapeTerminal(message.error().message) +
            "); standard output is for messages alone",
        ErrorCode::kInternal);
    return false;
  }
  switch (message->kind) {
    case MessageKind::kResult:
    case MessageKind::kError:
      TakeAnswer(std::move(*message));
      return alive_;
    case MessageKind::kNotification:
      TakeNotification(*message);
      return true;
    case MessageKind::kRequest:
      Refuse(*message);
      return alive_;
  }
  return true;
}

void Connection::TakeAnswer(Message message) {
  std::uint64_t last = 0;
  {
    const std::lock_guard lock(mutex_);
    last = last_id_;
    silent_since_.reset();
    claims_.erase(message.id);
    const auto found = calls_.find(message.id);
    if (found != calls_.end()) {
      OpenCall& call = *found->second;
      if (message.kind == MessageKind::kError) {
        call.answer = tl::unexpected(ToError(message.error, name_, call.request->changes));
      } else {
        call.answer = std::move(message.value);
      }
      calls_.erase(found);
      call.changed.notify_one();  // under the lock: the call is gone as soon as its caller sees the answer
      return;
    }
  }
  if (message.id != 0 && message.id <= last) return;  // late: its caller waits no longer
  Die("answered a call that nobody made (id " + std::to_string(message.id) + ")", ErrorCode::kInternal);
}

// The host answers no requests; a plugin that reads none of the refusals must not fill its memory with them.
void Connection::Refuse(const Message& message) {
  bool full = false;
  {
    const std::lock_guard lock(mutex_);
    silent_since_.reset();
    full = outbox_bytes_ > options_.largest_queue;
    if (!full) Send(UnknownMethodLine(message.foreign_id, message.method));
  }
  if (full) Die("sends requests and does not read what it is sent", ErrorCode::kInternal);
}

void Connection::TakeNotification(const Message& message) {
  PluginNote note;
  {
    const std::lock_guard lock(mutex_);
    silent_since_.reset();
    note.plugin = name_;
    if (!FillNote(message, &note)) return;
    const auto call = calls_.find(NoteId(message));
    if (call != calls_.end()) {
      note.subject = call->second->request->subject;
      if (note.kind == PluginNote::Kind::kProgress) TellCaller(*call->second, note);
    }
  }
  if (options_.on_note) options_.on_note(note);
}

// A plugin may say more than anybody can read.
void Connection::TellCaller(OpenCall& call, const PluginNote& note) const {
  if (!call.listens) return;
  std::string words = WordsOf(note);
  const auto now = Clock::now();
  if (now - call.said_at < kBetweenWords) {
    call.last_word = std::move(words);
    return;
  }
  call.said_at = now;
  call.last_word.reset();
  call.said.push_back(std::move(words));
  call.changed.notify_one();
}

void Connection::LookForEnd() {
  if (const auto end = process_->ReadReport()) {
    ReadErrors();
    if (ReadOutput()) Die(*end, ErrorCode::kUnavailable);  // what it said before its end still counts
    return;
  }
  if (closed_at_ && Clock::now() - *closed_at_ > kClosedGrace) {
    Die(std::string("closed its standard ") + closed_side_ + ", so it can answer nothing more", ErrorCode::kInternal);
  }
}

void Connection::LookForHang() {
  {
    const std::lock_guard lock(mutex_);
    if (!silent_since_ || Clock::now() - *silent_since_ < options_.hang_grace) return;
  }
  Die("hangs: it said nothing for " + base::FormatDuration(options_.hang_grace) +
          " after a call had run out of time, so it was ended",
      ErrorCode::kTimeout);
}

// Calls that the plugin has not been given are without effect for certain, and may be made again: it is not they that
// it died of.
void Connection::Die(const std::string& how, ErrorCode code) {
  const std::lock_guard lock(mutex_);
  if (!alive_) return;
  death_ = "plugin `" + name_ + "` " + how + errors_.Text();
  alive_ = false;
  for (const auto& [id, call] : calls_) {
    const bool sent = WasSent(*call);
    const Effect effect = call->request->changes && sent ? Effect::kPossible : Effect::kNone;
    call->answer = Fail(sent ? code : ErrorCode::kUnavailable,
                        "plugin `" + name_ + "` " + how + "; it had not answered `" +
                            std::string(call->request->method) + "`" + errors_.Text(),
                        effect);
    call->changed.notify_one();
  }
  calls_.clear();
  claims_.clear();
  for (std::string& line : outbox_) base::Wipe(line);
  outbox_.clear();
}

}  // namespace kadende::providers::plugin
