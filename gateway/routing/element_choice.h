#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "gateway/routing/event_values.h"

namespace tidegate {

/// The values of a condition's field: where they lie, and whether they satisfy it.
struct PlacedValues {
  std::vector<std::pair<std::uint32_t, bool>> values;  ///< the element (0: none), satisfied
  bool wants_absence = false;                          ///< the condition holds, too, when no value agrees
};

/// Whether some conditions hold for one consistent choice of array elements: of each array one element at most. Reused
/// from question to question.
class ElementChoice {
 public:
  /// `conditions`: in the order of their fields' names. `steps` grows by the choices that were tried; after
  /// limits::kPatternChoicesMax of them the answer is no.
  bool possible(std::span<PlacedValues> conditions, const EventElements& elements, std::size_t& steps);

 private:
  /// Sets of conditions (a bit each) that a place can satisfy together: none is part of another.
  using Sets = std::vector<std::uint64_t>;

  bool possible_together(std::span<const PlacedValues> conditions, const EventElements& elements);
  bool possible_in_order(std::span<const PlacedValues> conditions, const EventElements& elements, std::size_t i);
  bool join(Sets& sets, const Sets& others);
  static void widen(Sets& sets, std::uint64_t more);

  std::vector<Sets> of_element_;
  std::vector<Sets> of_array_;
  Sets joined_;
  std::vector<std::uint32_t> chosen_;
  std::size_t choices_ = 0;
};

}  // namespace tidegate
