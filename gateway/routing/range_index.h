#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gateway/routing/pattern_values.h"

namespace tidegate {

/// Ranges of numbers, each with a number of its own: within which of them a value lies. An interval tree: the time is
/// logarithmic, and one step for each range that holds. Built once, then read.
class RangeIndex {
 public:
  void add(const NumberRange& range, std::uint32_t number) { added_.push_back({range, number}); }

  /// After the last add and before the first find.
  void build();

  [[nodiscard]] bool empty() const noexcept { return added_.empty(); }

  /// Appends the numbers of the ranges that hold `value`.
  void find(double value, std::vector<std::uint32_t>& numbers) const;
  /// Appends the numbers of the ranges that hold one of `values`, which ascend: quicker than one by one when there are
  /// many.
  void find_any(std::span<const double> values, std::vector<std::uint32_t>& numbers) const;

 private:
  struct Ranged {
    NumberRange range;
    std::uint32_t number;
  };
  /// One end of a range.
  struct End {
    double at;
    std::uint32_t number;
    bool within;
  };
  /// The ranges that touch `center`; those below are in the tree on the left, those above in that on the right.
  struct Node {
    double center;
    std::uint32_t left;
    std::uint32_t right;
    std::uint32_t first;  ///< in lows_, highs_ and held_
    std::uint32_t count;
  };
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  std::uint32_t plant(const std::vector<Ranged>& ranges);

  std::vector<Ranged> added_;
  std::vector<Node> nodes_;
  std::vector<End> lows_;   ///< of each node ascending
  std::vector<End> highs_;  ///< of each node descending
  std::vector<Ranged> held_;
  std::uint32_t root_ = kNone;
};

}  // namespace tidegate
