#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "gateway/event/event.h"
#include "gateway/transform/payload_values.h"
#include "gateway/transform/placeholder.h"
#include "gateway/transform/template.h"
#include "gateway/transform/time_format.h"

namespace tidegate {

/// What becomes of an event whose device does not know the time.
enum class AbsurdClock : std::uint8_t {
  received,  ///< the event keeps the time it came with, and what the device said as an attribute
  dead,      ///< it goes to the dead letters
  keep,      ///< what the device says counts, as far as it says anything
};

/// `time:` of a transform.
struct EventTimeOptions {
  Placeholder field;
  TimeFormat format;
  std::optional<std::chrono::minutes> zone;
  milliseconds max_ahead = std::chrono::minutes{5};
  milliseconds max_behind = std::chrono::hours{8760};
  AbsurdClock otherwise = AbsurdClock::received;
};

/// A field of an event, as it stands between ${ and } in a template: data.ts, attributes.x, captures.x. *Errors*:
/// invalid; the message goes on after the text.
Result<Placeholder> read_time_field(std::string_view text);

/// The attribute that holds what a device said of a time that was not believed.
inline constexpr std::string_view kDeviceClock = "deviceclock";

/// When an event happened.
struct EventTiming {
  WallTime time;
  std::string device_clock;  ///< for kDeviceClock; empty: there is nothing to say
  std::string fault;         ///< a sentence for the dead letter; empty: there is none
};

/// Takes the time of events from a field of theirs, and judges the device's clock by the time they came with.
/// *Threads*: one user at a time.
class EventTime {
 public:
  explicit EventTime(EventTimeOptions options);

  EventTiming of(const Event& event, const Captures& captures);

 private:
  [[nodiscard]] std::optional<std::string> text_of(const Event& event, const Captures& captures);

  EventTimeOptions options_;
  PayloadValues values_;
};

}  // namespace tidegate
