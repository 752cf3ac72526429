#include "tests/sim/faulty_receiver.h"

#include <algorithm>
#include <numeric>
#include <set>

namespace tidegate::testing {

bool FaultyReceiver::is_poison(Seq seq, std::uint32_t part) {
  const auto [found, fresh] = poison_.try_emplace({seq, part}, false);
  if (fresh) found->second = chance(how_.poison);
  return found->second;
}

bool FaultyReceiver::is_stuck(const Parcel& parcel, SteadyTime now) {
  const auto [found, fresh] = stuck_.try_emplace(parcel.key, false);
  if (fresh) found->second = chance(how_.stuck_keys);
  return found->second && now < how_.heals_at;
}

bool FaultyReceiver::is_down(SteadyTime now) const {
  return std::any_of(how_.outages.begin(), how_.outages.end(), [&](const Span& span) { return span.holds(now); });
}

Verdict FaultyReceiver::refuse(BatchId id, Fate fate, Cause cause, const char* reason) const {
  return {Settled{id, {Outcome{fate, reason}}, cause, {}}, {}, false};
}

Verdict FaultyReceiver::judge(BatchId id, const std::vector<Parcel>& parcels, bool more, SteadyTime now) {
  Verdict verdict = judge_alone(id, parcels, now);
  if (how_.gathers) gather(more, now, verdict);
  return verdict;
}

/// Turns the verdict on a batch into that of a receiver that holds what came before it.
void FaultyReceiver::gather(bool more, SteadyTime now, Verdict& verdict) {
  const auto fails = [](const Outcome& outcome) {
    return outcome.fate == Fate::retry || outcome.fate == Fate::unknown;
  };
  std::vector<Outcome>& outcomes = verdict.settled.outcomes;
  const bool answered = verdict.settled.cause == Cause::none && !verdict.answer_lost;
  if (answered && (ended_unheard_ || (!held_.empty() && now < how_.heals_at && chance(how_.undone)))) {
    held_.clear();
    ended_unheard_ = false;
    verdict = refuse(verdict.settled.id, Fate::retry, Cause::undone, "404");
    return;
  }
  if (more) {
    if (verdict.answer_lost) verdict.answer_lost = false, verdict.taken.clear();
    for (Outcome& outcome : outcomes) {
      if (outcome.fate == Fate::delivered) outcome.fate = Fate::held;
    }
    held_.insert(held_.end(), verdict.taken.begin(), verdict.taken.end());
    verdict.taken.clear();
    return;
  }
  const bool ends =
      verdict.answer_lost || (verdict.settled.cause == Cause::none && std::ranges::none_of(outcomes, fails));
  if (!ends) {
    for (Outcome& outcome : outcomes) {
      if (outcome.fate == Fate::delivered) outcome.fate = Fate::retry;
    }
    verdict.taken.clear();
    return;
  }
  // Nothing but rejected events: no end of anything.
  if (verdict.taken.empty() && !outcomes.empty() && !verdict.answer_lost) return;
  if (outcomes.empty()) outcomes.assign(1, {Fate::delivered, {}});
  ended_unheard_ = verdict.answer_lost && !held_.empty();
  verdict.taken.insert(verdict.taken.begin(), held_.begin(), held_.end());
  held_.clear();
}

Verdict FaultyReceiver::judge_alone(BatchId id, const std::vector<Parcel>& parcels, SteadyTime now) {
  if (is_down(now)) return refuse(id, Fate::retry, Cause::peer_down, "down");
  if (how_.unauthorized.holds(now)) return refuse(id, Fate::retry, Cause::unauthorized, "401");
  if (how_.gone.holds(now)) return refuse(id, Fate::retry, Cause::gone, "410");

  const std::size_t bytes = std::accumulate(parcels.begin(), parcels.end(), std::size_t{0},
                                            [](std::size_t sum, const Parcel& parcel) { return sum + parcel.bytes; });
  if (how_.batch_bytes_max != 0 && bytes > how_.batch_bytes_max && parcels.size() > 1) {
    return refuse(id, Fate::rejected, Cause::too_large, "413");
  }
  const bool poisoned =
      std::any_of(parcels.begin(), parcels.end(), [&](const Parcel& p) { return is_poison(p.seq, p.part); });
  if (poisoned && !how_.poison_is_named) {
    return refuse(id, Fate::rejected, parcels.size() > 1 ? Cause::poison_suspected : Cause::none, "422");
  }
  const bool stuck = std::any_of(parcels.begin(), parcels.end(), [&](const Parcel& p) { return is_stuck(p, now); });
  if (stuck && how_.stuck_fails_the_batch) return refuse(id, Fate::unknown, Cause::peer_down, "500");

  const bool healthy = now >= how_.heals_at;
  if (!healthy && chance(how_.peer_down)) return refuse(id, Fate::retry, Cause::peer_down, "503");
  if (!healthy && chance(how_.throttled)) {
    Verdict verdict = refuse(id, Fate::retry, Cause::throttled, "429");
    if (chance(70)) verdict.settled.retry_after = milliseconds{random_.below(30'000)};
    return verdict;
  }
  Verdict verdict;
  verdict.settled.id = id;
  judge_each(parcels, now, !healthy && chance(how_.partial), verdict);
  if (!healthy && chance(how_.lost_answer)) {
    verdict.settled.outcomes.assign(1, {Fate::unknown, "no answer"});
    verdict.settled.cause = chance(50) ? Cause::peer_down : Cause::none;
    verdict.answer_lost = true;
  }
  return verdict;
}

void FaultyReceiver::judge_each(const std::vector<Parcel>& parcels, SteadyTime now, bool partial, Verdict& verdict) {
  std::set<std::string> failed;
  for (const Parcel& parcel : parcels) {
    Fate fate = Fate::delivered;
    if (is_poison(parcel.seq, parcel.part)) fate = Fate::rejected;
    if (failed.contains(parcel.key) || (how_.in_order && !failed.empty()) || is_stuck(parcel, now) ||
        (partial && chance(30)))
      fate = Fate::retry;
    if (fate == Fate::retry) failed.insert(parcel.key);
    if (fate == Fate::delivered) verdict.taken.push_back(parcel);
    verdict.settled.outcomes.push_back({fate, "said so"});
  }
}

}  // namespace tidegate::testing
