#include "tests/support/receiver/arrivals.h"

#include <algorithm>
#include <bit>
#include <charconv>

namespace tidegate::testing {
namespace {

/// Sequence numbers beyond are counted but not told apart: 8 MiB of bits per publisher.
constexpr std::uint64_t kSeqMax = 64u << 20;

template <class T>
bool read_digits(std::string_view digits, T& value) {
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() && end == digits.data() + digits.size();
}

}  // namespace

std::optional<std::pair<Marker, std::size_t>> find_marker(std::string_view text, std::size_t from) {
  for (;;) {
    const std::size_t at = text.find("EVT:", from);
    if (at == std::string_view::npos || text.size() - at < kMarkerBytes) return std::nullopt;
    const std::string_view found = text.substr(at, kMarkerBytes);
    Marker marker;
    if (found[8] == ':' && found[18] == ':' && found[32] == ';' && read_digits(found.substr(4, 4), marker.publisher) &&
        read_digits(found.substr(9, 9), marker.seq) && read_digits(found.substr(19, 13), marker.sent_ms)) {
      return std::pair(marker, at + kMarkerBytes);
    }
    from = at + 4;
  }
}

void Arrivals::add(const Marker& marker, std::int64_t now_ms) {
  ++events_;
  Publisher& publisher = publishers_[marker.publisher];
  const auto seq = static_cast<std::int64_t>(marker.seq);
  if (marker.seq < kSeqMax) {
    if (publisher.seen.size() <= marker.seq / 64) {
      publisher.seen.resize(std::max<std::size_t>(marker.seq / 64 + 1, publisher.seen.size() * 2));
    }
    std::uint64_t& word = publisher.seen[marker.seq / 64];
    const std::uint64_t bit = std::uint64_t{1} << (marker.seq % 64);
    if ((word & bit) != 0) {
      ++duplicates_;
      return;
    }
    word |= bit;
  }
  ++publisher.distinct;
  if (seq < publisher.highest) ++out_of_order_;
  publisher.highest = std::max(publisher.highest, seq);
  const std::int64_t latency = std::max<std::int64_t>(0, now_ms - marker.sent_ms);
  ++latency_[bucket_of(latency)];
  latency_max_ms_ = std::max(latency_max_ms_, latency);
}

Arrivals::Totals Arrivals::totals() const {
  Totals totals;
  totals.events = events_;
  totals.duplicates = duplicates_;
  totals.out_of_order = out_of_order_;
  totals.publishers = publishers_.size();
  for (const auto& [number, publisher] : publishers_) {
    totals.distinct += publisher.distinct;
    totals.missing += static_cast<std::uint64_t>(publisher.highest + 1) - publisher.distinct;
  }
  totals.latency_p50_ms = percentile(0.50);
  totals.latency_p99_ms = percentile(0.99);
  totals.latency_max_ms = latency_max_ms_;
  return totals;
}

std::size_t Arrivals::bucket_of(std::int64_t ms) noexcept {
  const auto value = static_cast<std::uint64_t>(ms);
  if (value < 32) return value;
  const auto doubling = static_cast<std::size_t>(std::bit_width(value)) - 5;
  return std::min(kBuckets - 1, doubling * 32 + ((value >> (doubling - 1)) & 31) % 32);
}

std::int64_t Arrivals::percentile(double share) const {
  std::uint64_t total = 0, below = 0;
  for (const std::uint64_t count : latency_) total += count;
  if (total == 0) return 0;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    below += latency_[bucket];
    if (static_cast<double>(below) < share * static_cast<double>(total)) continue;
    const std::size_t doubling = bucket / 32;
    if (doubling == 0) return static_cast<std::int64_t>(bucket);
    return static_cast<std::int64_t>((32 + bucket % 32) << (doubling - 1));
  }
  return latency_max_ms_;
}

}  // namespace tidegate::testing
