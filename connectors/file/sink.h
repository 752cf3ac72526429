#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "connectors/compression/compressor.h"
#include "connectors/connector.h"
#include "connectors/fields/text_fields.h"
#include "connectors/file/open_files.h"
#include "connectors/file/options.h"
#include "connectors/lines/line_writer.h"
#include "gateway/base/mutex.h"

namespace tidegate::file {

/// Where an event goes: the path below the folder, and the line.
class EventWriter {
 public:
  EventWriter(const SinkOptions& options, std::string route);

  /// Puts the path into `path` and appends the line to `line`. *Errors*: invalid, a sentence for the dead letter; then
  /// nothing was appended.
  Status write(const OutEvent& event, std::string& path, std::string& line);
  [[nodiscard]] const lines::LineWriter& lines() const noexcept { return writer_; }
  [[nodiscard]] const std::string& ending() const noexcept { return ending_; }

 private:
  fields::TextFields fields_;
  const fields::Field name_;
  lines::LineWriter writer_;
  const std::string ending_;  ///< of every path: ".ndjson.gz"
};

/// Appends batches to files. wait() writes what was submitted, and syncs it once: batches that wait share a sync.
class FileSink final : public Sink {
 public:
  static Result<std::unique_ptr<Sink>> create(const ConnectorContext& context, const SinkOptions& options);

  [[nodiscard]] SinkLimits limits() const noexcept override;
  /// Makes a file in the folder, syncs and removes it.
  Status connect(Deadline deadline, std::stop_token stop) override;
  void submit(Batch batch) override { queue_.push_back(std::move(batch)); }
  /// *Blocks* on disk beyond the deadline when the disk does.
  std::vector<Settled> wait(Deadline deadline, std::stop_token stop) override;
  void wake() noexcept override EXCLUDES(wake_mutex_);
  void tend() override;
  void close() noexcept override;

 private:
  /// What a round appends to one file.
  struct Chunk {
    std::string lines;
    std::vector<std::pair<std::size_t, std::size_t>> events;  ///< batch of the round, event of the batch
  };
  /// Batches that share a sync.
  struct Round {
    std::vector<Batch> batches;
    std::vector<std::vector<Outcome>> outcomes;  ///< of each batch, one per event
    std::vector<std::string> paths;              ///< in the order in which they came
    std::unordered_map<std::string, Chunk> chunks;
  };

  FileSink(const ConnectorContext& context, const SinkOptions& options, Compressor compressor);
  Round take_round();
  void add(Batch batch, Round& round, std::size_t& bytes);
  Status write(Round& round);
  Status append(const std::string& path, Chunk& chunk);
  void settle(Round round, const Status& written, bool taken_back);

  const Clock& clock_;
  EventWriter writer_;
  Compressor compressor_;
  std::string compressed_;  ///< scratch
  OpenFiles files_;
  std::deque<Batch> queue_;
  std::vector<Settled> settled_;

  Mutex wake_mutex_;
  CondVar wake_;
  bool woken_ GUARDED_BY(wake_mutex_) = false;
};

}  // namespace tidegate::file
