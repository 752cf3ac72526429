#pragma once

#include <cstdint>
#include <string>

namespace tidegate::bench {

/// What the operating system says about this process so far.
struct ProcessFigures {
  double cpu_seconds = 0;
  std::uint64_t bytes_written = 0;  ///< to storage: /proc/self/io, write_bytes
  std::uint64_t rss_kib = 0;        ///< now
  std::uint64_t rss_peak_kib = 0;   ///< since the start, or since reset_peak()
};
ProcessFigures process_figures();

/// Median time of an fdatasync after an overwrite of 64 KiB in `directory`, microseconds: what the disk itself takes.
double disk_sync_us(const std::string& directory);

}  // namespace tidegate::bench
