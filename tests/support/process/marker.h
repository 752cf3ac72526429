#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidegate::test {

/// What every test payload carries, so that any receiver can tell which event it holds: publisher, number, time.
/// As text `EVT:pppp:sssssssss:tttttttttttttttt;`, decimal.
struct Marker {
  std::uint32_t publisher = 0;
  std::uint64_t seq = 0;
  std::uint64_t published_us = 0;  ///< UTC
};

/// A sensor reading of exactly `bytes` bytes of JSON (at least 120) with the marker in it; values vary with seq.
void append_payload(std::string& out, const Marker& marker, std::size_t bytes);
std::optional<Marker> find_marker(std::string_view text);

}  // namespace tidegate::test
