#pragma once

#include "gateway/config/config.h"
#include "gateway/config/diagnostics.h"

namespace tidegate {

/// Warns of routes that can never match, that deliver twice what another route delivers already, and of names that are
/// not what they seem.
void warn_about_routes(const Config& config, Diagnostics& diagnostics);

/// Whether some topic matches both filters.
bool overlap(const TopicFilter& a, const TopicFilter& b) noexcept;
/// Whether every topic that `b` matches is matched by `a`. May say no where it is so ("a/#" and "a/+/#" with "a").
bool covers(const TopicFilter& a, const TopicFilter& b) noexcept;

}  // namespace tidegate
