#include "tests/bench/spool/measure.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <vector>

namespace tidegate::bench {

namespace {

std::uint64_t field(const char* file, const std::string& name) {
  std::ifstream in(file);
  std::string key;
  while (in >> key) {
    if (key == name) {
      std::uint64_t value = 0;
      in >> value;
      return value;
    }
    std::getline(in, key);
  }
  return 0;
}

double seconds(const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; }

}  // namespace

ProcessFigures process_figures() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return {seconds(usage.ru_utime) + seconds(usage.ru_stime), field("/proc/self/io", "write_bytes:"),
          field("/proc/self/status", "VmRSS:"), field("/proc/self/status", "VmHWM:")};
}

double disk_sync_us(const std::string& directory) {
  const std::string file = directory + "/sync-probe";
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return 0;
  const std::vector<char> bytes(64u << 10, 'x');
  std::vector<double> times;
  for (int i = 0; i < 101; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    if (::pwrite(fd, bytes.data(), bytes.size(), 0) < 0 || ::fdatasync(fd) != 0) break;
    times.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
  }
  ::close(fd);
  ::unlink(file.c_str());
  if (times.empty()) return 0;
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

}  // namespace tidegate::bench
