#include "gateway/transform/jq/worker.h"

#include <simdjson.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/transform/jq/bounds.h"
#include "gateway/transform/jq/confinement.h"
#include "gateway/transform/jq/limits.h"
#include "gateway/transform/jq/program.h"
#include "gateway/transform/jq/wire.h"

namespace tidegate {

namespace {

constexpr int kSocket = STDIN_FILENO;

bool write_all(const char* bytes, std::size_t size) noexcept {
  while (size > 0) {
    const ssize_t written = write(kSocket, bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

/// What the signal handlers see of the loop: a program that runs wild is ended by them, after the answers of the
/// events before it have left.
struct Watch {
  volatile std::sig_atomic_t at_work = 0;  ///< libjq has the processor
  volatile std::sig_atomic_t ticks_left = 0;
  volatile std::sig_atomic_t ticked = 0;
  const char* answered = nullptr;  ///< of the events before this one
  std::size_t answered_bytes = 0;
};
Watch watch;

[[noreturn]] void leave(JqExit exit) noexcept {
  if (watch.at_work != 0) write_all(watch.answered, watch.answered_bytes);
  _exit(static_cast<int>(exit));
}

void on_tick(int /*signal*/) {
  watch.ticked = 1;
  if (watch.at_work == 0) return;
  watch.ticks_left = watch.ticks_left - 1;
  if (watch.ticks_left <= 0) leave(JqExit::out_of_time);
}
void on_crash(int /*signal*/) { leave(JqExit::crashed); }
void on_no_memory(void* /*unused*/) { leave(JqExit::no_memory); }
void on_no_new_memory() { leave(JqExit::no_memory); }

void begin_work(milliseconds time, std::string_view answered) {
  watch.answered = answered.data();
  watch.answered_bytes = answered.size();
  watch.ticks_left = static_cast<std::sig_atomic_t>(std::max<std::int64_t>(1, time / limits::kJqTick));
  std::atomic_signal_fence(std::memory_order_seq_cst);
  watch.at_work = 1;
}
void end_work() {
  watch.at_work = 0;
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

void catch_signal(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  sigfillset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

void keep_watch(std::vector<char>& signal_stack) {
  stack_t stack{};
  stack.ss_sp = signal_stack.data();
  stack.ss_size = signal_stack.size();
  sigaltstack(&stack, nullptr);
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL}) catch_signal(signal, on_crash);
  // They are meant for the gateway, which ends this process in its own time.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) catch_signal(signal, SIG_IGN);
  std::set_new_handler(on_no_new_memory);
  catch_signal(SIGPROF, on_tick);
  const timeval tick{0, std::chrono::microseconds(limits::kJqTick).count()};
  const itimerval timer{tick, tick};
  setitimer(ITIMER_PROF, &timer, nullptr);
}

/// Frames as they come in, in one piece of memory that simdjson may read past a frame's end.
class Inbox {
 public:
  /// The next frame; valid until the next fill(). Nothing: it has not come in yet.
  std::optional<std::string_view> take() {
    std::string_view rest(bytes_.data() + begin_, end_ - begin_);
    const std::optional<std::string_view> frame = take_frame(rest);
    if (frame) begin_ = end_ - rest.size();
    return frame;
  }
  /// Bytes that may be read from the start of a frame on.
  [[nodiscard]] std::size_t readable(std::string_view frame) const {
    return bytes_.size() - static_cast<std::size_t>(frame.data() - bytes_.data());
  }
  /// *Blocks* until more has come in. False: nothing will.
  bool fill() {
    std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    const std::size_t frame = frame_length({bytes_.data(), end_}).value_or(0);
    bytes_.resize(std::max(frame + kFrameHeadBytes, end_ + limits::kJqChunkBytes) + simdjson::SIMDJSON_PADDING);
    ssize_t got = 0;
    do {
      got = read(kSocket, bytes_.data() + end_, bytes_.size() - simdjson::SIMDJSON_PADDING - end_);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) return false;
    end_ += static_cast<std::size_t>(got);
    return true;
  }
  /// As take(), and waits for it.
  std::optional<std::string_view> wait() {
    std::optional<std::string_view> frame = take();
    while (!frame && fill()) frame = take();
    return frame;
  }

 private:
  std::vector<char> bytes_ = std::vector<char>(limits::kJqChunkBytes);
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

/// Answers until they leave. Takes no memory once it is made: what it holds is said even when there is none.
class Outbox {
 public:
  Outbox() { answers_.reserve(limits::kJqChunkBytes); }

  [[nodiscard]] std::string_view waiting() const { return answers_; }
  bool push(std::string_view reply) {
    if (answers_.size() + kFrameHeadBytes + reply.size() <= limits::kJqChunkBytes) {
      append_frame(reply, answers_);
      return true;
    }
    if (!flush()) return false;
    if (kFrameHeadBytes + reply.size() <= limits::kJqChunkBytes) return push(reply);
    const auto length = static_cast<std::uint32_t>(reply.size());
    char head[kFrameHeadBytes];
    std::memcpy(head, &length, sizeof head);
    return write_all(head, sizeof head) && write_all(reply.data(), reply.size());
  }
  bool flush() {
    const bool gone = write_all(answers_.data(), answers_.size());
    answers_.clear();
    return gone;
  }

 private:
  std::string answers_;
};

/// Answers events until there are no more.
void serve(JqProgram& program, const JqBounds& bounds, Inbox& inbox, Outbox& outbox) {
  std::string reply;
  while (true) {
    const std::optional<std::string_view> event = inbox.take();
    if (!event) {
      if (!outbox.flush() || !inbox.fill()) return;
      continue;
    }
    begin_work(bounds.time, outbox.waiting());
    program.run(*event, inbox.readable(*event), bounds, reply);
    end_work();
    if (!outbox.push(reply)) return;
    if (watch.ticked != 0) {
      watch.ticked = 0;
      if (!outbox.flush()) return;
    }
  }
}

}  // namespace

int run_jq_worker() {
  Inbox inbox;
  Outbox outbox;
  const std::optional<std::string_view> order = inbox.wait();
  JqBounds bounds;
  if (!order || order->size() < sizeof bounds) return static_cast<int>(JqExit::unbounded);
  std::memcpy(&bounds, order->data(), sizeof bounds);
  const std::string text(order->substr(sizeof bounds));
  std::vector<char> signal_stack(limits::kJqChunkBytes);
  keep_watch(signal_stack);
  if (!confine(bounds)) return static_cast<int>(JqExit::unbounded);

  begin_work(limits::kJqCompileTime, {});
  Result<std::unique_ptr<JqProgram>> program = JqProgram::compile(text, on_no_memory);
  end_work();
  if (!program) {
    outbox.push(static_cast<char>(JqReply::failure) + program.error().message);
    outbox.flush();
    return static_cast<int>(JqExit::done);
  }
  outbox.push(std::string(1, static_cast<char>(JqReply::outputs)));
  serve(**program, bounds, inbox, outbox);
  // The system takes the memory back faster than libjq does.
  _exit(static_cast<int>(JqExit::done));
}

}  // namespace tidegate
