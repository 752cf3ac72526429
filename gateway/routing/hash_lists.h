#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace tidegate {

/// Lists of numbers by 64-bit hash: built once, then read. Two keys of one hash share a list, so whoever finds a number
/// checks that it is meant.
class HashLists {
 public:
  void add(std::uint64_t hash, std::uint32_t number) { added_.emplace_back(hash, number); }

  /// After the last add and before the first find.
  void build() {
    std::ranges::sort(added_);
    added_.erase(std::unique(added_.begin(), added_.end()), added_.end());
    slots_.assign(std::bit_ceil(2 * added_.size() + 1), Slot{});
    for (std::size_t i = 0; i < added_.size();) {
      std::size_t end = i;
      for (; end < added_.size() && added_[end].first == added_[i].first; ++end) numbers_.push_back(added_[end].second);
      std::size_t at = added_[i].first & (slots_.size() - 1);
      while (slots_[at].count != 0) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = {added_[i].first, static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(end - i)};
      i = end;
    }
    added_ = {};
  }

  [[nodiscard]] std::span<const std::uint32_t> find(std::uint64_t hash) const noexcept {
    if (numbers_.empty()) return {};
    for (std::size_t at = hash & (slots_.size() - 1); slots_[at].count != 0; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at].hash == hash) return {numbers_.data() + slots_[at].first, slots_[at].count};
    }
    return {};
  }

  [[nodiscard]] bool empty() const noexcept { return numbers_.empty() && added_.empty(); }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t first = 0;
    std::uint32_t count = 0;  ///< 0: the slot is free
  };

  std::vector<std::pair<std::uint64_t, std::uint32_t>> added_;
  std::vector<Slot> slots_;  ///< a power of two, at most half of them taken
  std::vector<std::uint32_t> numbers_;
};

}  // namespace tidegate
