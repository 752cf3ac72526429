#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "connectors/connector.h"
#include "connectors/mqtt/publisher.h"
#include "gateway/base/mutex.h"

namespace tidegate::mqtt {

/// A batch on its way, or complete.
struct Flight {
  Batch batch;
  std::uint64_t first_ticket = 0;
  std::size_t taken_off = 0;      ///< events from the front that were handed to Paho, or tried to be
  std::vector<Outcome> outcomes;  ///< one per event
  std::vector<bool> ended;        ///< one per event
  std::size_t open = 0;           ///< events that have not ended
  std::size_t delivered = 0;
  Cause cause = Cause::none;  ///< the gravest of its events
};

/// How a connection is doing.
struct LinkState {
  enum class Phase : std::uint8_t { none, connecting, up, refused, lost } phase = Phase::none;
  BrokerLimits limits;     ///< when up
  ConnectFailure failure;  ///< when refused
  std::string why;         ///< when lost
};

/// The open batches and the state of the connection, between the lane's worker and Paho's threads: these say how
/// publishes end, the worker waits until a batch is complete or there is room for more publishes. It is not woken for
/// every event.
/// *Threads*: the observer's part is Paho's; wake() is safe from any; the rest is the worker's.
class Flights final : public PublisherObserver {
 public:
  explicit Flights(const Clock& clock) : clock_(clock) {}

  // Paho's.
  void connected(const BrokerLimits& limits) override EXCLUDES(mutex_);
  void not_connected(ConnectFailure failure) override EXCLUDES(mutex_);
  void lost(std::string why) override EXCLUDES(mutex_);
  void answered(std::uint64_t ticket, PublishAnswer answer) override EXCLUDES(mutex_);

  void set_phase(LinkState::Phase phase) EXCLUDES(mutex_);
  [[nodiscard]] LinkState::Phase phase() const EXCLUDES(mutex_);
  [[nodiscard]] LinkState link() const EXCLUDES(mutex_);

  /// Opens a batch; its events have the tickets from the one returned on, in their order.
  std::uint64_t open(Batch batch) EXCLUDES(mutex_);
  /// The next `count` events of a batch are about to be published; `ticket` is the first one's.
  void take_off(std::uint64_t ticket, std::size_t count) EXCLUDES(mutex_);
  /// Publishes that the broker owes an answer for.
  [[nodiscard]] std::size_t unanswered() const EXCLUDES(mutex_);
  /// Makes wait() return when no more than so many answers are owed; nullopt: there is nothing to publish.
  void set_refill(std::optional<std::size_t> unanswered) EXCLUDES(mutex_);
  /// Ends one event otherwise than by the broker's answer.
  void end(std::uint64_t ticket, Outcome outcome, Cause cause) EXCLUDES(mutex_);
  /// Ends every event: the ones that took off as unknown, the others to be sent again.
  void end_all(const std::string& why, Cause cause) EXCLUDES(mutex_);
  /// The batches that are complete.
  std::deque<Flight> take_complete() EXCLUDES(mutex_);
  /// Since when the broker has answered nothing although it owes answers; nullopt when it owes none.
  [[nodiscard]] std::optional<SteadyTime> silent_since() const EXCLUDES(mutex_);
  /// Forgets every batch.
  void clear() EXCLUDES(mutex_);

  /// *Blocks* until a batch is complete, there is room to refill, the connection changes, wake() was called, or
  /// `until`.
  void wait(SteadyTime until) EXCLUDES(mutex_);
  void wake() noexcept EXCLUDES(mutex_);
  /// Whether there was a wake() since the last call.
  bool take_wake() EXCLUDES(mutex_);

 private:
  std::deque<Flight>::iterator find(std::uint64_t ticket) REQUIRES(mutex_);
  void end_event(std::deque<Flight>::iterator flight, std::size_t index, Outcome outcome, Cause cause) REQUIRES(mutex_);
  void complete(std::deque<Flight>::iterator flight) REQUIRES(mutex_);
  [[nodiscard]] bool has_news() const REQUIRES(mutex_);
  void change(LinkState state) EXCLUDES(mutex_);

  const Clock& clock_;
  mutable Mutex mutex_;
  CondVar news_;
  LinkState link_ GUARDED_BY(mutex_);
  bool link_changed_ GUARDED_BY(mutex_) = false;
  bool woken_ GUARDED_BY(mutex_) = false;
  std::deque<Flight> open_ GUARDED_BY(mutex_);  ///< ascending by first_ticket
  std::deque<Flight> complete_ GUARDED_BY(mutex_);
  std::uint64_t next_ticket_ GUARDED_BY(mutex_) = 1;
  std::size_t unanswered_ GUARDED_BY(mutex_) = 0;
  std::optional<std::size_t> refill_ GUARDED_BY(mutex_);
  SteadyTime last_answer_ GUARDED_BY(mutex_);
};

}  // namespace tidegate::mqtt
