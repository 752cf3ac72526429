#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "connectors/connector.h"

namespace tidegate::testing {

/// How long a test waits for what must happen; only a failure takes that long.
inline constexpr auto kGenerous = std::chrono::seconds{60};

/// A sink whose answers the test gives; by default everything is delivered.
class ScriptedSink final : public Sink {
 public:
  struct Script {
    std::mutex mutex;
    std::condition_variable changed;
    std::function<std::optional<Settled>(const Batch&)> answer;  ///< none: never answered
    std::size_t submitted = 0, connects = 0, refreshes = 0, closed = 0;
    Status connect_answer;
    bool gathers = false;  ///< before the start
    std::vector<std::string> captured;

    bool wait_for(const std::function<bool()>& condition) {
      std::unique_lock lock(mutex);
      return changed.wait_for(lock, kGenerous, condition);
    }
  };

  explicit ScriptedSink(Script& script) : script_(script) {}
  [[nodiscard]] SinkLimits limits() const noexcept override { return {10, 1u << 20, 4, false, script_.gathers}; }
  Status connect(Deadline, std::stop_token) override {
    const std::lock_guard lock(script_.mutex);
    ++script_.connects;
    script_.changed.notify_all();
    return script_.connect_answer;
  }
  void submit(Batch batch) override {
    const std::lock_guard lock(script_.mutex);
    ++script_.submitted;
    for (const OutEvent* out : batch.events) {
      for (const auto& [name, value] : out->captures) script_.captured.push_back(name + "=" + value);
    }
    std::optional<Settled> answer =
        script_.answer ? script_.answer(batch) : Settled{batch.id, {Outcome{Fate::delivered, ""}}, {}, {}};
    if (answer) ended_.push_back(std::move(*answer));
    script_.changed.notify_all();
  }
  std::vector<Settled> wait(Deadline deadline, std::stop_token) override {
    std::unique_lock lock(script_.mutex);
    script_.changed.wait_until(lock, deadline.at, [&] { return woken_ || !ended_.empty(); });
    woken_ = false;
    return std::exchange(ended_, {});
  }
  void wake() noexcept override {
    const std::lock_guard lock(script_.mutex);
    woken_ = true;
    script_.changed.notify_all();
  }
  bool refresh_credentials() override {
    const std::lock_guard lock(script_.mutex);
    ++script_.refreshes;
    return true;
  }
  void close() noexcept override {
    const std::lock_guard lock(script_.mutex);
    ++script_.closed;
  }

 private:
  Script& script_;
  std::vector<Settled> ended_;
  bool woken_ = false;
};

}  // namespace tidegate::testing
