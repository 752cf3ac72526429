#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "gateway/base/mutex.h"
#include "tests/crash/feed.h"
#include "tests/support/process/process.h"

namespace tidegate::crash {
namespace {

constexpr std::uint32_t kPublisher = 1;
constexpr std::uint64_t kRowsPerFile = 2000;
constexpr std::size_t kNoteBytes = 400;  // several submissions per file, so that kills land inside one
constexpr std::chrono::milliseconds kBetweenFiles{250};

/// A program that drops CSV files into a folder. Every row of a file that is in the folder is owed: nobody but the
/// gateway takes it away. kill() moves the folder away, as an unmounted share would be.
class FolderFeed final : public Feed {
 public:
  explicit FolderFeed(const std::filesystem::path& dir) : folder_(dir / "drop"), away_(dir / "away") {}

  Status start() override {
    std::filesystem::create_directory(folder_);
    return {};
  }
  Status start_load() override {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    return {};
  }
  void kill() override {
    const MutexLock lock(mutex_);
    std::filesystem::rename(folder_, away_);
    mounted_ = false;
  }
  Status restart() override {
    const MutexLock lock(mutex_);
    std::filesystem::rename(away_, folder_);
    mounted_ = true;
    return {};
  }
  void calm() override {}

  FedEvents finish() override {
    thread_ = {};
    FedEvents fed;
    fed.owed[kPublisher].assign(next_, true);
    if (next_ == 0) fed.trouble = "no file was dropped";
    return fed;
  }
  void close() override {}

  [[nodiscard]] std::string source() const override {
    return fmt::format(
        "    type: directory\n    path: {}\n    ready: rename\n    rescan: 1s\n    topic: sensors/files\n",
        folder_.string());
  }
  [[nodiscard]] std::uint16_t port() const override { return 0; }
  [[nodiscard]] std::uint32_t keys() const override { return 1; }
  [[nodiscard]] bool forgets() const override { return false; }

 private:
  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      drop_file();
      std::this_thread::sleep_for(kBetweenFiles);
    }
  }
  void drop_file() {
    const MutexLock lock(mutex_);
    if (!mounted_) return;
    std::string text = "n,marker,note\n";
    const std::string note(kNoteBytes, 'x');
    for (std::uint64_t seq = next_; seq < next_ + kRowsPerFile; ++seq)
      text += fmt::format("{0},EVT:{1:04}:{0:09}:{2:016};,{3}\n", seq, kPublisher, 0, note);
    const auto name = folder_ / fmt::format("{:09}.csv", next_);
    test::write_file(name.string() + ".tmp", text);
    std::filesystem::rename(name.string() + ".tmp", name);
    next_ += kRowsPerFile;
  }

  const std::filesystem::path folder_, away_;
  Mutex mutex_;
  bool mounted_ GUARDED_BY(mutex_) = true;
  std::uint64_t next_ = 0;  ///< the thread's; read once that has ended
  std::jthread thread_;     // last: joined before the rest goes
};

}  // namespace

std::unique_ptr<Feed> make_folder_feed(const std::filesystem::path& dir) { return std::make_unique<FolderFeed>(dir); }

}  // namespace tidegate::crash
