#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connectors/connector.h"
#include "tests/support/broker/scripted_broker.h"
#include "tests/support/process/process.h"

namespace tidegate::test {

/// How long a test waits for what must happen; only a broken test waits that long.
inline constexpr milliseconds kPatience{30'000};

/// A sink under test, with what it needs around it.
class SinkUnderTest {
 public:
  /// `yaml`: the sink's options besides `broker`. Fails the test when they are wrong.
  SinkUnderTest(const std::string& broker_uri, const std::string& yaml);

  Sink& operator*() const { return *sink_; }
  Sink* operator->() const { return sink_.get(); }

  /// An event on `subject`, with the number of the event as payload. Lives as long as this.
  const OutEvent& event(const std::string& subject);
  OutEvent& last_event() { return events_.back(); }
  /// `count` events, on the subjects in turn.
  Batch batch(const std::vector<std::string>& subjects, std::size_t count);
  Batch batch(const std::vector<std::string>& subjects) { return batch(subjects, subjects.size()); }
  /// Submits a batch and waits for what becomes of it.
  Settled send(Batch batch);
  Settled settled();
  void drop() { sink_.reset(); }

 private:
  SystemClock clock_;
  ConnectorContext context_;
  std::deque<OutEvent> events_;
  std::uint64_t batches_ = 0;
  std::unique_ptr<Sink> sink_;
};

/// One fate per event, "d" delivered, "r" retry, "u" unknown, "x" rejected: "dddx".
std::string fates(const Settled& settled, std::size_t events);

/// A broker for a publisher.
BrokerScript taking();
/// The PUBLISH packets that a scripted broker was sent.
std::vector<SeenPacket> publishes(const ScriptedBroker& broker);
/// The values of one user property, in the packet's order.
std::vector<std::string> user_properties(const SeenPacket& packet, std::string_view name);

}  // namespace tidegate::test
