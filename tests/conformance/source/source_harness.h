#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "connectors/connector.h"

namespace tidegate::test {

/// What the suite needs to know of one kind of source: the peer it takes events from. A new source adds one of these,
/// and a row in source_harnesses(). The peer keeps what is not acknowledged and offers it again after interrupt().
class SourceHarness {
 public:
  virtual ~SourceHarness() = default;
  /// A new source in front of the peer.
  virtual std::unique_ptr<Source> make(const ConnectorContext& context) = 0;
  /// True when the source is with its peer, ready to take events.
  virtual bool ready() = 0;
  /// Makes the peer offer this as one event.
  virtual void offer(const std::string& payload) = 0;
  /// Events the source has acknowledged to the peer, or refused for good.
  virtual std::size_t acknowledged() = 0;
  /// Breaks what connects the source with its peer.
  virtual void interrupt() = 0;
  /// The peer turns everyone away (true), or takes them again.
  virtual void turn_away(bool away) = 0;
  /// The peer says nothing more, and takes nothing.
  virtual void fall_silent() = 0;
};

/// True when the component is well, as the health board has it.
bool is_ok(const Health& health, const std::string& component);

struct SourceRow {
  const char* name;
  std::unique_ptr<SourceHarness> (*make)();
  friend void PrintTo(const SourceRow& row, std::ostream* out) { *out << row.name; }
};
/// Every source of this repository. Defined in source_harnesses.cpp.
const std::vector<SourceRow>& source_harnesses();

std::unique_ptr<SourceHarness> make_mqtt_source_harness();
std::unique_ptr<SourceHarness> make_http_source_harness();
std::unique_ptr<SourceHarness> make_directory_source_harness();
std::unique_ptr<SourceHarness> make_mqtt_listener_harness();
std::unique_ptr<SourceHarness> make_sqs_source_harness();

}  // namespace tidegate::test
