#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "connectors/connector.h"
#include "gateway/base/random.h"

namespace tidegate::testing {

/// A stretch of virtual time.
struct Span {
  SteadyTime from{};
  SteadyTime to{};
  [[nodiscard]] bool holds(SteadyTime at) const { return at >= from && at < to; }
};

/// How a receiver misbehaves; drawn from a seed. Chances are in percent.
struct Misbehaviour {
  std::vector<Span> outages;
  Span unauthorized, gone;
  SteadyTime heals_at{};  ///< from here on only poison and size are refused
  std::uint64_t peer_down = 0, lost_answer = 0, throttled = 0, partial = 0;
  std::uint64_t poison = 0;            ///< of events
  bool poison_is_named = false;        ///< event by event, and not only "something in this batch is bad"
  std::size_t batch_bytes_max = 0;     ///< 0: any
  std::uint64_t stuck_keys = 0;        ///< of keys: they fail until heals_at
  bool stuck_fails_the_batch = false;  ///< as a request (the peer crashes on it), not event by event
  bool gathers = false;                ///< as SinkLimits::gathers
  std::uint64_t undone = 0;            ///< of requests to a receiver that holds something: it has lost it
  bool in_order = false;               ///< takes nothing after an event that it did not take, whatever its key
  milliseconds latency_max{50};
};

/// An event as the receiver sees it.
struct Parcel {
  Seq seq;
  std::uint32_t part = 0;  ///< of an event that was split, from 1; 0: the event itself
  std::string key;
  std::size_t bytes = 0;
};

/// What a request came to: what the receiver took, and what the sink says of it.
struct Verdict {
  Settled settled;
  std::vector<Parcel> taken;
  bool answer_lost = false;
};

/// Judges requests as a misbehaving receiver would. An event is never taken after one of its key that was not. One that
/// gathers takes what it holds together with the batch that ends the gathering, all of it or nothing.
class FaultyReceiver {
 public:
  FaultyReceiver(Misbehaviour how, Random& random) : how_(std::move(how)), random_(random) {}

  Verdict judge(BatchId id, const std::vector<Parcel>& parcels, bool more, SteadyTime now);
  /// The lane's process has died: what is held belongs to nobody.
  void forget_held() {
    held_.clear();
    ended_unheard_ = false;
  }
  [[nodiscard]] const std::vector<Parcel>& held() const { return held_; }
  [[nodiscard]] bool is_poison(Seq seq, std::uint32_t part);
  [[nodiscard]] bool is_down(SteadyTime now) const;
  [[nodiscard]] const Misbehaviour& how() const { return how_; }

 private:
  bool chance(std::uint64_t percent) { return random_.below(100) < percent; }
  [[nodiscard]] bool is_stuck(const Parcel& parcel, SteadyTime now);
  Verdict judge_alone(BatchId id, const std::vector<Parcel>& parcels, SteadyTime now);
  void gather(bool more, SteadyTime now, Verdict& verdict);
  Verdict refuse(BatchId id, Fate fate, Cause cause, const char* reason) const;
  void judge_each(const std::vector<Parcel>& parcels, SteadyTime now, bool partial, Verdict& verdict);

  Misbehaviour how_;
  Random& random_;
  std::map<std::pair<Seq, std::uint32_t>, bool> poison_;
  std::map<std::string, bool> stuck_;
  std::vector<Parcel> held_;
  bool ended_unheard_ = false;  ///< it took what it held, and the answer was lost
};

}  // namespace tidegate::testing
