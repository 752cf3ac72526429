// What the end of a batch means: the half of Scheduler that judges.

#include <algorithm>

#include "gateway/delivery/limits.h"
#include "gateway/delivery/scheduler.h"

namespace tidegate {

/// What the outcomes of a batch say of its events.
struct Scheduler::Sorted {
  std::vector<Slot*> rest;  ///< neither delivered nor dead, in order
  bool taken = false;       ///< the peer took or judged at least one event, or what was held
  bool failed = false;      ///< `rest` is to be sent again, or the end of a gathering
  std::string reason;       ///< of the first of the rest
};

std::optional<Scheduler::Flight> Scheduler::take_flight(BatchId id) {
  const auto found = std::find_if(flights_.begin(), flights_.end(), [&](const Flight& f) { return f.id == id; });
  if (found == flights_.end()) return std::nullopt;
  Flight flight = std::move(*found);
  flights_.erase(found);
  return flight;
}

void Scheduler::deliver(Slot& slot) {
  ++unsettled_;
  pending_.delivered.push_back(slot.seq);
  if (slot.deferred) deferred_leaving_.push_back(slot.seq);
  window_.settle(slot);
}

void Scheduler::bury(Slot& slot, DeadReason why, std::string reason, Instant now) {
  DeadEvent dead{slot.seq, slot.take_event(), why, std::move(reason), slot.attempts, now.wall, now.wall};
  if (slot.failure) {
    dead.first_failure = slot.failure->first;
    if (why == DeadReason::expired) dead.last_failure = slot.failure->last;
    if (why == DeadReason::expired) dead.reason += "; last failure: " + *slot.failure->reason;
  }
  bury(std::move(dead));
  if (slot.deferred) deferred_leaving_.push_back(slot.seq);
  window_.settle(slot);
}

void Scheduler::bury(DeadEvent dead) {
  ++counts_.dead;
  ++unsettled_;
  dead_bytes_pending_ += payload_bytes(dead.event);
  latest_death_ = dead.reason;
  pending_.dead.push_back(std::move(dead));
}

/// What the outcomes of an event's parts in flight mean for the event: one part that will never be taken condemns it.
Scheduler::PartsVerdict Scheduler::judge_parts(Slot& slot, const Answer& answer, std::size_t first) {
  PartsVerdict verdict;
  std::vector<bool> delivered(slot.leaving);
  std::size_t failed = 0;
  bool held = false;
  for (std::size_t i = 0; i < slot.leaving; ++i) {
    const Outcome& outcome = answer.one_for_all ? answer.outcomes.front() : answer.outcomes[first + i];
    held |= outcome.fate == Fate::held;
    delivered[i] = outcome.fate == Fate::delivered || outcome.fate == Fate::held;
    if (delivered[i]) continue;
    // A verdict on a whole batch condemns none of its events, unless there is only one.
    const bool rejected = outcome.fate == Fate::rejected;
    if (answer.about_content ? answer.parts == 1 || (rejected && !answer.one_for_all) : rejected) {
      verdict = {PartsFate::dead, true, outcome.reason};
      if (slot.original) verdict.reason = "part " + slot.parts[i].event.id + ": " + verdict.reason;
      return verdict;
    }
    if (failed++ == 0) verdict.reason = outcome.reason;
  }
  verdict.taken = failed < slot.leaving;
  const bool whole = failed == 0 && slot.leaving == slot.parts.size();
  if (failed == 0) verdict.fate = !whole ? PartsFate::more : held ? PartsFate::held : PartsFate::delivered;
  if (verdict.taken && !whole) Window::drop_parts(slot, delivered);
  return verdict;
}

Scheduler::Sorted Scheduler::sort_outcomes(const Flight& flight, const Settled& settled, Instant now) {
  static const Outcome kNoAnswer{Fate::unknown, "the sink gave no outcome"};
  Answer answer{settled.outcomes, 0, settled.outcomes.size() == 1,
                settled.cause == Cause::too_large || settled.cause == Cause::poison_suspected};
  for (const Slot* slot : flight.slots) answer.parts += slot->leaving;
  std::vector<Outcome> padded;
  if (!answer.one_for_all && answer.outcomes.size() < answer.parts) {
    padded = settled.outcomes;
    padded.resize(answer.parts, kNoAnswer);
    answer.outcomes = padded;
  }

  Sorted sorted;
  std::size_t first = 0;
  for (Slot* each : flight.slots) {
    Slot& slot = *each;
    slot.state = Slot::State::ready;
    PartsVerdict verdict = judge_parts(slot, answer, first);
    first += slot.leaving;
    sorted.taken |= verdict.taken;
    if (slot.evicted) {
      window_.settle(slot);
    } else if (verdict.fate == PartsFate::delivered) {
      deliver(slot);
    } else if (verdict.fate == PartsFate::held) {
      hold(slot);
    } else if (verdict.fate == PartsFate::dead) {
      ++slot.attempts;
      bury(slot, DeadReason::rejected, std::move(verdict.reason), now);
    } else if (verdict.fate == PartsFate::more) {
      set_due(slot, slot.due);  // the deferred ones are looked at again
    } else {
      if (sorted.rest.empty()) sorted.reason = std::move(verdict.reason);
      sorted.rest.push_back(&slot);
    }
  }
  return sorted;
}

void Scheduler::ended(const Settled& settled, Instant now) {
  const std::optional<Flight> flight = take_flight(settled.id);
  if (!flight) return;
  const auto any = [&](Fate fate) {
    return std::ranges::any_of(settled.outcomes, [fate](const Outcome& outcome) { return outcome.fate == fate; });
  };
  if (any(Fate::held) && !flight->slots.empty()) gather(*flight);
  Sorted sorted = sort_outcomes(*flight, settled, now);
  sorted.failed = !sorted.rest.empty();
  if (any(Fate::delivered)) {
    sorted.taken = true;
    deliver_held();
  } else if (flight->slots.empty()) {
    sorted.failed = true;
    if (!settled.outcomes.empty()) sorted.reason = settled.outcomes.front().reason;
  }
  if (sorted.taken) ++successes_;
  const bool was_open = gate_.mode() == Gate::Mode::open;
  judge(*flight, settled, sorted, now);
  if (undone_ || (sorted.failed && flight->slots.empty())) end_failed(now);
  if (was_open && gate_.mode() == Gate::Mode::broken) end_waits(now.steady);
}

void Scheduler::judge(const Flight& flight, const Settled& settled, Sorted& sorted, Instant now) {
  switch (settled.cause) {
    case Cause::unauthorized:
      gate_.unauthorized(now.steady, flight.probe, flight.credential, sorted.reason);
      return send_again(sorted.rest, now.steady);
    case Cause::gone: gate_.gone(flight.probe, sorted.reason); return send_again(sorted.rest, now.steady);
    case Cause::too_large:
    case Cause::poison_suspected:
      gate_.alive(flight.probe, flight.credential);
      learn_size(flight, settled.cause == Cause::too_large);
      return split(sorted.rest, now.steady);
    case Cause::throttled:
      if (flight.probe) gate_.alive(true, flight.credential);
      gate_.throttled(now.steady, settled.retry_after, sorted.reason);
      return retry(sorted.rest, sorted.reason, now);
    case Cause::none:
    case Cause::peer_down:
      if (sorted.taken || !sorted.failed) {
        gate_.alive(flight.probe, flight.credential);
        learn_size(flight, false);
      } else {
        gate_.failed(now.steady, flight.probe, sorted.reason);
        if (settled.retry_after) gate_.throttled(now.steady, settled.retry_after, sorted.reason);
      }
      return retry(sorted.rest, sorted.reason, now);
    case Cause::undone:
      undone_ = gathering_.has_value();
      gate_.failed(now.steady, flight.probe, sorted.reason);
      return retry(sorted.rest, sorted.reason, now);
  }
}

void Scheduler::set_due(Slot& slot, SteadyTime due) {
  slot.due = due;
  if (slot.deferred) window_.lower_deferred_due(due);
}

/// The same events in the same batch, and it does not count as an attempt.
void Scheduler::send_again(const std::vector<Slot*>& slots, SteadyTime due) {
  if (slots.empty()) return;
  const std::uint32_t group = ++last_group_;
  for (Slot* slot : slots) {
    slot->group = group;
    set_due(*slot, due);
  }
}

void Scheduler::split(const std::vector<Slot*>& slots, SteadyTime due) {
  if (slots.size() == 1) slots.front()->parts_max = (slots.front()->leaving + 1) / 2;
  const auto middle = slots.begin() + static_cast<std::ptrdiff_t>((slots.size() + 1) / 2);
  send_again({slots.begin(), middle}, due);
  send_again({middle, slots.end()}, due);
}

void Scheduler::retry(const std::vector<Slot*>& slots, const std::string& reason, Instant now) {
  if (slots.empty()) return;
  const auto shared_reason = std::make_shared<const std::string>(reason);
  const std::uint64_t draw = random_.next();
  // Others go on while this batch keeps failing: perhaps one of its events is why.
  const bool isolate = slots.size() > 1 && slots.front()->failures + 1 >= limits::kSplitAttempts &&
                       successes_ > slots.front()->successes_seen;
  std::vector<Slot*> again;
  again.reserve(slots.size());
  SteadyTime due = now.steady;
  for (Slot* slot : slots) {
    ++slot->attempts;
    if (!slot->failure) slot->failure = std::make_unique<Failure>(Failure{now.wall, now.wall, shared_reason});
    slot->failure->last = now.wall;
    slot->failure->reason = shared_reason;
    slot->successes_seen = successes_;
    if (options_.max_attempts != 0 && slot->attempts >= options_.max_attempts) {
      bury(*slot, DeadReason::attempts, reason, now);
      continue;
    }
    slot->failures = isolate ? 0 : slot->failures + 1;
    due = std::max(due, now.steady + backoff(options_.retry, slot->failures, draw));
    again.push_back(slot);
    if (slot->deferred) rescheduled_.push_back(slot->seq);
  }
  // While the gate is shut it paces the probes; a wait of the events' own would only delay them.
  if (gate_.mode() != Gate::Mode::open) due = now.steady;
  if (isolate) return split(again, due);
  send_again(again, due);
}

/// The breaker opened: from here on it decides when something is tried again.
void Scheduler::end_waits(SteadyTime now) {
  for (Slot& slot : window_.log()) {
    if (slot.state == Slot::State::ready && slot.due > now) slot.due = now;
  }
}

void Scheduler::learn_size(const Flight& flight, bool too_large) {
  if (too_large) {
    if (flight.slots.size() < 2) return;
    bytes_cap_ = std::max<std::size_t>(1, flight.bytes / 2);
    cap_successes_ = 0;
    return;
  }
  if (bytes_cap_ == 0 || ++cap_successes_ < limits::kSizeRecoveryBatches) return;
  bytes_cap_ = bytes_cap_ * 2 >= sink_.batch_bytes_max ? 0 : bytes_cap_ * 2;
  cap_successes_ = 0;
}

}  // namespace tidegate
