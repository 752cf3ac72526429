#pragma once

#include <cstdint>
#include <string>

#include "connectors/mqtt/publisher.h"
#include "connectors/open_batches.h"

namespace tidegate::mqtt {

/// How a connection is doing.
struct LinkState {
  enum class Phase : std::uint8_t { none, connecting, up, ending, refused, lost } phase = Phase::none;
  BrokerLimits limits;     ///< when up
  ConnectFailure failure;  ///< when refused
  std::string why;         ///< when lost
};

/// The open batches and the state of the connection, between the lane's worker and Paho's threads, which say how
/// publishes end.
/// *Threads*: the observer's part is Paho's; the rest as of OpenBatches.
class Flights final : public OpenBatches, public PublisherObserver {
 public:
  explicit Flights(const Clock& clock) : OpenBatches(clock) {}

  // Paho's.
  void connected(const BrokerLimits& limits) override EXCLUDES(mutex_);
  void not_connected(ConnectFailure failure) override EXCLUDES(mutex_);
  void ending() override EXCLUDES(mutex_);
  void lost(std::string why) override EXCLUDES(mutex_);
  void answered(std::uint64_t ticket, Reason reason) override EXCLUDES(mutex_);

  void set_phase(LinkState::Phase phase) EXCLUDES(mutex_);
  [[nodiscard]] LinkState::Phase phase() const EXCLUDES(mutex_);
  [[nodiscard]] LinkState link() const EXCLUDES(mutex_);

 private:
  void change(LinkState state) EXCLUDES(mutex_);

  LinkState link_ GUARDED_BY(mutex_);
};

}  // namespace tidegate::mqtt
