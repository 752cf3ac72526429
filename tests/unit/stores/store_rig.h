#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "connectors/connector.h"
#include "gateway/base/clock.h"
#include "tests/support/receiver/receiver.h"

namespace tidegate::stores {

using MakeSink = Result<std::unique_ptr<Sink>> (*)(const ConnectorContext&, const std::any&);

/// A sink of a store, in front of a receiver that answers what the test says.
class StoreRig {
 public:
  /// `yaml`: the options but for `url`. Fails the test when they are wrong.
  StoreRig(const OptionTable& table, MakeSink make, const std::string& yaml);

  /// What comes next is answered so.
  void answer(unsigned status, std::string body = {}, std::vector<std::pair<std::string, std::string>> headers = {});
  /// An event "e1", "e2", ...; 2026-01-01 and as many seconds, captures site=hall-2.
  const OutEvent* event(std::string data, std::string subject = "a/b");
  /// Submits these events, or all there are, as one batch.
  Settled send(std::vector<const OutEvent*> events = {});
  Status connect();
  /// The request that came last.
  [[nodiscard]] testing::ReceivedRequest last() const;

 private:
  SystemClock clock_;
  ConnectorContext context_;
  std::unique_ptr<testing::Receiver> receiver_;
  mutable std::mutex mutex_;
  testing::Answer next_;  ///< the receiver's thread reads it
  std::unique_ptr<Sink> sink_;
  std::vector<std::unique_ptr<OutEvent>> events_;
};

/// "delivered,rejected: why,retry: why" and the cause.
std::string told(const Settled& settled);

/// What a table says of options, without `url`; empty: nothing.
std::string mistake(const OptionTable& table, const std::string& yaml);

}  // namespace tidegate::stores
