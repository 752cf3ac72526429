#include "gateway/app/process.h"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

/// libcurl brings GnuTLS along for protocols that are not used here. Its constructor asks for this function, as
/// GNUTLS_SKIP_GLOBAL_INIT defines it in gnutls.h, and when it says yes leaves 0.8 MiB of tables alone.
extern "C" int _gnutls_global_init_skip(void);  // NOLINT(bugprone-reserved-identifier): GnuTLS chose the name
extern "C" int _gnutls_global_init_skip(void) { return 1; }

namespace tidegate {

namespace {

/// Every thread that finds the arenas busy makes one of its own, and each holds on to what it once needed. Two are
/// enough for threads that mostly wait for the disk or the network.
constexpr int kArenas = 2;
/// Free memory at the top of the heap that is kept: a burst's buffers go back, the steady state is not trimmed.
constexpr int kTrimThresholdBytes = 512 << 10;
/// Blocks from this size on are mapped, and so are returned when they are freed. Fixed: glibc would raise it to the
/// size of the largest block it has seen, and one 8 MiB message would stay in the heap for ever.
constexpr int kMmapThresholdBytes = 256 << 10;

}  // namespace

void setup_process() {
  // The spool holds payloads. (SQLite asks for 0644.)
  umask(0027);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // past a limit of file sizes a write fails with EFBIG
  mallopt(M_ARENA_MAX, kArenas);
  mallopt(M_TRIM_THRESHOLD, kTrimThresholdBytes);
  mallopt(M_MMAP_THRESHOLD, kMmapThresholdBytes);
}

void release_startup_code() {
  std::ifstream maps("/proc/self/maps");
  std::string line;
  while (std::getline(maps, line)) {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    char file = 0;
    // Code of files only: it is never written to, so that the file still has all of it.
    if (std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR " r-xp %*s %*s %*s %c", &begin, &end, &file) == 3 &&
        file == '/')
      // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel gives addresses as text
      madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
}

ProcessUsage process_usage() {
  ProcessUsage out;
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total_pages = 0;
  std::uint64_t resident_pages = 0;
  if (statm >> total_pages >> resident_pages)
    out.resident_bytes = resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    out.cpu_seconds = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                      static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  }
  std::error_code error;
  for (std::filesystem::directory_iterator at("/proc/self/fd", error), end; !error && at != end; at.increment(error))
    ++out.open_files;
  return out;
}

std::string process_metrics_text() {
  const ProcessUsage usage = process_usage();
  return fmt::format(
      "# HELP process_cpu_seconds_total User and system CPU time.\n# TYPE process_cpu_seconds_total counter\n"
      "process_cpu_seconds_total {:.3f}\n"
      "# HELP process_resident_memory_bytes Resident memory.\n# TYPE process_resident_memory_bytes gauge\n"
      "process_resident_memory_bytes {}\n"
      "# HELP process_open_fds Open file descriptors.\n# TYPE process_open_fds gauge\n"
      "process_open_fds {}\n",
      usage.cpu_seconds, usage.resident_bytes, usage.open_files);
}

}  // namespace tidegate
