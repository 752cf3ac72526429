#pragma once

#include <cstdint>
#include <string>

namespace tidegate {

/// Settings that hold for the whole process: a peer that hangs up is an error code and not a signal, memory that was
/// freed goes back to the system, and files are not for the rest of the world. Call first in main().
void setup_process();

/// Gives back the memory of code that only the start needed (reading the config, setting libraries up): about 5 MiB.
/// What is needed after all is read again from the page cache. Call once the gateway runs.
void release_startup_code();

/// What the operating system says about this process.
struct ProcessUsage {
  std::uint64_t resident_bytes = 0;
  double cpu_seconds = 0;
  std::uint64_t open_files = 0;
};
/// Zeros where the system does not say.
ProcessUsage process_usage();

/// The usage as Prometheus text, under the names that its client libraries have made customary.
std::string process_metrics_text();

}  // namespace tidegate
