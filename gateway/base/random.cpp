#include "gateway/base/random.h"

#include <random>

namespace tidegate {

std::uint64_t SeededRandom::next() noexcept {
  state_ += 0x9E3779B97F4A7C15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

std::uint64_t entropy_seed() noexcept {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

}  // namespace tidegate
