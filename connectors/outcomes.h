#pragma once

#include <vector>

#include "connectors/connector.h"

/// What sinks whose events have fates of their own have in common.
namespace tidegate {

/// Makes outcomes keep the order of their subjects: what was delivered after an earlier event of its subject that is to
/// be sent again is sent again after it, too. `events` and `outcomes` are of one batch, in its order.
void keep_order(const std::vector<const OutEvent*>& events, std::vector<Outcome>& outcomes);

/// True for a fate after which the event is sent again.
constexpr bool goes_again(Fate fate) noexcept { return fate == Fate::retry || fate == Fate::unknown; }

/// Which of two causes says more about the lane.
Cause graver(Cause a, Cause b) noexcept;

}  // namespace tidegate
