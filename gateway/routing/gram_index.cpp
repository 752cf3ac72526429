#include "gateway/routing/gram_index.h"

#include <algorithm>
#include <unordered_map>

namespace tidegate {

std::vector<std::uint64_t> GramIndex::grams_of(const Added& added, std::size_t& length) {
  const auto& longest = *std::ranges::max_element(added.pieces, {}, &std::string::size);
  length = std::min(longest.size(), kGramBytesMax);
  std::vector<std::uint64_t> grams;
  for (const std::string& piece : added.pieces) {
    for (std::size_t at = 0; at + length <= piece.size() && grams.size() < kGramsMax; ++at) {
      grams.push_back(hash_of(piece.data() + at, length));
    }
  }
  std::ranges::sort(grams);
  grams.erase(std::unique(grams.begin(), grams.end()), grams.end());
  return grams;
}

void GramIndex::build() {
  std::unordered_map<std::uint64_t, std::uint32_t> users;
  std::size_t length = 0;
  for (const Added& added : added_) {
    for (const std::uint64_t gram : grams_of(added, length)) ++users[gram];
  }
  for (const Added& added : added_) {
    const auto grams = grams_of(added, length);
    const std::uint64_t rarest =
        *std::ranges::min_element(grams, {}, [&users](std::uint64_t gram) { return users.find(gram)->second; });
    lengths_[length] = true;
    seen_[rarest >> 6 & (kSeenWords - 1)] |= std::uint64_t{1} << (rarest & 63);
    lists_.add(rarest, added.number);
  }
  lists_.build();
  added_ = {};
}

}  // namespace tidegate
