#pragma once

#include <cstdint>

#include "gateway/base/random.h"
#include "gateway/delivery/shaper.h"

namespace tidegate::testing {

/// What a ScriptedShaper does to its events, in percent.
struct ShapingHabits {
  std::uint64_t seed = 0;
  std::uint64_t filtered = 0, failed = 0, changed = 0;
  std::uint32_t parts_max = 1;  ///< of an event that is changed
  bool hesitates = false;       ///< takes only part of what it is offered
};

/// Shapes by rote: what becomes of an event depends on its position alone, and so is the same after every crash.
class ScriptedShaper final : public Shaper {
 public:
  struct Plan {
    Shaped::Kind kind = Shaped::Kind::pass;
    std::uint32_t parts = 0;  ///< 0: unchanged
  };

  ScriptedShaper(ShapingHabits habits, Random& random) : habits_(habits), random_(random) {}

  [[nodiscard]] Plan plan(Seq seq) const;
  std::vector<Shaped> shape(std::span<StoredEvent> events, Instant /*now*/) override { return take(events); }
  std::vector<Shaped> reshape(std::span<StoredEvent> events, Instant /*now*/) override { return take(events); }

 private:
  std::vector<Shaped> take(std::span<StoredEvent> events);
  Shaped answer(StoredEvent& stored) const;

  ShapingHabits habits_;
  Random& random_;
};

}  // namespace tidegate::testing
