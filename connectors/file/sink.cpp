#include "connectors/file/sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "connectors/file/file.h"
#include "connectors/file/limits.h"
#include "connectors/file/place.h"

namespace tidegate::file {

namespace {

std::string ending_of(const SinkOptions& options) {
  return std::string(lines::file_ending(options.format)) + std::string(file_ending(options.compression));
}

}  // namespace

EventWriter::EventWriter(const SinkOptions& options, std::string route)
    : fields_(std::move(route)),
      name_(fields_.add(options.name)),
      writer_(options.format, options.csv, fields_),
      ending_(ending_of(options)) {}

Status EventWriter::write(const OutEvent& event, std::string& path, std::string& line) {
  fields_.read(event);
  std::string name;
  if (Status filled = fields_.append(name_, name, limits::kPathBytesMax); !filled) return filled.error().in("name");
  auto safe = safe_path(name);
  if (!safe) return std::move(safe).error();
  path = *std::move(safe) + ending_;
  return writer_.append(event, line);
}

Result<std::unique_ptr<Sink>> FileSink::create(const ConnectorContext& context, const SinkOptions& options) {
  auto compressor = Compressor::create(options.compression);
  if (!compressor) return std::move(compressor).error();
  return std::unique_ptr<Sink>(new FileSink(context, options, *std::move(compressor)));
}

FileSink::FileSink(const ConnectorContext& context, const SinkOptions& options, Compressor compressor)
    : clock_(*context.clock),
      writer_(options, context.route),
      compressor_(std::move(compressor)),
      files_({Folder(options.folder), options.compression, options.format, writer_.lines().header(), writer_.ending(),
              Log("sink " + context.name)},
             options.rotate) {}

SinkLimits FileSink::limits() const noexcept {
  return {limits::kBatchEventsMax, limits::kBatchBytesMax, limits::kBatchesMax};
}

Status FileSink::connect(Deadline /*deadline*/, std::stop_token /*stop*/) {
  Status probed = files_.kind().folder.probe();
  if (!probed) return Error{ErrorCode::unavailable, probed.error().message};
  return probed;
}

std::vector<Settled> FileSink::wait(Deadline deadline, std::stop_token stop) {
  if (!queue_.empty() && !stop.stop_requested()) {
    Round round = take_round();
    const Status written = write(round);
    const bool taken_back = written || files_.take_back_all();
    settle(std::move(round), written, taken_back);
  }
  const std::stop_callback wake_on_stop(stop, [this] { wake(); });
  MutexLock lock(wake_mutex_);
  while (settled_.empty() && !woken_ && !stop.stop_requested() && clock_.steady() < deadline.at) {
    wake_.wait_until(lock, deadline.at);
  }
  woken_ = false;
  return std::exchange(settled_, {});
}

void FileSink::wake() noexcept {
  const MutexLock lock(wake_mutex_);
  woken_ = true;
  wake_.notify_one();
}

void FileSink::tend() {
  const Status finished = files_.finish_old(clock_.wall());
  if (!finished) files_.kind().log.warn("a file is not finished: {}", finished.error().message);
}

void FileSink::close() noexcept {
  queue_.clear();
  settled_.clear();
  files_.close_all();
}

/// Whole batches, in their order, until their lines are enough for a sync.
FileSink::Round FileSink::take_round() {
  Round round;
  std::size_t bytes = 0;
  while (!queue_.empty() && bytes < limits::kRoundBytesMax) {
    add(std::move(queue_.front()), round, bytes);
    queue_.pop_front();
  }
  return round;
}

void FileSink::add(Batch batch, Round& round, std::size_t& bytes) {
  const std::size_t number = round.batches.size();
  std::vector<Outcome>& outcomes = round.outcomes.emplace_back(batch.events.size(), Outcome{Fate::delivered, {}});
  std::string path;
  std::string line;
  for (std::size_t i = 0; i < batch.events.size(); ++i) {
    line.clear();
    if (Status written = writer_.write(*batch.events[i], path, line); !written) {
      outcomes[i] = {Fate::rejected, std::move(written).error().message};
      continue;
    }
    const auto [place, is_new] = round.chunks.try_emplace(path);
    if (is_new) round.paths.push_back(path);
    place->second.lines += line;
    place->second.events.emplace_back(number, i);
    bytes += line.size();
  }
  round.batches.push_back(std::move(batch));
}

/// Writes and syncs. What the name of a file is the reason for is the end of its events only.
Status FileSink::write(Round& round) {
  for (const std::string& path : round.paths) {
    Chunk& chunk = round.chunks[path];
    Status appended = append(path, chunk);
    if (appended) continue;
    if (appended.error().code != ErrorCode::invalid) return appended;
    for (const auto& [batch, event] : chunk.events) {
      round.outcomes[batch][event] = {Fate::rejected, appended.error().message};
    }
  }
  return files_.sync_all();
}

Status FileSink::append(const std::string& path, Chunk& chunk) {
  auto file = files_.get(path, chunk.lines.size(), clock_.wall());
  if (!file) return std::move(file).error();
  if ((*file)->bytes() == 0) chunk.lines.insert(0, files_.kind().header);
  if (compressor_.content_encoding().empty()) return (*file)->append(chunk.lines);
  if (Status done = compressor_.compress(chunk.lines, compressed_); !done) {
    return Error{ErrorCode::unavailable, done.error().message};
  }
  return (*file)->append(compressed_);
}

void FileSink::settle(Round round, const Status& written, bool taken_back) {
  for (std::size_t number = 0; number < round.batches.size(); ++number) {
    Settled settled;
    settled.id = round.batches[number].id;
    settled.outcomes = std::move(round.outcomes[number]);
    if (!written) {
      settled.cause = Cause::peer_down;
      for (Outcome& outcome : settled.outcomes) {
        if (outcome.fate != Fate::delivered) continue;
        outcome = {taken_back ? Fate::retry : Fate::unknown, written.error().message};
      }
    }
    settled_.push_back(std::move(settled));
  }
}

}  // namespace tidegate::file

namespace tidegate {

Result<std::unique_ptr<Sink>> make_file_sink(const ConnectorContext& context, const std::any& options) {
  return file::FileSink::create(context, std::any_cast<const file::SinkOptions&>(options));
}

}  // namespace tidegate
