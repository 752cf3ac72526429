#pragma once

#include <string_view>

#include "gateway/base/clock.h"

namespace tidegate::auth {

/// The time as a peer has it, learned from the Date of its answers: a gateway whose clock is wrong (no network time, a
/// flat battery) would prove itself for a time that the peer does not take. Differences of up to
/// limits::kClockSkewIgnored are none: a Date has whole seconds, and an answer travels.
class PeerClock {
 public:
  /// Takes an answer's Date; what is no date is passed over. True: the peer's time is another than was known, so a
  /// proof may have been refused for its time.
  bool hear(std::string_view date, WallTime now);
  /// What the peer's clock shows when this machine's shows `now`.
  [[nodiscard]] WallTime at(WallTime now) const noexcept { return now + ahead_; }

 private:
  milliseconds ahead_{0};
};

}  // namespace tidegate::auth
