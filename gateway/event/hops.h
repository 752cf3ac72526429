#pragma once

#include <string>
#include <string_view>

#include "gateway/event/event.h"

/// The gateways that an event has passed, so that two of them that feed each other do not do so for ever. A sink that
/// can carry attributes adds its gateway; the intake stops what has come round.
namespace tidegate {

/// The attribute's name: the ids of the gateways, with a comma between them, the first one first. It is the name of a
/// CloudEvents extension attribute too.
inline constexpr std::string_view kHopsAttribute = "tidegatehops";

/// Appends one id, or a list of them, to a list.
void append_hop(std::string& hops, std::string_view more);

/// True when the event has been at this gateway before, or at more than limits::kHopsMax gateways.
bool has_looped(const Event& event, std::string_view gateway_id) noexcept;

}  // namespace tidegate
