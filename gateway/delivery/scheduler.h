#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/connector.h"
#include "gateway/base/clock.h"
#include "gateway/base/ids.h"
#include "gateway/base/random.h"
#include "gateway/delivery/gate.h"
#include "gateway/delivery/options.h"
#include "gateway/delivery/picker.h"
#include "gateway/delivery/shaper.h"
#include "gateway/delivery/token_bucket.h"
#include "gateway/delivery/window.h"
#include "gateway/spool/spool.h"

namespace tidegate {

/// What the lane wants to read next from the spool.
struct ReadWish {
  Seq from;
  std::size_t events_max = 0;
  std::size_t bytes_max = 0;
};

/// What a sink that gathers holds of a lane.
struct Gathering {
  Seq after;  ///< the cursor when it began
  std::uint64_t destination = 0;
  SteadyTime ends_by{};
  WallTime oldest{};
  std::size_t parts = 0, bytes = 0;
  std::vector<Seq> held;      ///< events of which nothing is left to send
  std::vector<Seq> deferred;  ///< those of `held` that rest in `deferred`
  std::size_t passed = 0;     ///< events settled since it began, which the spool must remember one by one
  bool ends = false;
};

/// Everything a lane decides, without a thread, a clock or I/O of its own: which events leave in which batch and when,
/// what an outcome means, what is made durable. Whoever drives it (worker.cpp, the simulation) does, in any order and
/// as often as it likes: read what it wishes and hand it to accept(); submit what next_batch() gives; report what ended
/// to ended(); pass next_settlement() to the spool and report its end to settlement_done(); come back at look_again().
/// Holds at most a window of events (limits.h); every event it was given is, in the end, in exactly one settlement.
///
/// With a sink that gathers, events that it holds have left the window; only their positions are kept, and the cursor
/// stays before the first of them until all are delivered. When the sink loses them, undone() says so: whoever drives
/// it then settles what is left and calls begin_anew() with what is durable, as after a start.
///
/// *Threads*: one user at a time.
class Scheduler {
 public:
  /// `options`, `shaper`, `random` and `destinations` (the sink that says where events go; null: all to one place)
  /// outlive it.
  Scheduler(const DeliveryOptions& options, SinkLimits sink, const LaneState& state, std::vector<Deferred> deferred,
            Shaper& shaper, Random& random, Instant now, Sink* destinations = nullptr);
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // Events come in.

  /// The log may hold more than was read.
  void more_committed() noexcept { more_ = true; }
  [[nodiscard]] bool at_end() const noexcept { return !more_; }
  std::optional<ReadWish> wants_read(Instant now);
  /// Shapes what was read and takes it on; when the shaper takes only part of it, the next wish asks for the rest.
  void accept(LaneRead read, Instant now);
  /// Deferred events that are still to be shaped: shapes some of them. Until none are left nothing is read.
  void shape_deferred(Instant now);
  [[nodiscard]] bool deferred_to_shape() const noexcept { return !unshaped_.empty(); }
  /// Lets the shaper end what ends by time alone.
  void tick(Instant now) { shaper_->tick(now, !more_); }
  /// Dead letters may have been given back to the lane: adds those of `deferred` that it does not hold.
  void merge_deferred(std::vector<Deferred> deferred, Instant now);
  /// Events up to `to` were evicted from the log. What is in flight of them ends as if it were there.
  void evict(Seq to) { window_.evict(to); }

  // Batches go out and end.

  std::optional<Batch> next_batch(Instant now);
  void ended(const Settled& settled, Instant now);
  [[nodiscard]] std::size_t in_flight() const noexcept { return flights_.size(); }

  // Sinks that gather.

  /// The sink holds events.
  [[nodiscard]] bool gathering() const noexcept { return gathering_.has_value(); }
  /// What the sink holds is to be delivered with the next batch, full or not.
  void end_gathering() noexcept {
    if (gathering_) gathering_->ends = true;
  }
  /// The lane stops: from here on nothing leaves but the end of a gathering.
  void only_end() noexcept { only_end_ = true; }
  /// What the sink held is lost: nothing is read or sent until begin_anew().
  [[nodiscard]] bool undone() const noexcept { return undone_; }
  /// After undone(), when nothing is left to settle: goes on from what is durable. `shaper` is restored from the same,
  /// and outlives the scheduler.
  void begin_anew(const LaneState& state, std::vector<Deferred> deferred, Shaper& shaper, Instant now);

  // Fates are made durable.

  /// At most limits::kSettlementsOpenMax are open at a time, unless `last` (the lane stops).
  std::optional<Settlement> next_settlement(Instant now, bool last = false);
  /// The oldest open settlement is durable.
  void settlement_done();
  /// Something waits for settlement_done().
  [[nodiscard]] bool waits_for_settlement() const noexcept;

  /// The moment by which to call next_batch() again when nothing else happens; valid after it gave none.
  [[nodiscard]] SteadyTime look_again(Instant now) const;

  [[nodiscard]] Gate& gate() noexcept { return gate_; }
  [[nodiscard]] const Gate& gate() const noexcept { return gate_; }
  [[nodiscard]] const Window& window() const noexcept { return window_; }
  /// Event time of the oldest event held; none: nothing is.
  [[nodiscard]] std::optional<WallTime> oldest() const;

  /// Running counts for metrics and logs.
  struct Counts {
    std::uint64_t resent = 0;                                    ///< batches that repeat events sent before
    std::uint64_t dead = 0;                                      ///< events sent to the dead letters
    std::map<std::string, std::uint64_t, std::less<>> filtered;  ///< events that the shaper filtered, by its reason
  };
  [[nodiscard]] const Counts& counts() const noexcept { return counts_; }
  [[nodiscard]] std::uint64_t keys_forgotten() const { return shaper_->keys_forgotten(); }
  [[nodiscard]] std::string shaper_trouble() const { return shaper_->trouble(); }
  [[nodiscard]] const std::string& latest_death() const noexcept { return latest_death_; }

 private:
  struct Flight {
    BatchId id;
    std::vector<Slot*> slots;
    std::size_t parts = 0, bytes = 0;
    bool probe = false;
    std::uint32_t credential = 0;
    SteadyTime ends_by{};  ///< of the gathering that it belongs to, or would begin
  };
  struct OpenSettlement {
    std::size_t events = 0;
    std::size_t dead_bytes = 0;
    std::vector<Seq> deferred;  ///< left `deferred` with it
  };
  struct Sorted;  // what the outcomes of a batch say

  /// The disk is behind: no more fates can be taken on.
  [[nodiscard]] bool settlements_full() const noexcept;
  [[nodiscard]] bool reread(Seq seq) const;
  std::optional<Entry> shaped_entry(StoredEvent& stored, Shaped& shaped, std::uint32_t attempts, Instant now);
  void push_deferred(StoredEvent& stored, Shaped& shaped, Deferred& deferred, Instant now);
  void expire(Instant now);
  void relieve(Instant now);
  [[nodiscard]] bool worth_a_read(std::size_t events) const noexcept;
  PickRules rules(Instant now, std::size_t batches_free);
  Batch take_off(std::vector<Slot*> slots, Instant now);

  std::optional<Flight> take_flight(BatchId id);
  Sorted sort_outcomes(const Flight& flight, const Settled& settled, Instant now);
  void judge(const Flight& flight, const Settled& settled, Sorted& sorted, Instant now);
  void retry(const std::vector<Slot*>& slots, const std::string& reason, Instant now);
  void split(const std::vector<Slot*>& slots, SteadyTime due);
  void send_again(const std::vector<Slot*>& slots, SteadyTime due);
  void set_due(Slot& slot, SteadyTime due);
  /// A sink's answer to a whole batch.
  struct Answer {
    std::span<const Outcome> outcomes;  ///< one per part, or one for all
    std::size_t parts = 0;
    bool one_for_all = false;
    bool about_content = false;
  };
  enum class PartsFate : std::uint8_t {
    delivered,
    held,
    dead,
    more,  ///< what left was delivered, other parts are still to leave
    rest,  ///< something is to be sent again
  };
  struct PartsVerdict {
    PartsFate fate = PartsFate::rest;
    bool taken = false;  ///< the peer took or judged at least one part
    std::string reason;
  };
  static PartsVerdict judge_parts(Slot& slot, const Answer& answer, std::size_t first);
  void deliver(Slot& slot);
  void bury(Slot& slot, DeadReason why, std::string reason, Instant now);
  void bury(DeadEvent dead);
  void end_waits(SteadyTime now);

  // gathering.cpp
  [[nodiscard]] bool gathering_ends(SteadyTime now) const noexcept;
  [[nodiscard]] bool may_gather_on(const Flight& flight, SteadyTime now) const noexcept;
  void limit_to_gathering(PickRules& rules, SteadyTime now) const;
  void gather(const Flight& flight);
  void hold(Slot& slot);
  void deliver_held();
  void end_failed(Instant now);
  void learn_size(const Flight& flight, bool too_large);

  const DeliveryOptions& options_;
  SinkLimits sink_;
  Sink* destinations_;
  Shaper* shaper_;
  Random& random_;
  Gate gate_;
  TokenBucket tokens_;
  Window window_;

  bool more_ = true;
  std::deque<Deferred> unshaped_;   ///< deferred events that the shaper has not answered yet
  std::vector<Seq> settled_ahead_;  ///< settled before the start, still to be met in the log; descending
  SteadyTime look_again_ = SteadyTime::max();

  std::vector<Flight> flights_;
  std::uint64_t last_batch_ = 0;
  std::uint32_t last_group_ = 0;
  std::uint64_t successes_ = 0;      ///< batches of which the peer took something
  std::size_t bytes_cap_ = 0;        ///< a batch larger than this was too large lately; 0: none
  std::uint32_t cap_successes_ = 0;  ///< since the cap was set or raised

  std::optional<Gathering> gathering_;
  std::size_t gathering_parts_max_, gathering_bytes_max_;
  std::uint32_t end_failures_ = 0;            ///< in a row: ends that failed, and gatherings that were undone
  SteadyTime end_again_ = SteadyTime::min();  ///< no end of a gathering, and nothing after undone(), before
  bool undone_ = false;
  bool only_end_ = false;

  Settlement pending_;
  std::vector<Seq> rescheduled_;       ///< deferred events whose row is to be written
  std::vector<Seq> deferred_leaving_;  ///< deferred events settled by `pending_`
  std::deque<OpenSettlement> open_;
  std::size_t unsettled_ = 0;           ///< events whose fate is known but not durable: pending_ and open
  std::size_t dead_bytes_pending_ = 0;  ///< payload of the dead ones in pending_
  std::size_t dead_bytes_open_ = 0;     ///< and in open settlements
  Seq cursor_settled_;
  SteadyTime cursor_at_;

  Counts counts_;
  std::string latest_death_;
};

}  // namespace tidegate
