#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "gateway/transform/jq/bounds.h"
#include "gateway/transform/jq/process.h"

namespace tidegate {

/// What a jq program made of one event.
struct JqAnswer {
  std::vector<std::string> outputs;    ///< JSON each, in the program's order
  std::optional<std::string> failure;  ///< a sentence for the dead letter; then there are no outputs
};

/// The gateway's program, for jq processes: this one, or the one beside it when this is a program of the tests.
std::filesystem::path jq_worker_program();

/// Runs a jq program over events, in a process of its own: libjq knows no bounds, and calls abort() when memory runs
/// out. The program sees no files, no environment and no events but its own. *Threads*: one user at a time.
class JqRunner {
 public:
  /// Starts the process and compiles the program. *Errors*: invalid, with jq's message; unavailable, when there is no
  /// process now. *Blocks* for some ten milliseconds.
  static Result<std::unique_ptr<JqRunner>> start(std::string program, JqBounds bounds = {},
                                                 std::filesystem::path worker = jq_worker_program());

  /// Answers the inputs, JSON each, from the first on: at least one of them. An input that goes beyond the bounds is a
  /// failure, and costs a new process. Their outputs are about limits::kJqAnswersBytesMax at most.
  /// *Blocks* for about limits::kJqRunTime, and kJqSilence at the very longest.
  /// *Errors*: unavailable, when there is no process now.
  Result<std::vector<JqAnswer>> run(std::span<const std::string> inputs);

  /// Processes that were started.
  [[nodiscard]] std::size_t starts() const noexcept { return starts_; }
  /// The process, for those who watch it; 0 when there is none now.
  [[nodiscard]] pid_t pid() const noexcept { return process_ ? process_->pid() : 0; }

 private:
  enum class Talk { finished, ended, silent, late };

  JqRunner(std::string program, JqBounds bounds, std::filesystem::path worker)
      : program_(std::move(program)), bounds_(bounds), worker_(std::move(worker)) {}

  Status open();
  Talk talk(std::span<const std::string> inputs, std::vector<JqAnswer>& answers, SteadyTime until);
  std::size_t take(std::vector<JqAnswer>& answers);

  std::string program_;
  JqBounds bounds_;
  std::filesystem::path worker_;
  std::unique_ptr<JqProcess> process_;
  SteadyTime start_again_{};  ///< not before
  std::size_t starts_ = 0;
};

}  // namespace tidegate
