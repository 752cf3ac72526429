#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>

#include "gateway/base/clock.h"

namespace tidegate {

/// Lets through so many events per second, with bursts of at most one second's worth. A rate of 0 lets all through.
class TokenBucket {
 public:
  TokenBucket(double per_second, SteadyTime now)
      : per_second_(per_second), burst_(std::max(per_second, 1.0)), tokens_(burst_), filled_at_(now) {}

  [[nodiscard]] bool limits() const noexcept { return per_second_ > 0; }
  /// Events that may leave now.
  [[nodiscard]] std::size_t available(SteadyTime now) noexcept {
    const std::chrono::duration<double> passed = now - filled_at_;
    tokens_ = std::min(burst_, tokens_ + passed.count() * per_second_);
    filled_at_ = now;
    return static_cast<std::size_t>(tokens_);
  }
  void take(std::size_t events) noexcept { tokens_ -= static_cast<double>(events); }
  /// When so many (at most a burst) will be available; exact as of the latest available().
  [[nodiscard]] SteadyTime ready_at(std::size_t events) const noexcept {
    const double missing = std::min(static_cast<double>(events), std::floor(burst_)) - tokens_;
    if (missing <= 0) return filled_at_;
    return filled_at_ + std::chrono::duration_cast<SteadyTime::duration>(
                            std::chrono::duration<double>(missing / per_second_ + 1e-6));
  }

 private:
  double per_second_;
  double burst_;
  double tokens_;
  SteadyTime filled_at_;
};

}  // namespace tidegate
