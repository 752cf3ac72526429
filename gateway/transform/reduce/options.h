#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/transform/reduce/event_field.h"

/// What a route leaves out, as the config says it.
namespace tidegate {

/// What every step that remembers has: for which things it remembers apart, and for how many.
struct ReduceKeys {
  std::vector<EventField> key = {EventField::subject()};
  std::size_t max_keys = 10'000;
};

/// A number leaves when it differs enough from the one that left before.
struct DeadbandOptions : ReduceKeys {
  std::vector<EventField> field;  ///< exactly one
  std::optional<double> absolute;
  std::optional<double> percent;  ///< of the number that left before
  milliseconds heartbeat{0};      ///< 0: none
};

/// An event leaves when one of the fields differs from the event that left before.
struct ChangedOptions : ReduceKeys {
  std::vector<EventField> fields;
  milliseconds heartbeat{0};  ///< 0: none
};

/// At most so many events leave in an interval.
struct ThrottleOptions : ReduceKeys {
  std::uint64_t events = 1;
  milliseconds every{1000};
};

/// One in so many events leaves, or all events of one in so many keys.
struct SampleOptions {
  std::uint64_t one_in = 10;
  std::vector<EventField> key = {EventField::id()};
};

/// An event with the same values as one that left a moment ago does not.
struct DedupeOptions : ReduceKeys {
  std::vector<EventField> fields = {EventField::data()};
  milliseconds within{60'000};
};

/// Events are summed up: one leaves per window and key.
struct WindowOptions : ReduceKeys {
  enum class Late : std::uint8_t { next, pass, drop };
  std::vector<EventField> fields;
  milliseconds every{60'000};
  milliseconds grace{5000};
  Late late = Late::next;
};

/// One step of `reduce`: exactly one of these.
struct ReduceStep {
  std::optional<DeadbandOptions> deadband;
  std::optional<ChangedOptions> changed;
  std::optional<ThrottleOptions> throttle;
  std::optional<SampleOptions> sample;
  std::optional<DedupeOptions> dedupe;
  std::optional<WindowOptions> window;
};

}  // namespace tidegate
