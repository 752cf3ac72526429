#include "gateway/transform/jq/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <thread>
#include <utility>

#include "gateway/transform/jq/limits.h"
#include "gateway/transform/jq/wire.h"

namespace tidegate {

namespace {

// The process lives in real time, so nobody gives the runner another.
SteadyTime now() { return std::chrono::steady_clock::now(); }

/// Cut between characters of UTF-8.
std::string bounded(std::string_view message) {
  std::size_t length = std::min(message.size(), limits::kJqMessageBytesMax);
  while (length > 0 && length < message.size() && (static_cast<unsigned char>(message[length]) & 0xC0u) == 0x80u)
    --length;
  return std::string(message.substr(0, length));
}

JqAnswer answer_of(std::string_view reply) {
  JqAnswer answer;
  const auto kind = static_cast<JqReply>(reply.empty() ? '\0' : reply.front());
  reply.remove_prefix(std::min<std::size_t>(1, reply.size()));
  if (kind == JqReply::outputs) {
    while (const std::optional<std::string_view> output = take_frame(reply)) answer.outputs.emplace_back(*output);
  } else {
    answer.failure = bounded(reply);
  }
  return answer;
}

JqAnswer failure(std::string reason) { return {{}, std::move(reason)}; }

}  // namespace

std::filesystem::path jq_worker_program() {
  constexpr const char* kThisProgram = "/proc/self/exe";
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink(kThisProgram, error);
  // The gateway's own file may have been replaced by an upgrade; what runs is still behind the link.
  if (error || program.filename().string().starts_with("tidegate")) return kThisProgram;
  return program.parent_path() / "tidegate";
}

Result<std::unique_ptr<JqRunner>> JqRunner::start(std::string program, JqBounds bounds, std::filesystem::path worker) {
  if (program.size() > limits::kJqProgramBytesMax) {
    return Error{ErrorCode::invalid, fmt::format("the program is longer than {} bytes", limits::kJqProgramBytesMax)};
  }
  if (program.find('\0') != std::string::npos) return Error{ErrorCode::invalid, "the program has a NUL in it"};
  std::unique_ptr<JqRunner> runner(new JqRunner(std::move(program), bounds, std::move(worker)));
  if (Status open = runner->open(); !open) return std::move(open).error();
  return runner;
}

/// Sees to it that there is a process that has compiled the program.
Status JqRunner::open() {
  if (process_) return {};
  std::this_thread::sleep_until(start_again_);
  start_again_ = now() + limits::kJqStartInterval;
  Result<std::unique_ptr<JqProcess>> spawned = JqProcess::spawn(worker_);
  if (!spawned) return std::move(spawned).error();
  ++starts_;
  process_ = *std::move(spawned);

  const std::string order(std::string(reinterpret_cast<const char*>(&bounds_), sizeof bounds_).append(program_));
  std::vector<JqAnswer> answers;
  const Talk how = talk({&order, 1}, answers, SteadyTime::max());
  if (how == Talk::finished && !answers.front().failure) return {};

  const std::unique_ptr<JqProcess> process = std::move(process_);
  if (how == Talk::finished) return Error{ErrorCode::invalid, *std::move(answers.front().failure)};
  if (how == Talk::silent) return Error{ErrorCode::unavailable, "the jq process does not say anything"};
  const JqProcess::End end = process->end({.time = limits::kJqCompileTime, .memory_bytes = bounds_.memory_bytes});
  return Error{end.by_event ? ErrorCode::invalid : ErrorCode::unavailable, end.reason + ", when it was compiled"};
}

/// Sends the inputs that have no answer yet and takes the answers, until all are there, `until` has passed with one at
/// least, they are too large to wait for more, or the process is no more.
JqRunner::Talk JqRunner::talk(std::span<const std::string> inputs, std::vector<JqAnswer>& answers, SteadyTime until) {
  std::size_t sent = answers.size();
  std::size_t bytes = 0;
  SteadyTime silent_at = now() + limits::kJqSilence;
  while (true) {
    bytes += take(answers);
    if (answers.size() >= inputs.size()) return Talk::finished;
    const SteadyTime at = now();
    if (at >= silent_at) return Talk::silent;
    if (!answers.empty() && (at >= until || bytes > limits::kJqAnswersBytesMax)) return Talk::late;
    while (sent < inputs.size() && process_->takes_more()) process_->send(inputs[sent++]);
    if (!process_->exchange(answers.empty() ? silent_at : std::min(silent_at, until))) {
      take(answers);
      return answers.size() >= inputs.size() ? Talk::finished : Talk::ended;
    }
    if (process_->heard()) silent_at = now() + limits::kJqSilence;
  }
}

/// Takes the answers that are here; returns their bytes.
std::size_t JqRunner::take(std::vector<JqAnswer>& answers) {
  std::size_t bytes = 0;
  while (const std::optional<std::string_view> reply = process_->receive()) {
    bytes += reply->size();
    answers.push_back(answer_of(*reply));
  }
  return bytes;
}

Result<std::vector<JqAnswer>> JqRunner::run(std::span<const std::string> inputs) {
  std::vector<JqAnswer> answers;
  if (inputs.empty()) return answers;
  const SteadyTime until = now() + limits::kJqRunTime;
  for (int kills = 1;; ++kills) {
    if (Status ready = open(); !ready) return std::move(ready).error();
    const Talk how = talk(inputs, answers, until);
    if (how == Talk::finished) return answers;
    const std::unique_ptr<JqProcess> process = std::move(process_);
    if (how == Talk::late) return answers;
    if (how == Talk::silent) {
      answers.push_back(failure("the program's process said nothing for too long"));
      return answers;
    }
    JqProcess::End end = process->end(bounds_);
    if (end.by_event || kills == limits::kJqKillsMax) answers.push_back(failure(std::move(end.reason)));
    // The rest is asked for again.
    if (!answers.empty()) return answers;
  }
}

}  // namespace tidegate
