#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"

/// How single values are written in the config: one reader and one writer for each type.
namespace tidegate {

/// A number of bytes, written with its unit: 500B, 64KiB, 2GB.
struct ByteSize {
  std::uint64_t bytes = 0;
};

/// *Errors* (of all readers): invalid, with a phrase that goes on after the offending text, remedy included.
Result<bool> read_bool(std::string_view text);
Result<std::int64_t> read_signed(std::string_view text);
Result<std::uint64_t> read_unsigned(std::string_view text);
Result<double> read_number(std::string_view text);
Result<milliseconds> read_duration(std::string_view text);
Result<ByteSize> read_byte_size(std::string_view text);
/// A time as RFC 3339 writes it (section 5.6), with Z or an offset: 2026-05-01T06:00:00Z.
Result<WallTime> read_time(std::string_view text);

/// The shortest way to write a value exactly: 90000 ms is 90s, 1048576 bytes is 1MiB.
std::string write_duration(milliseconds value);
std::string write_byte_size(std::uint64_t bytes);
std::string write_number(double value);

}  // namespace tidegate
