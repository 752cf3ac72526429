#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "connectors/mqtt/mqtt.h"
#include "gateway/config/option_table.h"
#include "tests/support/broker/fake_intake.h"
#include "tests/support/broker/source_rig.h"
#include "tests/support/process/process.h"

namespace tidegate::test {

/// A real source on a network thread, with an intake that the test controls.
class WithSource : public ::testing::Test {
 protected:
  /// Before what the source works with goes away.
  void TearDown() override { source_.reset(); }

  /// Generous: a loaded machine must not fail a test.
  static Deadline patience() { return within(milliseconds{30'000}); }

  void make_source(const std::string& broker_uri, const std::string& more) {
    source_ = build(broker_uri, more);
    ASSERT_TRUE(source_);
    ASSERT_TRUE(source_->start(intake_));
  }
  /// What a source with the same options that is not started finds.
  Status probe(const std::string& broker_uri, const std::string& more, Deadline deadline = patience()) {
    const auto source = build(broker_uri, more);
    return source ? source->probe(deadline) : Status(Error{ErrorCode::invalid, "no source"});
  }
  std::unique_ptr<Source> build(const std::string& broker_uri, const std::string& more) {
    const std::string yaml = "broker: " + broker_uri + "\nreconnect: { initial: 10ms, max: 50ms }\n" + more;
    const auto options = parse_text(*mqtt_source_options(), yaml);
    EXPECT_TRUE(options) << options.error().message;
    if (!options) return nullptr;
    auto made = make_mqtt_source(rig_.context(), *options);
    EXPECT_TRUE(made) << made.error().message;
    return made ? *std::move(made) : nullptr;
  }
  bool reaches(HealthState state, const std::string& words = "") {
    return intake_.wait(patience(), [&] {
      const Health::Entry entry = rig_.health();
      return entry.state == state && entry.detail.find(words) != std::string::npos;
    });
  }
  bool receives(std::size_t count) {
    return intake_.wait(patience(), [&] { return intake_.committed_count() >= count; });
  }

  SourceRig rig_;
  FakeIntake intake_;
  std::unique_ptr<Source> source_;
};

inline std::string attribute(const Event& event, std::string_view name) {
  for (const auto& [key, value] : event.attributes)
    if (key == name) return value;
  return "";
}

}  // namespace tidegate::test
