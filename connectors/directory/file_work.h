#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "connectors/directory/file_reader.h"
#include "connectors/directory/folder.h"
#include "connectors/directory/progress.h"
#include "gateway/intake/intake.h"

namespace tidegate::directory {

/// What the events of a source have in common.
struct Origin {
  std::string source;  ///< the key in the config
  std::string topic;   ///< used when the options give none
};

/// One file on its way into the spool.
class FileWork {
 public:
  /// Opens the file and goes on where `known` (from an earlier run, if any) left it, when it is still the same file.
  /// *Errors*: what Folder::open_file says; io.
  static Result<std::unique_ptr<FileWork>> begin(const Folder& folder, const std::string& name,
                                                 const SourceOptions& options, const Origin& origin,
                                                 const std::optional<Progress>& known);

  /// Reads the file to its end and says whether it has a fault. *Errors*: io; stopping when `stop` was set.
  Result<bool> has_fault(const Folder& folder, const std::atomic<bool>& stop);

  struct Batch {
    Submission submission;
    std::size_t bytes = 0;  ///< of payload
    std::uint32_t rows = 0, bad = 0;
  };
  /// Reads the next rows. The submission holds how far they lead. *Errors*: io.
  Result<Batch> take();

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// True when the last row was taken, or a fault ended the reading.
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  /// True when it has to be put to the failed files.
  [[nodiscard]] bool failed() const noexcept { return progress_.bad > 0 || rejected_ || !other_fault_.empty(); }
  void fail(std::string reason) { other_fault_ = std::move(reason); }
  [[nodiscard]] const std::string& other_fault() const noexcept { return other_fault_; }
  /// The disk failed: reading goes on later.
  void interrupt(std::string reason) { interruption_ = std::move(reason); }
  [[nodiscard]] const std::string& interruption() const noexcept { return interruption_; }
  /// The first fault, as far as this run has seen it.
  [[nodiscard]] const std::optional<Fault>& first_fault() const noexcept { return first_fault_; }
  [[nodiscard]] const Progress& progress() const noexcept { return progress_; }
  [[nodiscard]] std::uint64_t stored() const noexcept { return progress_.rows - progress_.bad; }
  /// The state of the file when this run began to read it.
  [[nodiscard]] const Signature& opened() const noexcept { return opened_; }
  /// True when the bytes by which the file is recognised are still what they were when the last row was taken.
  [[nodiscard]] bool same_bytes() const;
  [[nodiscard]] bool resumed() const noexcept { return resumed_; }
  [[nodiscard]] std::uint64_t offset() const noexcept { return reader_.offset(); }
  [[nodiscard]] std::uint64_t rows() const noexcept { return reader_.rows(); }

  std::size_t in_flight = 0;  ///< submissions that have no receipt yet

 private:
  FileWork(std::string name, Descriptor file, const SourceOptions& options)
      : name_(std::move(name)), options_(options), reader_(std::move(file), options) {}
  Status go_on(FileReader& reader, const Progress& at, bool& there) const;
  void add(const Row& row, Batch& batch);
  void take_fault(Batch& batch);
  void mark(Batch& batch);

  std::string name_;
  const SourceOptions& options_;
  FileReader reader_;
  Progress progress_;
  Signature opened_;
  std::string fixed_topic_;  ///< empty: it differs from row to row
  std::uint64_t rows_known_ =
      0;  ///< rows at the start that an earlier run has handed over, when they must be read again
  bool resumed_ = false, ended_ = false, rejected_ = false;
  std::string other_fault_, interruption_;
  std::optional<Fault> first_fault_;
};

}  // namespace tidegate::directory
