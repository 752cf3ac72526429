#pragma once

#include <cstddef>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/delivery/window.h"

namespace tidegate {

/// What one batch may hold and when an incomplete one leaves. Each part of an event counts as an event.
struct PickRules {
  std::size_t events_max = 1;
  std::size_t bytes_max = 1;
  milliseconds max_wait{0};
  std::size_t batches_free = 1;  ///< batches that may leave now, this one included
  bool one_per_key = false;      ///< SinkLimits::takes_out_of_order, where the lane keeps an order
};

struct Pick {
  std::vector<Slot*> slots;                   ///< of each its first `leaving` parts; empty: nothing may leave now
  SteadyTime look_again = SteadyTime::max();  ///< when nothing may leave: the next moment at which that may change
};

/// The events of the next batch, in the order they must arrive: those that may leave without overtaking an event of
/// their key, and go to the same place. Events of a retry or a split leave with their group at once; others when a
/// batch is full or has waited. When more than one batch's worth is ready, the keys are shared out among the free
/// batches, so that few keys with a backlog still use every request in flight. An event with more parts than the batch
/// has room for leaves in several batches, one after the other.
Pick pick_batch(Window& window, const PickRules& rules, SteadyTime now);

}  // namespace tidegate
