#include "gateway/routing/affix_index.h"

namespace tidegate {

void AffixIndex::build() {
  std::ranges::sort(added_);
  for (auto& [prefix, number] : added_) {
    if (entries_.empty() || entries_.back().prefix != prefix) {
      std::uint32_t shorter = entries_.empty() ? kNone : static_cast<std::uint32_t>(entries_.size() - 1);
      while (shorter != kNone && !prefix.starts_with(entries_[shorter].prefix)) shorter = entries_[shorter].shorter;
      entries_.push_back({std::move(prefix), shorter, static_cast<std::uint32_t>(numbers_.size()), 0});
    }
    ++entries_.back().count;
    numbers_.push_back(number);
  }
  added_ = {};
  const auto first_byte = [](const Entry& entry) {
    return entry.prefix.empty() ? -1 : int{static_cast<unsigned char>(entry.prefix.front())};
  };
  for (std::size_t byte = 0; byte < begin_.size(); ++byte) {
    begin_[byte] = static_cast<std::uint32_t>(
        std::ranges::lower_bound(entries_, static_cast<int>(byte), {}, first_byte) - entries_.begin());
  }
}

std::uint32_t AffixIndex::longest(std::string_view text) const noexcept {
  if (entries_.empty()) return kNone;
  const std::uint32_t shortest = entries_.front().prefix.empty() ? 0 : kNone;
  if (text.empty()) return shortest;
  const auto byte = static_cast<unsigned char>(text.front());
  const auto first = entries_.begin() + begin_[byte];
  const auto after = std::ranges::upper_bound(first, entries_.begin() + begin_[byte + 1U], text, {},
                                              [](const Entry& entry) { return std::string_view(entry.prefix); });
  if (after == first) return shortest;
  // What `text` begins with is this entry or one that this entry begins with.
  auto at = static_cast<std::uint32_t>(after - entries_.begin() - 1);
  const std::string_view near = entries_[at].prefix;
  const auto common = static_cast<std::size_t>(std::ranges::mismatch(near, text).in1 - near.begin());
  while (at != kNone && entries_[at].prefix.size() > common) at = entries_[at].shorter;
  return at;
}

}  // namespace tidegate
