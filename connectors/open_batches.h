#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "connectors/connector.h"
#include "gateway/base/clock.h"
#include "gateway/base/mutex.h"

namespace tidegate {

/// A batch on its way, or complete.
struct Flight {
  enum class State : std::uint8_t { waiting, handed, ended };

  Batch batch;
  std::uint64_t first_ticket = 0;
  SteadyTime since{};             ///< when it was submitted
  std::vector<State> states;      ///< one per event
  std::vector<Outcome> outcomes;  ///< one per event once one was not delivered; empty: all that ended were
  std::size_t open = 0;           ///< events that have not ended
  std::size_t failed = 0;         ///< events that are to be sent again
  Cause cause = Cause::none;      ///< the gravest of its events
};

/// What a sink says of a batch that is complete, with what order demands: see keep_order().
Settled settled_of(Flight flight);

/// The open batches of a sink whose library takes events one by one and reports on threads of its own how they ended.
/// They stand between these threads and the lane's worker, which waits until a batch is complete, there is room for
/// more events, or the link to the peer changes. It is not woken for every report.
/// *Threads*: what is public is the worker's, and wake() is safe from any; what is protected serves reports.
class OpenBatches {
 public:
  /// Opens a batch; its events have the tickets from the one returned on, in their order.
  std::uint64_t open(Batch batch) EXCLUDES(mutex_);
  /// The next `count` events of a batch are about to be handed to the library; `ticket` is the first one's.
  void hand(std::uint64_t ticket, std::size_t count) EXCLUDES(mutex_);
  /// They were not after all.
  void take_back(std::uint64_t ticket, std::size_t count) EXCLUDES(mutex_);
  /// Events that a report is owed for.
  [[nodiscard]] std::size_t handed() const EXCLUDES(mutex_);
  /// Makes wait() return when no more than so many reports are owed; nullopt: nothing waits for room.
  void set_refill(std::optional<std::size_t> handed) EXCLUDES(mutex_);
  /// Ends one event otherwise than by a report.
  void end(std::uint64_t ticket, Outcome outcome, Cause cause) EXCLUDES(mutex_);
  /// Ends every event: the ones that were handed over as unknown, the others to be sent again.
  void end_all(const std::string& why, Cause cause) EXCLUDES(mutex_);
  /// The batches that are complete.
  std::deque<Flight> take_complete() EXCLUDES(mutex_);
  /// Forgets every batch.
  void clear() EXCLUDES(mutex_);

  /// When the oldest open batch was submitted; nullopt: none is open.
  [[nodiscard]] std::optional<SteadyTime> oldest() const EXCLUDES(mutex_);
  /// Since when nothing was heard although reports are owed; nullopt when none is.
  [[nodiscard]] std::optional<SteadyTime> silent_since() const EXCLUDES(mutex_);
  /// The subjects of a batch of which an event is to be sent again: nothing may leave after it. Empty when `known`
  /// failures are still all there are. They point into the batch.
  std::unordered_set<std::string_view> held_subjects(std::uint64_t first_ticket, std::size_t& known) const
      EXCLUDES(mutex_);

  /// *Blocks* until a batch is complete, there is room to refill, the link changes, wake() was called, or `until`.
  void wait(SteadyTime until) EXCLUDES(mutex_);
  /// *Blocks* until no report is owed, or `until`.
  void wait_for_reports(SteadyTime until) EXCLUDES(mutex_);
  void wake() noexcept EXCLUDES(mutex_);
  /// Whether there was a wake() since the last call.
  bool take_wake() EXCLUDES(mutex_);

 protected:
  explicit OpenBatches(const Clock& clock) : clock_(clock) {}
  ~OpenBatches() = default;

  /// The open batch that has the ticket; nullptr: it is over. Valid until tell().
  Flight* find(std::uint64_t ticket) REQUIRES(mutex_);
  /// Does nothing when the event has ended.
  void end_event(Flight& flight, std::uint64_t ticket, Outcome outcome, Cause cause) REQUIRES(mutex_);
  /// The peer has answered something at `now`.
  void heard(SteadyTime now) REQUIRES(mutex_) { heard_ = now; }
  /// Reports were taken: sorts out what is complete, and wakes the worker when it has something to do.
  void tell() REQUIRES(mutex_);
  /// The worker has yet to see how the link is, or need not.
  void set_link_news(bool news) REQUIRES(mutex_);

  const Clock& clock_;
  mutable Mutex mutex_;

 private:
  void mark(std::uint64_t ticket, std::size_t count, Flight::State state) REQUIRES(mutex_);
  void sweep() REQUIRES(mutex_);
  [[nodiscard]] bool has_news() const REQUIRES(mutex_);

  CondVar news_;
  bool link_news_ GUARDED_BY(mutex_) = false;
  bool woken_ GUARDED_BY(mutex_) = false;
  std::deque<Flight> open_ GUARDED_BY(mutex_);  ///< ascending by first_ticket
  std::deque<Flight> complete_ GUARDED_BY(mutex_);
  std::uint64_t next_ticket_ GUARDED_BY(mutex_) = 1;
  std::size_t handed_ GUARDED_BY(mutex_) = 0;
  SteadyTime heard_ GUARDED_BY(mutex_){};
  std::optional<std::size_t> refill_ GUARDED_BY(mutex_);
};

}  // namespace tidegate
