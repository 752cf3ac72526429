#pragma once

#include <cstdint>

namespace tidegate {

/// Where randomness comes from (ids, jitter). Injected, so that a failing simulation replays from its seed.
/// *Threads*: one user at a time.
class Random {
 public:
  virtual ~Random() = default;
  [[nodiscard]] virtual std::uint64_t next() noexcept = 0;

  /// Uniform in [0, bound); 0 when bound is 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) noexcept { return bound == 0 ? 0 : next() % bound; }
};

/// A small fast generator (SplitMix64; Steele, Lea, Flood 2014). Not for secrets.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) noexcept : state_(seed) {}
  [[nodiscard]] std::uint64_t next() noexcept override;

 private:
  std::uint64_t state_;
};

/// A seed from the operating system's entropy.
std::uint64_t entropy_seed() noexcept;

}  // namespace tidegate
