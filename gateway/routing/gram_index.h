#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/routing/hash_lists.h"
#include "gateway/routing/text_hash.h"

namespace tidegate {

/// Texts that consist of pieces, each with a number: which of them may be in a text. Each is looked up by one piece of
/// one to four bytes (a gram), the one that the fewest others contain. Built once, then read.
class GramIndex {
 public:
  /// At least one piece is not empty.
  void add(std::vector<std::string> pieces, std::uint32_t number) { added_.push_back({std::move(pieces), number}); }

  /// After the last add and before the first find.
  void build();

  [[nodiscard]] bool empty() const noexcept { return lists_.empty() && added_.empty(); }

  /// Calls `each(numbers)` with the numbers whose gram is in `text`; again and again when the gram is.
  template <class Each>
  void find(std::string_view text, Each each) const {
    for (std::size_t length = 1; length <= kGramBytesMax; ++length) {
      if (!lengths_[length]) continue;
      for (std::size_t at = 0; at + length <= text.size(); ++at) {
        const std::uint64_t hash = hash_of(text.data() + at, length);
        if ((seen_[hash >> 6 & (kSeenWords - 1)] >> (hash & 63) & 1) != 0) each(lists_.find(hash));
      }
    }
  }

 private:
  static constexpr std::size_t kGramBytesMax = 4;
  /// Of a text, that many grams are considered: enough to find a rare one.
  static constexpr std::size_t kGramsMax = 64;
  static constexpr std::size_t kSeenWords = 256;

  struct Added {
    std::vector<std::string> pieces;
    std::uint32_t number;
  };

  static std::uint64_t hash_of(const char* gram, std::size_t length) noexcept {
    std::uint32_t bytes = 0;
    std::memcpy(&bytes, gram, length);
    return mixed(bytes ^ 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93 + length);
  }
  static std::vector<std::uint64_t> grams_of(const Added& added, std::size_t& length);

  std::vector<Added> added_;
  std::array<bool, kGramBytesMax + 1> lengths_{};
  std::array<std::uint64_t, kSeenWords> seen_{};  ///< a bit for each gram, some shared: most texts have none
  HashLists lists_;
};

}  // namespace tidegate
