#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "connectors/http/ingest/ingest.h"
#include "gateway/config/option_table.h"
#include "tests/support/broker/fake_intake.h"
#include "tests/support/broker/source_rig.h"
#include "tests/support/http/http_client.h"
#include "tests/support/process/process.h"

namespace tidegate::test {

/// The source on a network thread of its own, in front of an intake that the test controls.
class HttpSourceTest : public ::testing::Test {
 protected:
  ~HttpSourceTest() override {
    if (source_) source_->stop();
  }

  /// Starts a source with these options beside `listen`, and waits until it listens.
  void start(const std::string& yaml = "") {
    source_.reset();
    rig_.context().health->post("source test", HealthState::starting, "");
    const auto options = parse_text(*http_source_options(), "listen: 127.0.0.1:0\n" + yaml);
    ASSERT_TRUE(options) << options.error().message;
    auto made = make_http_source(rig_.context(), *options);
    ASSERT_TRUE(made) << made.error().message;
    source_ = *std::move(made);
    ASSERT_TRUE(source_->start(intake_));
    const auto listens = [this] { return (port_ = port_in(rig_.health().detail)) != 0; };
    ASSERT_TRUE(wait_until(within(kPatience), listens));
  }
  bool eventually(const std::function<bool()>& condition) { return intake_.wait(within(kPatience), condition); }

  static constexpr milliseconds kPatience{30'000};
  SourceRig rig_;
  FakeIntake intake_;
  std::unique_ptr<Source> source_;
  std::uint16_t port_ = 0;
};

inline std::string cloud_event(const std::string& id, const std::string& data = "1") {
  return R"({"specversion":"1.0","source":"/machine","type":"t","id":")" + id + R"(","data":)" + data + "}";
}

}  // namespace tidegate::test
