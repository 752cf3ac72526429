#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connectors/directory/descriptor.h"
#include "gateway/base/clock.h"
#include "gateway/base/mutex.h"
#include "gateway/base/result.h"
#include "gateway/intake/intake.h"

namespace tidegate::directory {

/// Wakes the worker from other threads, and keeps the receipts for it. Shared with the receipts, which may come after
/// the source has stopped. *Threads*: safe from any.
class Inbox {
 public:
  struct Answer {
    std::uint64_t ticket = 0;
    Admission admission = Admission::durable;
  };

  Inbox();
  void put(Answer answer) EXCLUDES(mutex_);
  void wake() noexcept;
  /// What has come since the last call.
  [[nodiscard]] std::vector<Answer> take() EXCLUDES(mutex_);
  /// Readable when there is something to do.
  [[nodiscard]] int descriptor() const noexcept { return event_.get(); }
  void clear() noexcept;

 private:
  Descriptor event_;
  Mutex mutex_;
  std::vector<Answer> answers_ GUARDED_BY(mutex_);
};

/// What the kernel reported about a folder.
struct Changes {
  std::vector<std::string> names;
  bool all = false;   ///< reports were lost, or there were too many: list the folder
  bool gone = false;  ///< the folder was moved or removed
};

/// Watches one folder at a time. *Threads*: the worker's.
class Watch {
 public:
  explicit Watch(Inbox& inbox) : inbox_(inbox) {}
  /// Begins to watch. Without inotify (no watches left, or not that kind of file system) the folder is only listed.
  /// *Errors*: unavailable, with the reason and the remedy.
  Status begin(int folder);
  void end() { inotify_ = {}; }
  /// Waits until something changed, somebody woke the inbox, or the time is over.
  Changes wait(milliseconds at_most);

 private:
  void read_reports(Changes& changes);
  Inbox& inbox_;
  Descriptor inotify_;
};

}  // namespace tidegate::directory
