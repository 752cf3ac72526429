#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/random.h"
#include "gateway/spool/spool.h"

namespace tidegate::bench {

enum class Payload : std::uint8_t {
  json,    ///< 200 bytes of JSON whose values vary
  random,  ///< 200 bytes that cannot be compressed
};

/// Makes events as devices would send them.
class EventMaker {
 public:
  EventMaker(Payload payload, std::uint64_t seed) : payload_(payload), random_(seed) {}
  Event make();

 private:
  Payload payload_;
  SeededRandom random_;
  std::uint64_t n_ = 0;
};

/// A spool with one lane and one source, open and started.
struct OpenSpool {
  explicit OpenSpool(const std::filesystem::path& dir);
  SystemClock clock;
  Health health{clock};
  Metrics metrics;
  SpoolOpening opening;
  std::unique_ptr<Spool> spool;
  [[nodiscard]] LaneId lane() const { return opening.lanes.front(); }
};

/// Appends `events` in submissions of `submission`, with at most `open` not yet durable. Returns payload bytes.
std::uint64_t append_events(OpenSpool& box, EventMaker& maker, std::size_t events, std::size_t submission,
                            std::size_t open);
/// Reads and settles, 500 at a time, until `events` were delivered.
void drain_events(OpenSpool& box, std::size_t events);

}  // namespace tidegate::bench
