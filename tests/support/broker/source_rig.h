#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <thread>

#include "connectors/connector.h"
#include "tests/support/clock/skipping_clock.h"

namespace tidegate::test {

/// What a source needs around it: a network thread, a clock, health and metrics.
class SourceRig {
 public:
  explicit SourceRig(std::string name = "test") : health_(clock_), random_(7) {
    context_.gateway_id = "gw";
    context_.name = std::move(name);
    context_.source_id = SourceId{1};
    context_.net = &net_;
    context_.clock = &clock_;
    context_.random = &random_;
    context_.health = &health_;
    context_.metrics = &metrics_;
  }
  ~SourceRig() {
    work_.reset();
    net_.stop();
    thread_.join();
  }
  SourceRig(const SourceRig&) = delete;
  SourceRig& operator=(const SourceRig&) = delete;

  [[nodiscard]] const ConnectorContext& context() const noexcept { return context_; }
  [[nodiscard]] Metrics& metrics() noexcept { return metrics_; }
  [[nodiscard]] Health::Entry health() const {
    const auto entries = health_.entries();
    const auto found = entries.find("source " + context_.name);
    return found == entries.end() ? Health::Entry{} : found->second;
  }
  /// Time that passes at once, for everything that asks the clock. Timers that are set already do not notice.
  void skip(milliseconds by) noexcept { clock_.skip(by); }
  [[nodiscard]] std::uint64_t count(std::string_view metric) {
    return metrics_.counter(metric, "", {{"source", context_.name}}).value();
  }

 private:
  testing::SkippingClock clock_;
  Health health_;
  Metrics metrics_;
  SeededRandom random_;
  boost::asio::io_context net_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{net_.get_executor()};
  ConnectorContext context_;
  std::thread thread_{[this] { net_.run(); }};
};

}  // namespace tidegate::test
