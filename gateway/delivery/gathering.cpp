// Sinks that deliver several batches together: the third of Scheduler that is about them.

#include <algorithm>

#include "gateway/delivery/limits.h"
#include "gateway/delivery/scheduler.h"

namespace tidegate {

/// What the sink holds is to be delivered with the next batch.
bool Scheduler::gathering_ends(SteadyTime now) const noexcept {
  if (!gathering_) return false;
  // What is settled beyond the cursor stays bounded, as the window's span bounds it otherwise.
  const bool too_much_passed = gathering_->passed >= window_.events_max() * limits::kWindowSpan;
  return gathering_->ends || only_end_ || too_much_passed || now >= gathering_->ends_by ||
         gathering_->parts >= gathering_parts_max_ || gathering_->bytes >= gathering_bytes_max_;
}

/// Other batches may follow this one before its events are delivered.
bool Scheduler::may_gather_on(const Flight& flight, SteadyTime now) const noexcept {
  if (gathering_ends(now)) return false;
  const std::size_t parts = flight.parts + (gathering_ ? gathering_->parts : 0);
  const std::size_t bytes = flight.bytes + (gathering_ ? gathering_->bytes : 0);
  return now < flight.ends_by && parts < gathering_parts_max_ && bytes < gathering_bytes_max_;
}

/// What still has room in the gathering; and at its end everything that is ready, at once.
void Scheduler::limit_to_gathering(PickRules& rules, SteadyTime now) const {
  if (!sink_.gathers) return;
  const auto left = [](std::size_t most, std::size_t used) { return most > used ? most - used : 1; };
  rules.events_max = std::min(rules.events_max, left(gathering_parts_max_, gathering_ ? gathering_->parts : 0));
  rules.bytes_max = std::min(rules.bytes_max, left(gathering_bytes_max_, gathering_ ? gathering_->bytes : 0));
  if (gathering_ends(now)) rules.max_wait = milliseconds{0};
}

/// The sink holds something of a batch. Called while its events are in the window.
void Scheduler::gather(const Flight& flight) {
  if (!gathering_) {
    gathering_.emplace();
    // Not the window's cursor: that may be past events that are deferred, of which the spool does not know yet.
    gathering_->after = cursor_settled_;
    gathering_->destination = flight.slots.front()->destination();
    gathering_->ends_by = flight.ends_by;
    gathering_->oldest = flight.slots.front()->time;
  }
  gathering_->parts += flight.parts;
  gathering_->bytes += flight.bytes;
}

/// Nothing is left to send of an event that the sink holds.
void Scheduler::hold(Slot& slot) {
  gathering_->held.push_back(slot.seq);
  if (slot.deferred) gathering_->deferred.push_back(slot.seq);
  window_.settle(slot);
}

/// All that the sink held is delivered.
void Scheduler::deliver_held() {
  end_failures_ = 0;
  if (!gathering_) return;
  unsettled_ += gathering_->held.size();
  pending_.delivered.insert(pending_.delivered.end(), gathering_->held.begin(), gathering_->held.end());
  deferred_leaving_.insert(deferred_leaving_.end(), gathering_->deferred.begin(), gathering_->deferred.end());
  gathering_.reset();
}

/// An end without events of its own failed, or what was held is lost: the next try waits as a batch of events would.
void Scheduler::end_failed(Instant now) {
  ++end_failures_;
  if (gate_.mode() != Gate::Mode::open) return;  // it paces the probes
  end_again_ = now.steady + backoff(options_.retry, end_failures_, random_.next());
}

std::optional<WallTime> Scheduler::oldest() const {
  const std::optional<WallTime> waiting = window_.oldest();
  if (!gathering_) return waiting;
  return waiting ? std::min(*waiting, gathering_->oldest) : gathering_->oldest;
}

}  // namespace tidegate
