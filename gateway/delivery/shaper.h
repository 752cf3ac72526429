#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/connector.h"
#include "gateway/base/clock.h"
#include "gateway/routing/topic_filter.h"
#include "gateway/spool/spool.h"

namespace tidegate {

/// Both times of one moment.
struct Instant {
  SteadyTime steady;
  WallTime wall;
};

/// What became of one event of the log on its way to the sink.
struct Shaped {
  enum class Kind : std::uint8_t {
    pass,      ///< leaves as `outs`
    filtered,  ///< does not leave, by intent
    failed,    ///< cannot leave: the lane's dead letter
  };
  Kind kind = Kind::pass;
  /// Of pass: the parts that leave in its place, at least one, in order, each with an id of its own.
  std::vector<OutEvent> outs;
  /// Of pass: `outs` differ from the event, which was left whole. Otherwise `outs` is the event itself, moved.
  bool changed = false;
  /// Of filtered: a stable word for metrics ("deadband", "transform"). Of failed: a sentence for the dead letter.
  std::string reason;
};

/// Makes what a sink gets from what the log holds: captures, reduction, transform. One per lane.
/// *Threads*: the lane's worker only.
class Shaper {
 public:
  virtual ~Shaper() = default;

  /// Goes on from what take_changes() gave to be durable before the last stop: rows of a key and a value. Before any
  /// other call.
  virtual void restore(const std::vector<std::pair<std::string, std::string>>& /*rows*/) {}

  /// Events fresh from the log, in its order, each once: one answer each, from the first on. May answer part of them
  /// only, so that a lane is never away for long: the rest is asked for again. An event that is passed unchanged is
  /// moved from; every other one is left as it is. *Blocks* for a bounded time.
  virtual std::vector<Shaped> shape(std::span<StoredEvent> events, Instant now) = 0;
  /// As shape(), for events that were deferred or were dead letters: transformed again, never reduced.
  virtual std::vector<Shaped> reshape(std::span<StoredEvent> events, Instant now) = 0;

  /// Called now and then, for windows that end without an event. `at_end`: nothing lies unread in the log.
  virtual void tick(Instant /*now*/, bool /*at_end*/) {}
  /// When tick() has something to do, should nothing else happen.
  [[nodiscard]] virtual SteadyTime look_again() const { return SteadyTime::max(); }

  /// What must be durable together with the fates `filtered` that were given so far.
  struct Changes {
    std::vector<LaneStateChange> state;
    std::vector<Event> emitted;
  };
  virtual Changes take_changes() { return {}; }
  /// Keys of which it remembers nothing any more because there were too many.
  [[nodiscard]] virtual std::uint64_t keys_forgotten() const { return 0; }
  /// Why shape() answers nothing at present; empty: it does answer.
  [[nodiscard]] virtual std::string trouble() const { return {}; }
};

/// A copy of what the filter captures from a topic that it matches.
std::vector<std::pair<std::string, std::string>> captures_of(const TopicFilter& filter, std::string_view topic);

/// Passes every event as it is, with the filter's captures.
std::unique_ptr<Shaper> make_capture_shaper(TopicFilter filter);

}  // namespace tidegate
