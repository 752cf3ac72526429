#include "tests/support/receiver/arrivals.h"

#include <algorithm>
#include <bit>
#include <charconv>

namespace tidegate::testing {
namespace {

/// Sequence numbers beyond are counted but not told apart: 8 MiB of bits per publisher.
constexpr std::uint64_t kSeqMax = 64u << 20;
constexpr double kUsPerMs = 1000;

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
    if (found[8] == ':' && found[18] == ':' && found[35] == ';' && read_digits(found.substr(4, 4), marker.publisher) &&
        read_digits(found.substr(9, 9), marker.seq) && read_digits(found.substr(19, 16), marker.sent_us)) {
      return std::pair(marker, at + kMarkerBytes);
    }
    from = at + 4;
  }
}

void Arrivals::add(const Marker& marker, std::int64_t now_us) {
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
  const std::int64_t latency = std::max<std::int64_t>(0, now_us - marker.sent_us);
  ++latency_[bucket_of(latency)];
  latency_max_us_ = std::max(latency_max_us_, latency);
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
  totals.latency_p50_ms = percentile_ms(0.50);
  totals.latency_p99_ms = percentile_ms(0.99);
  totals.latency_max_ms = static_cast<double>(latency_max_us_) / kUsPerMs;
  return totals;
}

std::size_t Arrivals::bucket_of(std::int64_t us) noexcept {
  const auto value = static_cast<std::uint64_t>(us);
  if (value < kPerDoubling) return value;
  const auto doubling = static_cast<std::size_t>(std::bit_width(value) - std::bit_width(kPerDoubling)) + 1;
  return std::min(kBuckets - 1, doubling * kPerDoubling + ((value >> (doubling - 1)) & (kPerDoubling - 1)));
}

double Arrivals::percentile_ms(double share) const {
  std::uint64_t total = 0, below = 0;
  for (const std::uint64_t count : latency_) total += count;
  if (total == 0) return 0;
  std::size_t bucket = 0;
  while (bucket + 1 < kBuckets) {
    below += latency_[bucket];
    if (static_cast<double>(below) >= share * static_cast<double>(total)) break;
    ++bucket;
  }
  const std::size_t doubling = bucket / kPerDoubling;
  const std::uint64_t us =
      doubling == 0 ? bucket : std::uint64_t{kPerDoubling + bucket % kPerDoubling} << (doubling - 1);
  return static_cast<double>(us) / kUsPerMs;
}

}  // namespace tidegate::testing
