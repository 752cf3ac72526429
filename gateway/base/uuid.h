#pragma once

#include <string>

#include "gateway/base/clock.h"
#include "gateway/base/random.h"

namespace tidegate {

/// Mints UUIDs of version 7: 36 characters, lower case, sortable by time; ids minted by one object within one
/// millisecond, or while the clock stands or steps back, still ascend. *Threads*: one user at a time.
/// *Source*: RFC 9562, sections 5.7 and 6.2 (method 1: 12-bit counter in rand_a, then the timestamp is advanced).
class UuidV7 {
 public:
  explicit UuidV7(Random& random) : random_(random) {}
  [[nodiscard]] std::string mint(WallTime now);

 private:
  Random& random_;
  std::int64_t last_ms_ = 0;
  std::uint32_t counter_ = 0;
};

}  // namespace tidegate
