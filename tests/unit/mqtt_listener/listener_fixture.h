#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "connectors/mqtt_listener/mqtt_listener.h"
#include "gateway/config/option_table.h"
#include "tests/support/broker/fake_intake.h"
#include "tests/support/broker/source_rig.h"
#include "tests/support/process/process.h"

namespace tidegate::test {

/// A real listener on a network thread, with an intake that the test controls, for clients of any kind.
class WithListener : public ::testing::Test {
 protected:
  void TearDown() override { source_.reset(); }

  /// Generous: a loaded machine must not fail a test.
  static Deadline patience() { return within(milliseconds{60'000}); }

  /// Starts it, at the same port as before if there was one.
  void start_listener(const std::string& more = "allow_anonymous: true") {
    source_.reset();
    const auto options =
        parse_text(*mqtt_listener_options(), "listen: 127.0.0.1:" + std::to_string(port_) + "\n" + more);
    ASSERT_TRUE(options) << options.error().message;
    auto made = make_mqtt_listener(rig_.context(), *options);
    ASSERT_TRUE(made);
    source_ = *std::move(made);
    const Status started = source_->start(intake_);
    ASSERT_TRUE(started) << started.error().message;
    ASSERT_TRUE(intake_.wait(patience(), [&] { return accepts_connections(port_); }));
  }
  bool receives(std::size_t count) {
    return intake_.wait(patience(), [&] { return intake_.committed_count() >= count; });
  }
  [[nodiscard]] std::vector<std::string> payloads() const {
    std::vector<std::string> out;
    for (const Event& event : intake_.committed()) out.push_back(event.data);
    return out;
  }
  /// "0", "1", ... as the clients of the tests number their messages.
  static std::vector<std::string> numbers(int count, int first = 0) {
    std::vector<std::string> out;
    for (int i = first; i < first + count; ++i) out.push_back(std::to_string(i));
    return out;
  }
  [[nodiscard]] std::string port() const { return std::to_string(port_); }

  SourceRig rig_;
  FakeIntake intake_;
  TempDir dir_;
  const std::uint16_t port_ = free_port();
  std::unique_ptr<Source> source_;
};

}  // namespace tidegate::test
