#include "gateway/routing/range_index.h"

#include <algorithm>
#include <cmath>

namespace tidegate {

void RangeIndex::build() { root_ = plant(added_); }

// NOLINTNEXTLINE(misc-no-recursion): as deep as the logarithm of the number of ranges
std::uint32_t RangeIndex::plant(const std::vector<Ranged>& ranges) {
  if (ranges.empty()) return kNone;
  std::vector<double> ends;
  for (const auto& [range, number] : ranges) {
    if (std::isfinite(range.low)) ends.push_back(range.low);
    if (std::isfinite(range.high)) ends.push_back(range.high);
  }
  const auto middle = ends.begin() + static_cast<std::ptrdiff_t>(ends.size() / 2);
  std::ranges::nth_element(ends, middle);
  const double center = *middle;
  std::vector<Ranged> below;
  std::vector<Ranged> above;
  const auto at = static_cast<std::uint32_t>(nodes_.size());
  const auto first = static_cast<std::uint32_t>(lows_.size());
  for (const Ranged& one : ranges) {
    if (one.range.high < center) {
      below.push_back(one);
    } else if (one.range.low > center) {
      above.push_back(one);
    } else {
      held_.push_back(one);
      lows_.push_back({one.range.low, one.number, one.range.with_low});
      highs_.push_back({one.range.high, one.number, one.range.with_high});
    }
  }
  std::ranges::sort(lows_.begin() + first, lows_.end(), {}, &End::at);
  std::ranges::sort(highs_.begin() + first, highs_.end(), std::ranges::greater{}, &End::at);
  nodes_.push_back({center, kNone, kNone, first, static_cast<std::uint32_t>(lows_.size()) - first});
  const std::uint32_t left = plant(below);
  const std::uint32_t right = plant(above);
  nodes_[at].left = left;
  nodes_[at].right = right;
  return at;
}

void RangeIndex::find(double value, std::vector<std::uint32_t>& numbers) const {
  for (std::uint32_t at = root_; at != kNone;) {
    const Node& node = nodes_[at];
    const bool left = value < node.center;
    if (value == node.center) {
      for (const auto& [range, number] : std::span{held_.data() + node.first, node.count}) {
        if (range.contains(value)) numbers.push_back(number);
      }
      return;
    }
    // Of ranges that touch the centre, the end on the value's side decides.
    for (const End& end : std::span{(left ? lows_ : highs_).data() + node.first, node.count}) {
      if (left ? end.at > value : end.at < value) break;
      if (end.at != value || end.within) numbers.push_back(end.number);
    }
    at = left ? node.left : node.right;
  }
}

void RangeIndex::find_any(std::span<const double> values, std::vector<std::uint32_t>& numbers) const {
  for (const auto& [range, number] : added_) {
    const auto first =
        range.with_low ? std::ranges::lower_bound(values, range.low) : std::ranges::upper_bound(values, range.low);
    if (first != values.end() && range.contains(*first)) numbers.push_back(number);
  }
}

}  // namespace tidegate
