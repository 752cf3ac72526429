#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "connectors/connector.h"
#include "connectors/directory/candidates.h"
#include "connectors/directory/file_work.h"
#include "connectors/directory/folder.h"
#include "connectors/directory/limits.h"
#include "connectors/directory/options.h"
#include "connectors/directory/watch.h"

namespace tidegate::directory {

/// The thread that reads a folder: finds files, reads them one at a time, hands their rows over, and puts them away
/// when the receipts have come.
class Worker {
 public:
  Worker(const ConnectorContext& context, SourceOptions options);
  ~Worker() { stop(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Reads what earlier runs stored and starts the thread. *Blocks* on disk.
  void start(Intake& intake);
  /// Opens the folders and lets them go. Instead of start(). *Blocks* on disk.
  [[nodiscard]] Status probe() const;
  void set_paused(bool paused);
  /// Waits for the receipts that are due and ends the thread. Idempotent.
  void stop() noexcept;

 private:
  struct Sent {
    std::uint64_t ticket = 0;
    FileWork* file = nullptr;  ///< null: only cleaned up
    std::size_t bytes = 0;
    std::uint32_t rows = 0;
  };
  /// Waits that double.
  struct Backoff {
    milliseconds next = limits::kRetryInitial;
    SteadyTime at{};
    void after_failure(SteadyTime now);
    void after_success() { next = limits::kRetryInitial; }
  };
  struct Counters {
    Counter *rows, *bad_rows, *bytes, *done, *failed;
    Gauge* waiting;
  };

  void run();
  void last_receipts();
  [[nodiscard]] milliseconds patience() const;

  // The folder.
  [[nodiscard]] Result<Folder> try_folder() const;
  void open_folder();
  void close_folder(const std::string& why, SteadyTime open_again);
  void note(const Changes& changes);
  void list_folder();
  void consider(const std::string& name);
  [[nodiscard]] bool goes_on(const std::string& name, const Signature& signature) const;
  [[nodiscard]] milliseconds rest_of(const std::string& name, const Signature& signature) const;
  [[nodiscard]] bool is_complete(const std::string& name) const;
  void told_once(const std::string& name, std::string_view what);
  [[nodiscard]] bool in_work(const std::string& name) const;

  // Files.
  bool read_on();
  bool begin_next();
  void refuse(const std::string& name, const Error& error);
  void submit(FileWork::Batch batch);
  void submit_cleaning();
  void take_answers();
  void answer(const Sent& sent, Admission admission);
  void finish_files();
  Status sync_moves();
  Status finish(const FileWork& file);
  Status put_away(const FileWork& file);
  Status put_to_failed(const FileWork& file);
  void read_later(const FileWork& file, const Signature& now, milliseconds rest);

  void tell();
  [[nodiscard]] std::pair<HealthState, std::string> state() const;
  [[nodiscard]] std::string progress_text() const;

  const ConnectorContext context_;
  const SourceOptions options_;
  const Origin origin_;
  const Log log_;
  Counters counters_;
  Intake* intake_ = nullptr;
  std::shared_ptr<Inbox> inbox_;  ///< shared with the receipts
  std::atomic<bool> paused_{false}, stop_{false};
  std::thread thread_;

  // Everything below is the thread's.
  Watch watch_;
  std::optional<Folder> folder_;
  Backoff folder_retry_, finish_retry_;
  std::string folder_trouble_, finish_trouble_;
  HealthState folder_state_ = HealthState::starting;
  bool list_wanted_ = true;
  bool stopping_ = false;  ///< the spool takes nothing more
  SteadyTime next_list_{};
  Candidates candidates_{limits::kListedFilesMax};
  std::map<std::string, Progress> known_;  ///< by name: files that an earlier run has begun
  std::set<std::string> told_;
  std::unique_ptr<FileWork> current_;
  std::deque<std::unique_ptr<FileWork>> ending_;  ///< read to their end, waiting for receipts or to be put away
  std::deque<Sent> sent_;
  std::size_t sent_bytes_ = 0;
  std::uint64_t next_ticket_ = 1;
  std::vector<std::string> moved_;     ///< names of files that are away, but maybe not after a power cut
  std::vector<std::string> cleaning_;  ///< names whose progress is to be forgotten
  SteadyTime told_at_{};
  bool tell_later_ = false;
  HealthState posted_state_ = HealthState::starting;
  std::string posted_;
  std::string last_failed_;
};

}  // namespace tidegate::directory
