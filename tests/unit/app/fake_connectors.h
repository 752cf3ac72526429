#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "connectors/connector.h"
#include "gateway/base/mutex.h"

namespace tidegate {

/// What the fake connectors did, in the order they did it; and how they behave.
struct Stage {
  void note(std::string what) EXCLUDES(mutex);
  [[nodiscard]] std::vector<std::string> notes() const EXCLUDES(mutex);
  [[nodiscard]] std::size_t count(const std::string& what) const;

  mutable Mutex mutex;
  std::vector<std::string> said GUARDED_BY(mutex);
  std::atomic<int> sources_that_fail{0};       ///< so many sources cannot be made
  std::atomic<int> sinks_that_fail{0};         ///< so many sinks cannot be made
  std::atomic<int> large_events{0};            ///< a source admits so many of 128 KiB after its first
  std::atomic<bool> sink_hangs{false};         ///< a connect does not return, whatever its deadline
  std::atomic<bool> receipts_hang{false};      ///< a receipt does not return, and with it the committer
  std::atomic<bool> throws_on_network{false};  ///< the next source throws on the network thread
};
/// The one that the connectors of this test program act on. A test resets it.
Stage& stage();

/// "fake": a source that admits an event with the topic "a/b", and a sink that takes everything.
const std::vector<ConnectorType>& staged_types();

}  // namespace tidegate
