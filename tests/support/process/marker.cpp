#include "tests/support/process/marker.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>

#include "gateway/base/random.h"

namespace tidegate::test {

void append_payload(std::string& out, const Marker& marker, std::size_t bytes) {
  const std::size_t start = out.size();
  SeededRandom random(marker.seq * 10'007 + marker.publisher);
  fmt::format_to(std::back_inserter(out),
                 R"({{"m":"EVT:{:04}:{:09}:{:016};","device":"p{:04}","temperature":{}.{:03},"humidity":{}.{:02},)"
                 R"("pressure":{}.{},"rms":0.{:05},"state":"{}","trace":")",
                 marker.publisher, marker.seq, marker.published_us, marker.publisher, 15 + random.below(20),
                 random.below(1000), 30 + random.below(50), random.below(100), 980 + random.below(60), random.below(10),
                 random.below(100'000), random.below(50) == 0 ? "warn" : "ok");
  constexpr std::string_view kEnd = "\"}";
  while (out.size() - start + kEnd.size() < bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::uint64_t bits = random.next();
    for (int i = 0; i < 16 && out.size() - start + kEnd.size() < bytes; ++i, bits >>= 4) out += kDigits[bits & 15];
  }
  out += kEnd;
}

std::optional<Marker> find_marker(std::string_view text) {
  constexpr std::string_view kStart = "EVT:";
  constexpr std::size_t kLength = 4 + 4 + 1 + 9 + 1 + 16 + 1;
  const auto at = text.find(kStart);
  if (at == std::string_view::npos || text.size() - at < kLength) return std::nullopt;
  const char* p = text.data() + at;
  if (p[8] != ':' || p[18] != ':' || p[35] != ';') return std::nullopt;
  Marker marker;
  std::from_chars(p + 4, p + 8, marker.publisher);
  std::from_chars(p + 9, p + 18, marker.seq);
  std::from_chars(p + 19, p + 35, marker.published_us);
  return marker;
}

}  // namespace tidegate::test
