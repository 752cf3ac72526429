#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/random.h"
#include "gateway/event/event.h"

namespace tidegate::bench {

/// The freezers of config/cold-storage.yaml: compressors that cycle, doors that people open, sensors that are never
/// quite still, a defrost every eight hours. All of it drawn from a seed.
class Freezers {
 public:
  Freezers(std::size_t count, WallTime start, std::uint64_t seed);

  /// What they report in the next second.
  std::vector<Event> next_second();

 private:
  struct Freezer {
    std::string name;
    double temperature = -20;
    double warm_air = 0;  ///< degrees that an open door let in
    bool cools = false;
    bool door_open = false;
    std::uint32_t door_left_s = 0;  ///< until it closes
    std::uint32_t defrost_at_s = 0;
    std::uint32_t defrost_left_s = 0;
  };

  void live(Freezer& freezer);
  double noise(double most);
  Event report(const Freezer& freezer, const char* what, std::string data);

  SeededRandom random_;
  WallTime now_;
  std::uint64_t second_ = 0;
  std::uint64_t last_id_ = 0;
  std::vector<Freezer> freezers_;
};

}  // namespace tidegate::bench
