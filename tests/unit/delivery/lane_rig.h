#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/delivery/scheduler.h"
#include "tests/sim/model_spool.h"
#include "tests/support/clock/virtual_clock.h"

namespace tidegate::testing {

/// An event of `key` with a payload of `bytes`.
Event event_of(const std::string& key, std::size_t bytes = 10);

/// A batch as a test sees it: the seqs in order.
struct SentBatch {
  BatchId id;
  std::vector<std::uint64_t> seqs;
  bool more = false;
};

/// A scheduler with a model spool and virtual time; the test plays the sink. Seqs in the tests count from 1.
class LaneRig {
 public:
  explicit LaneRig(DeliveryOptions options, SinkLimits sink = {1000, 1u << 20, 16});

  /// Appends events with these keys and lets the lane read them.
  void append(const std::vector<std::string>& keys, std::size_t bytes = 10);
  /// Reads everything the lane wishes.
  void read();
  /// Every batch that may leave now.
  std::vector<SentBatch> send();
  /// The one batch that may leave now; a failure when there is none or another.
  SentBatch send_one();
  /// Ends a batch, all its events alike.
  void end(const SentBatch& batch, Fate fate, Cause cause = Cause::none, std::optional<milliseconds> retry_after = {});
  /// Ends a batch, event by event.
  void end(const SentBatch& batch, const std::vector<Fate>& fates, Cause cause = Cause::none);
  void deliver(const SentBatch& batch) { end(batch, Fate::delivered); }
  void fail(const SentBatch& batch) { end(batch, Fate::retry, Cause::peer_down); }
  /// Settles and commits what there is to settle.
  void settle();
  void advance(milliseconds by) { clock.advance(by); }
  /// Lets time pass until a batch leaves, at most by `limit` (no batch). Returns the batch and how long that was.
  std::pair<SentBatch, milliseconds> wait_for_batch(milliseconds limit = std::chrono::hours{1});
  /// Lets time pass until the scheduler, which has nothing to send, asks to be looked at, at most by `limit`.
  milliseconds advance_to_look(milliseconds limit = std::chrono::hours{1});
  /// Settles what is left and goes on from what is durable, as after Scheduler::undone().
  void begin_anew();
  /// The process dies and comes back with what is durable.
  void restart();
  [[nodiscard]] Instant now() const { return {clock.steady(), clock.wall()}; }

  VirtualClock clock;
  DeliveryOptions options;
  SinkLimits sink;
  SeededRandom random{1};
  std::vector<std::string> complaints;
  ModelSpool spool;
  Sink* destinations = nullptr;  ///< as the Scheduler's; takes effect with restart()
  std::unique_ptr<Shaper> shaper = make_capture_shaper(*TopicFilter::parse("#"));
  std::unique_ptr<Scheduler> lane;
};

}  // namespace tidegate::testing
