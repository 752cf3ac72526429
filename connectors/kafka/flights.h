#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "connectors/connector.h"
#include "connectors/kafka/producer.h"
#include "gateway/base/mutex.h"

namespace tidegate::kafka {

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

/// How the producer and its connections are doing, since the producer was made.
struct LinkState {
  std::optional<SteadyTime> down_since;  ///< no broker can be reached, and none has answered since
  bool fatal = false;                    ///< the producer takes nothing more
  Cause cause = Cause::peer_down;        ///< of the latest trouble
  std::string trouble;                   ///< the latest, for a person
};

/// The open batches and the state of the producer, between the lane's worker and librdkafka's thread, which reports how
/// messages ended: the worker waits until a batch is complete, there is room for more messages, or the producer is in
/// trouble. It is not woken for every report.
/// *Threads*: the observer's part is librdkafka's; wake() is safe from any; the rest is the worker's.
class Flights final : public ProducerObserver {
 public:
  explicit Flights(const Clock& clock) : clock_(clock) {}

  void reported(std::span<const Report> reports) override EXCLUDES(mutex_);
  void failed(rd_kafka_resp_err_t error, std::string words, bool fatal) override EXCLUDES(mutex_);

  /// Forgets what was said of an earlier producer.
  void new_link() EXCLUDES(mutex_);
  [[nodiscard]] LinkState link() const EXCLUDES(mutex_);
  /// A broker answered.
  void link_is_up() EXCLUDES(mutex_);

  /// Opens a batch; its events have the tickets from the one returned on, in their order.
  std::uint64_t open(Batch batch) EXCLUDES(mutex_);
  /// The next `count` events of a batch are about to be handed to the producer.
  void hand(std::uint64_t ticket, std::size_t count) EXCLUDES(mutex_);
  /// They were not after all.
  void take_back(std::uint64_t ticket, std::size_t count) EXCLUDES(mutex_);
  /// Messages that the producer owes a report for.
  [[nodiscard]] std::size_t handed() const EXCLUDES(mutex_);
  /// Makes wait() return when no more than so many reports are owed; nullopt: nothing waits for room.
  void set_refill(std::optional<std::size_t> handed) EXCLUDES(mutex_);
  /// Ends one event otherwise than by a report.
  void end(std::uint64_t ticket, Verdict verdict) EXCLUDES(mutex_);
  /// The subjects of a batch of which an event is to be sent again: nothing may leave after it. Empty when `known`
  /// failures are still all there are. They point into the batch.
  std::unordered_set<std::string_view> held_subjects(std::uint64_t first_ticket, std::size_t& known) const
      EXCLUDES(mutex_);

  /// Everything is about to be given up: what is purged ends for this reason.
  void give_up(const std::string& why, Cause cause) EXCLUDES(mutex_);
  /// Ends every event: the ones that were handed over as unknown, the others to be sent again.
  void end_all(const std::string& why, Cause cause) EXCLUDES(mutex_);
  /// The batches that are complete.
  std::deque<Flight> take_complete() EXCLUDES(mutex_);
  /// When the oldest open batch was submitted; nullopt: none is open.
  [[nodiscard]] std::optional<SteadyTime> oldest() const EXCLUDES(mutex_);
  /// What the reports since the last call ask of the size of requests.
  Smaller take_smaller() EXCLUDES(mutex_);
  /// Messages delivered since the last call.
  std::size_t take_delivered() EXCLUDES(mutex_);
  /// Forgets every batch.
  void clear() EXCLUDES(mutex_);

  /// *Blocks* until a batch is complete, there is room to refill, the producer is in trouble, wake() was called, or
  /// `until`.
  void wait(SteadyTime until) EXCLUDES(mutex_);
  /// *Blocks* until no report is owed, or `until`.
  void wait_for_reports(SteadyTime until) EXCLUDES(mutex_);
  void wake() noexcept EXCLUDES(mutex_);
  /// Whether there was a wake() since the last call.
  bool take_wake() EXCLUDES(mutex_);

 private:
  Flight* find(std::uint64_t ticket) REQUIRES(mutex_);
  void end_event(Flight& flight, std::uint64_t ticket, Verdict verdict) REQUIRES(mutex_);
  void sweep() REQUIRES(mutex_);
  void answered() REQUIRES(mutex_);
  [[nodiscard]] bool has_news() const REQUIRES(mutex_);

  const Clock& clock_;
  mutable Mutex mutex_;
  CondVar news_;
  LinkState link_ GUARDED_BY(mutex_);
  bool link_changed_ GUARDED_BY(mutex_) = false;
  bool woken_ GUARDED_BY(mutex_) = false;
  std::optional<Verdict> given_up_ GUARDED_BY(mutex_);  ///< how a purged message ends
  std::deque<Flight> open_ GUARDED_BY(mutex_);          ///< ascending by first_ticket
  std::deque<Flight> complete_ GUARDED_BY(mutex_);
  std::uint64_t next_ticket_ GUARDED_BY(mutex_) = 1;
  std::size_t handed_ GUARDED_BY(mutex_) = 0;
  std::size_t delivered_ GUARDED_BY(mutex_) = 0;
  Smaller smaller_ GUARDED_BY(mutex_) = Smaller::no;
  std::optional<std::size_t> refill_ GUARDED_BY(mutex_);
};

}  // namespace tidegate::kafka
