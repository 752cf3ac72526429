#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "connectors/connector.h"
#include "gateway/base/clock.h"
#include "gateway/base/ids.h"
#include "gateway/delivery/options.h"

namespace tidegate {

/// What a lane knows of one ordering key while it holds events of it. Keys are told apart by a 64-bit hash: two keys
/// that collide are ordered as one, which is harmless.
struct KeyState {
  std::uint64_t hash = 0;
  std::uint32_t held = 0;      ///< unsettled events of this key
  std::uint32_t deferred = 0;  ///< those of them that are deferred
  // Scratch of one pass over the window, valid while `pass` is the pass's number.
  std::uint32_t pass = 0;
  std::uint32_t group = 0;
  std::uint64_t destination = 0;
  bool marked = false;
};

/// How an event failed so far.
struct Failure {
  WallTime first{};
  WallTime last{};
  std::shared_ptr<const std::string> reason;  ///< shared by all events of the batch that failed: up to 500 copies saved
};

/// One event that a lane holds.
struct Slot {
  enum class State : std::uint8_t {
    ready,      ///< may leave at `due`, if the order allows it
    in_flight,  ///< in a batch that the sink has
    settled,    ///< its fate is known; the event itself is gone
  };

  Seq seq;
  std::vector<OutEvent> parts;      ///< what leaves in the event's place and was not delivered yet; in order
  std::unique_ptr<Event> original;  ///< null: the only part is the event as the log has it
  KeyState* key = nullptr;          ///< null unless the lane orders by key
  SteadyTime due{};                 ///< when it became, or becomes, ready
  WallTime time{};                  ///< the event's own, for max_age
  std::unique_ptr<Failure> failure;
  std::uint64_t successes_seen = 0;  ///< the lane's count of successes when it last failed
  std::uint32_t bytes = 0;           ///< payload of the parts
  std::uint32_t footprint = 0;       ///< memory, original and parts together
  std::uint32_t leaving = 0;         ///< parts in flight: the first so many
  std::uint32_t parts_max = 0;       ///< more together were refused; 0: any number
  std::uint32_t attempts = 0;
  std::uint32_t failures = 0;  ///< with its group as it is now: the backoff's exponent
  std::uint32_t group = 0;     ///< not 0: leaves only together with events of the same group (a retry, half of a split)
  State state = State::ready;
  bool deferred = false;
  bool evicted = false;  ///< evicted from the spool while in flight

  /// The event as the log has it: what dead letters and deferred rows keep.
  [[nodiscard]] const Event& event() const noexcept { return original ? *original : parts.front().event; }
  /// Where its next part goes.
  [[nodiscard]] std::uint64_t destination() const noexcept { return parts.empty() ? 0 : parts.front().destination; }
  /// The same, to be taken away.
  [[nodiscard]] Event take_event() { return original ? std::move(*original) : std::move(parts.front().event); }
};

/// An event as it enters the window: its parts, and itself where they differ from it.
struct Entry {
  Seq seq;
  std::vector<OutEvent> parts;
  std::unique_ptr<Event> original;
};

/// The events a lane holds, in the order of the log: read but not settled, and the deferred ones beside them.
/// Addresses of slots are stable until they are settled. *Threads*: one user at a time.
class Window {
 public:
  Window(Order order, std::size_t events_max, std::size_t bytes_max, Seq cursor);

  /// Adds an event read from the log; seqs ascend.
  void push(Entry entry, SteadyTime now);
  /// An event read from the log whose fate is known already. It counts in the window's span as any other: what lies
  /// settled beyond the cursor stays bounded.
  void push_settled(Seq seq);
  /// Adds an event that rests in `deferred` on disk.
  Slot& push_deferred(Entry entry, SteadyTime due);
  /// Moves a ready event from the log's part to the deferred ones.
  Slot& defer(Slot& slot);
  /// Some of the first `leaving` parts were delivered, the others stay: drops those for which `delivered` is true.
  static void drop_parts(Slot& slot, const std::vector<bool>& delivered);
  /// The event is no longer the lane's: frees it. The slot may be gone afterwards.
  void settle(Slot& slot);
  /// Drops what is not in flight of the log's events up to `to`; marks what is.
  void evict(Seq to);
  /// Everything of the lane up to `to` has been pushed.
  void scanned(Seq to) noexcept;

  /// The last position with nothing unsettled of the log before it.
  Seq cursor();
  [[nodiscard]] Seq scanned_to() const noexcept { return scanned_to_; }
  /// Events and bytes that may still be pushed; no room at all while the span of the window is used up.
  [[nodiscard]] std::size_t room_events() const noexcept;
  [[nodiscard]] std::size_t room_bytes() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return held_ == 0 && deferred_.empty(); }
  [[nodiscard]] std::size_t held() const noexcept { return held_; }  ///< unsettled events from the log
  [[nodiscard]] std::size_t events_max() const noexcept { return events_max_; }
  [[nodiscard]] bool span_used_up() const noexcept { return log_.size() >= events_max_ * span_factor(); }
  [[nodiscard]] bool room_to_defer(const Slot& slot) const noexcept;

  [[nodiscard]] std::deque<Slot>& log() noexcept { return log_; }
  [[nodiscard]] std::map<Seq, Slot>& deferred() noexcept { return deferred_; }
  [[nodiscard]] const std::map<Seq, Slot>& deferred() const noexcept { return deferred_; }
  /// No deferred event can leave before this moment, so until then a pass may skip them (except in strict order).
  [[nodiscard]] SteadyTime deferred_due() const noexcept { return deferred_due_; }
  /// A pass over all deferred events found when the next may leave.
  void set_deferred_due(SteadyTime due) noexcept { deferred_due_ = due; }
  /// A deferred event may leave from `due` on.
  void lower_deferred_due(SteadyTime due) noexcept {
    if (due < deferred_due_) deferred_due_ = due;
  }
  /// Event time of the oldest event held.
  [[nodiscard]] std::optional<WallTime> oldest() const;

  /// Number of a new pass: invalidates the keys' scratch.
  std::uint32_t next_pass() noexcept { return ++pass_; }
  [[nodiscard]] Order order() const noexcept { return order_; }

 private:
  static std::size_t span_factor() noexcept;
  Slot make(Entry entry, SteadyTime due);
  void release(Slot& slot);

  Order order_;
  std::size_t events_max_;
  std::size_t bytes_max_;
  Seq scanned_to_;
  std::deque<Slot> log_;  ///< settled slots stay until everything before them is settled
  std::map<Seq, Slot> deferred_;
  std::unordered_map<std::uint64_t, KeyState> keys_;
  std::size_t held_ = 0;
  std::size_t held_bytes_ = 0;  ///< with overhead
  std::size_t deferred_bytes_ = 0;
  SteadyTime deferred_due_ = SteadyTime::max();
  std::uint32_t pass_ = 0;
};

}  // namespace tidegate
