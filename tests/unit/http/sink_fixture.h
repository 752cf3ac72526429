#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "connectors/connector.h"
#include "gateway/base/clock.h"
#include "gateway/delivery/options.h"
#include "tests/support/files/temp_dir.h"
#include "tests/support/receiver/receiver.h"

namespace tidegate::http {

/// How long a test waits for something that must happen; only a broken test waits that long.
inline constexpr std::chrono::seconds kPatience{30};

/// Events "id-N" with the payload {"n":N}.
std::vector<OutEvent> numbered_events(int count, int first = 1);
Batch batch_of(const std::vector<OutEvent>& events, std::uint64_t id = 1);

/// A sink under test, with what it needs around it.
class SinkUnderTest {
 public:
  /// `yaml`: the sink's options. Fails the test when they are wrong. `clock`: null: the machine's.
  explicit SinkUnderTest(const std::string& yaml, std::size_t max_events = 500, const Clock* clock = nullptr);

  Sink& operator*() const { return *sink_; }
  Sink* operator->() const { return sink_.get(); }
  /// Submits the events as one batch and waits for what became of it.
  Settled send(const std::vector<OutEvent>& events) const;
  /// Waits for `count` batches.
  std::vector<Settled> settled(std::size_t count) const;
  [[nodiscard]] Deadline in(milliseconds time) const { return {clock_->steady() + time}; }

 private:
  const SystemClock system_clock_;
  const Clock* clock_;
  DeliveryOptions delivery_;
  ConnectorContext context_;
  std::unique_ptr<Sink> sink_;
};

using test::TempDir;

std::unique_ptr<testing::Receiver> start_receiver(testing::ReceiverOptions options = {});

}  // namespace tidegate::http
