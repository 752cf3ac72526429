#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidegate {

/// Prefixes, each with numbers: which of them a text begins with. Built once, then read.
class AffixIndex {
 public:
  void add(std::string prefix, std::uint32_t number) { added_.emplace_back(std::move(prefix), number); }

  /// After the last add and before the first find.
  void build();

  [[nodiscard]] bool empty() const noexcept { return entries_.empty() && added_.empty(); }

  /// Calls `each(number)` for every number of every prefix that `text` begins with.
  template <class Each>
  void find(std::string_view text, Each each) const {
    for (std::uint32_t at = longest(text); at != kNone; at = entries_[at].shorter) {
      for (std::uint32_t i = 0; i < entries_[at].count; ++i) each(numbers_[entries_[at].first + i]);
    }
  }

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  struct Entry {
    std::string prefix;
    std::uint32_t shorter;  ///< the longest other one that this begins with
    std::uint32_t first;
    std::uint32_t count;
  };

  /// The longest prefix that `text` begins with.
  [[nodiscard]] std::uint32_t longest(std::string_view text) const noexcept;

  std::vector<std::pair<std::string, std::uint32_t>> added_;
  std::vector<Entry> entries_;              ///< ascending
  std::array<std::uint32_t, 257> begin_{};  ///< of the entries that begin with a byte or a greater one
  std::vector<std::uint32_t> numbers_;
};

}  // namespace tidegate
