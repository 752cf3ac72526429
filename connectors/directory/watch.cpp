#include "connectors/directory/watch.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "connectors/directory/limits.h"

namespace tidegate::directory {

namespace {

/// IN_ATTRIB: of a folder that is removed while it is open nothing else is reported.
constexpr std::uint32_t kReports =
    IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

}  // namespace

Inbox::Inbox() : event_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

void Inbox::put(Answer answer) {
  {
    const MutexLock lock(mutex_);
    answers_.push_back(answer);
  }
  wake();
}

void Inbox::wake() noexcept {
  const std::uint64_t one = 1;
  // It fails only when it is full of wake-ups.
  static_cast<void>(!write(event_.get(), &one, sizeof one));
}

std::vector<Inbox::Answer> Inbox::take() {
  const MutexLock lock(mutex_);
  return std::exchange(answers_, {});
}

void Inbox::clear() noexcept {
  std::uint64_t count = 0;
  static_cast<void>(!read(event_.get(), &count, sizeof count));
}

Status Watch::begin(int folder) {
  inotify_ = Descriptor(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  // By its descriptor: the name may lead elsewhere by now.
  const std::string path = fmt::format("/proc/self/fd/{}", folder);
  if (inotify_ && inotify_add_watch(inotify_.get(), path.c_str(), kReports) >= 0) return {};
  const int failed = errno;
  inotify_ = {};
  return Error{ErrorCode::unavailable,
               fmt::format("no reports of changes ({}); raise fs.inotify.max_user_watches and max_user_instances",
                           std::strerror(failed))};
}

Changes Watch::wait(milliseconds at_most) {
  std::array<pollfd, 2> fds{{{inbox_.descriptor(), POLLIN, 0}, {inotify_.get(), POLLIN, 0}}};
  poll(fds.data(), inotify_ ? 2 : 1, static_cast<int>(at_most.count()));
  inbox_.clear();
  Changes changes;
  if (inotify_) read_reports(changes);
  return changes;
}

void Watch::read_reports(Changes& changes) {
  alignas(inotify_event) std::array<char, 16384> buffer;
  while (!changes.all) {
    const ssize_t n = read(inotify_.get(), buffer.data(), buffer.size());
    if (n <= 0) return;
    for (const char* at = buffer.data(); at < buffer.data() + n;) {
      inotify_event report{};
      std::memcpy(&report, at, sizeof report);
      if ((report.mask & IN_Q_OVERFLOW) != 0) changes.all = true;
      if ((report.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) != 0) changes.gone = true;
      if (report.len == 0 && (report.mask & IN_ATTRIB) != 0) changes.all = true;
      if (report.len > 0) changes.names.emplace_back(at + sizeof report);
      at += sizeof report + report.len;
    }
    if (changes.names.size() > limits::kNotedNamesMax) changes.all = true;
  }
}

}  // namespace tidegate::directory
