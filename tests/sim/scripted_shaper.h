#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/random.h"
#include "gateway/delivery/shaper.h"

namespace tidegate::testing {

/// What a ScriptedShaper does to its events, in percent.
struct ShapingHabits {
  std::uint64_t seed = 0;
  std::uint64_t filtered = 0, failed = 0, changed = 0;
  std::uint32_t parts_max = 1;  ///< of an event that is changed
  bool hesitates = false;       ///< takes only part of what it is offered
  std::uint64_t sums = 0;       ///< so many filtered events become one that is emitted; 0: they are just gone
};

/// Begins the ids of what is emitted; the event's data are the positions of the events that it stands for.
inline constexpr std::string_view kSumPrefix = "sum-";
/// The positions in the data of such an event, or in the row of state that holds those not emitted yet.
std::vector<Seq> summed_up(std::string_view text);

/// Shapes by rote: what becomes of an event depends on its position alone, and so is the same after every crash. What
/// it emits depends on what it remembers.
class ScriptedShaper final : public Shaper {
 public:
  struct Plan {
    Shaped::Kind kind = Shaped::Kind::pass;
    std::uint32_t parts = 0;  ///< 0: unchanged
  };

  ScriptedShaper(ShapingHabits habits, Random& random) : habits_(habits), random_(random) {}

  [[nodiscard]] Plan plan(Seq seq) const;
  void restore(const std::vector<std::pair<std::string, std::string>>& rows) override;
  std::vector<Shaped> shape(std::span<StoredEvent> events, Instant now) override;
  std::vector<Shaped> reshape(std::span<StoredEvent> events, Instant /*now*/) override { return take(events); }
  void tick(Instant now, bool at_end) override;
  Changes take_changes() override;

 private:
  std::vector<Shaped> take(std::span<StoredEvent> events);
  void emit(WallTime now);
  Shaped answer(StoredEvent& stored) const;

  ShapingHabits habits_;
  Random& random_;
  std::string sum_;  ///< positions of filtered events, a space behind each
  std::uint64_t summed_ = 0;
  bool sum_changed_ = false;
  std::vector<Event> emitted_;
};

}  // namespace tidegate::testing
