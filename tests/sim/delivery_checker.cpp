#include "tests/sim/delivery_checker.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/base/limits.h"

namespace tidegate::testing {

void DeliveryChecker::taken(const Parcel& parcel) {
  const Item item{parcel.seq, parcel.part};
  if (!taken_.insert(item).second) {
    if (may_repeat_.erase(item) == 0)
      fault(fmt::format("event {} (part {}) came twice without need", item.first.value, item.second));
    return;
  }
  if (options_.order == Order::none || out_of_order_.contains(parcel.seq)) return;
  Item& newest = newest_[options_.order == Order::strict ? "" : parcel.key];
  if (item < newest) {
    fault(fmt::format("ORDER: event {} (part {}) came after event {} (part {}) of its key '{}'", item.first.value,
                      item.second, newest.first.value, newest.second, parcel.key));
  }
  newest = std::max(newest, item);
}

void DeliveryChecker::reads_again(const ModelSpool& spool) {
  for (const Item& item : taken_) {
    if (!spool.delivered(item.first)) may_repeat_.insert(item);
  }
}

void DeliveryChecker::given_back(const std::vector<Seq>& seqs) {
  out_of_order_.insert(seqs.begin(), seqs.end());
  for (const Item& item : taken_) {
    if (out_of_order_.contains(item.first)) may_repeat_.insert(item);
  }
}

bool DeliveryChecker::is_taken(Seq seq) const {
  const std::uint32_t parts = plans_.at(seq).parts;
  if (parts == 0) return taken_.contains({seq, 0});
  for (std::uint32_t part = 1; part <= parts; ++part) {
    if (!taken_.contains({seq, part})) return false;
  }
  return true;
}

void DeliveryChecker::request(std::size_t in_flight) {
  ++requests_;
  const std::size_t most = options_.order == Order::strict ? 1 : in_flight_max_;
  if (in_flight > most) fault(fmt::format("{} requests in flight, {} allowed", in_flight, most));
}

void DeliveryChecker::outage_began(SteadyTime at) {
  outage_ = true;
  outage_at_ = at;
  outage_requests_ = requests_;
  renewals_ = 0;
}

void DeliveryChecker::outage_ended(SteadyTime at) {
  if (!std::exchange(outage_, false) || options_.breaker.failures == 0) return;
  const auto intervals = static_cast<std::uint64_t>((at - outage_at_) / options_.breaker.interval);
  // Each (re)start may fill the breaker's count, with a full house in flight; answers from before may empty it once.
  const std::uint64_t per_start = options_.breaker.failures + in_flight_max_;
  const std::uint64_t most = intervals + 1 + per_start * (2 + renewals_);
  const std::uint64_t sent = requests_ - outage_requests_;
  if (sent > most) fault(fmt::format("STORM: {} requests in an outage of {} intervals", sent, intervals));
}

void DeliveryChecker::held(std::size_t events, std::size_t events_max, std::size_t deferred) {
  if (events > events_max) fault(fmt::format("{} events held, {} allowed", events, events_max));
  if (deferred > limits::kDeferredEventsMax) fault(fmt::format("{} events deferred", deferred));
}

bool DeliveryChecker::may_die(Seq seq, const DeadEvent& dead) const {
  switch (dead.why) {
    case DeadReason::rejected: return poison_.contains(seq) || plans_.at(seq).kind == Shaped::Kind::failed;
    case DeadReason::expired: return options_.max_age.count() > 0;
    case DeadReason::attempts: return options_.max_attempts > 0 && dead.attempts >= options_.max_attempts;
  }
  return false;
}

void DeliveryChecker::finished(const ModelSpool& spool, const std::vector<bool>& ours) {
  if (spool.pending() != 0) fault(fmt::format("{} events are still pending", spool.pending()));
  for (std::uint64_t n = 1; n <= ours.size(); ++n) {
    const Seq seq{n};
    const auto dead = spool.dead().find(seq);
    const bool is_dead = dead != spool.dead().end();
    const int places = (spool.delivered(seq) ? 1 : 0) + (spool.filtered(seq) ? 1 : 0) + (is_dead ? 1 : 0) +
                       (spool.evicted(seq) ? 1 : 0);
    if (places != (ours[n - 1] ? 1 : 0)) fault(fmt::format("BOOKS: event {} is in {} places", n, places));
    if (spool.delivered(seq) && !is_taken(seq)) fault(fmt::format("LOST: nobody took all of event {}", n));
    if (spool.filtered(seq) && plans_.at(seq).kind != Shaped::Kind::filtered)
      fault(fmt::format("LOST: event {} is filtered, and nobody said so", n));
    if (is_dead && !may_die(seq, dead->second)) fault(fmt::format("event {} died: {}", n, dead->second.reason));
  }
}

void DeliveryChecker::sums_are_complete(const ModelSpool& spool) {
  std::map<Seq, int> sums;
  const auto add = [&](std::string_view text) {
    for (const Seq seq : summed_up(text)) ++sums[seq];
  };
  for (const auto& [key, value] : spool.state_rows()) add(value);
  for (std::uint64_t n = 1; n <= spool.last(); ++n) {
    const Event& event = spool.event(Seq{n});
    if (event.id.starts_with(kSumPrefix)) add(event.data);
  }
  for (std::uint64_t n = 1; n <= spool.last(); ++n) {
    const Seq seq{n};
    // What was evicted after the lane had judged it may be in a sum, or not.
    if (spool.evicted(seq)) continue;
    const int wanted = spool.filtered(seq) ? 1 : 0;
    if (sums[seq] != wanted) fault(fmt::format("SUMS: event {} is in {} of them", n, sums[seq]));
  }
}

}  // namespace tidegate::testing
