#pragma once

#include <atomic>
#include <cstdint>

#include "gateway/base/clock.h"

namespace tidegate::testing {

/// The machine's clocks, which a test can put forward. *Threads*: safe from any.
class SkippingClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall() const noexcept override { return system_.wall() + skipped(); }
  [[nodiscard]] SteadyTime steady() const noexcept override { return system_.steady() + skipped(); }
  void skip(milliseconds by) noexcept { skipped_ms_ += by.count(); }

 private:
  [[nodiscard]] milliseconds skipped() const noexcept { return milliseconds{skipped_ms_.load()}; }

  const SystemClock system_{};
  std::atomic<std::int64_t> skipped_ms_{0};
};

}  // namespace tidegate::testing
