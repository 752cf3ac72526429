#include "gateway/base/uuid.h"

#include <algorithm>

namespace tidegate {

namespace {

constexpr std::uint32_t kCounterMax = 0xFFF;
constexpr std::uint32_t kCounterStartMax = 0x7FF;  // leaves half the range for ids of the same millisecond

void put_hex(std::string& out, std::uint64_t value, int digits) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) out += kHex[(value >> shift) & 0xF];
}

}  // namespace

std::string UuidV7::mint(WallTime now) {
  const std::uint64_t bits = random_.next();
  const std::int64_t now_ms = std::max<std::int64_t>(now.time_since_epoch().count(), 0);
  if (now_ms > last_ms_) {
    last_ms_ = now_ms;
    counter_ = static_cast<std::uint32_t>(random_.next()) & kCounterStartMax;
  } else if (++counter_ > kCounterMax) {
    ++last_ms_;
    counter_ = 0;
  }
  const auto ms = static_cast<std::uint64_t>(last_ms_);
  std::string out;
  out.reserve(36);
  put_hex(out, ms >> 16, 8);
  out += '-';
  put_hex(out, ms & 0xFFFF, 4);
  out += '-';
  put_hex(out, 0x7000 | counter_, 4);
  out += '-';
  put_hex(out, 0x8000 | ((bits >> 48) & 0x3FFF), 4);
  out += '-';
  put_hex(out, bits & 0xFFFFFFFFFFFFULL, 12);
  return out;
}

}  // namespace tidegate
