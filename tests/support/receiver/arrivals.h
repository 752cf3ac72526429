#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate::testing {

/// What the load programs write into every payload: "EVT:pppp:sssssssss:tttttttttttttttt;".
struct Marker {
  std::uint32_t publisher = 0;
  std::uint64_t seq = 0;     ///< from 0, per publisher
  std::int64_t sent_us = 0;  ///< wall time of the publish
};
inline constexpr std::size_t kMarkerBytes = 36;

/// The first marker in `text` from `from` on, and the position after it; nullopt when there is none.
std::optional<std::pair<Marker, std::size_t>> find_marker(std::string_view text, std::size_t from = 0);

/// Counts marked events in bounded memory: one bit per sequence number and a histogram of latencies.
class Arrivals {
 public:
  struct Totals {
    std::uint64_t events = 0, distinct = 0, duplicates = 0;
    std::uint64_t out_of_order = 0;  ///< first arrivals behind a later one of their publisher
    std::uint64_t missing = 0;       ///< below the highest that came, per publisher
    std::uint64_t publishers = 0;
    double latency_p50_ms = 0, latency_p99_ms = 0, latency_max_ms = 0;
  };

  void add(const Marker& marker, std::int64_t now_us);
  [[nodiscard]] Totals totals() const;

 private:
  struct Publisher {
    std::vector<std::uint64_t> seen;
    std::uint64_t distinct = 0;
    std::int64_t highest = -1;
  };
  static constexpr std::size_t kPerDoubling = 256;
  static constexpr std::size_t kBuckets = kPerDoubling * 32;  ///< log-linear
  static std::size_t bucket_of(std::int64_t us) noexcept;
  [[nodiscard]] double percentile_ms(double share) const;

  std::map<std::uint32_t, Publisher> publishers_;
  std::array<std::uint64_t, kBuckets> latency_{};
  std::int64_t latency_max_us_ = 0;
  std::uint64_t events_ = 0, duplicates_ = 0, out_of_order_ = 0;
};

}  // namespace tidegate::testing
