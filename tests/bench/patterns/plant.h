#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "gateway/base/random.h"
#include "gateway/event/event.h"

/// A plant of 10,000 sensors: what they send, and the patterns that people write about it.
namespace tidegate::bench {

/// About 600 bytes: one reading with what surrounds it, four objects in one.
Event sensor_event(SeededRandom& random);
/// About 1.3 KB: a controller's report, objects in objects five deep.
Event nested_event(SeededRandom& random);
/// About 1.3 KB: a list of readings, each an object.
Event array_event(SeededRandom& random);

/// Patterns for sensor events, the i-th of twelve kinds in turn: exact, prefix, suffix, number and text, anything-but,
/// exists, wildcard, cidr, $or, ignore-case, five fields, range. One event satisfies a few of them.
std::string mixed_rule(std::size_t i, SeededRandom& random);
/// Patterns for nested events, of the same kinds.
std::string nested_rule(std::size_t i);
/// Of these an event satisfies two or three of five.
std::string numeric_rule(std::size_t i);
std::string array_rule(std::size_t i);

}  // namespace tidegate::bench
