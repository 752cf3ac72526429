#include "connectors/directory/file_work.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "connectors/directory/limits.h"

namespace tidegate::directory {

namespace {

constexpr std::string_view kRowType = "application/json";
/// What an event takes besides its payload, about.
constexpr std::size_t kEventOverhead = 128;

/// The first bytes of a file, for its key.
Result<std::string> start_of(int fd) {
  std::string start(limits::kFingerprintBytes, '\0');
  const ssize_t n = pread(fd, start.data(), start.size(), 0);
  if (n < 0) return Error{ErrorCode::io, fmt::format("can't be read: {}", std::strerror(errno))};
  start.resize(static_cast<std::size_t>(n));
  return start;
}

/// True when the open file is the one of which `known` was read: then its rows up to there are stored.
Result<bool> same_file(int fd, const Signature& now, const Progress& known) {
  if (now.size < known.offset) return false;
  const bool untouched = now.modified_ns == known.seen.modified_ns && now.size == known.seen.size;
  // Changed meanwhile: it may only have grown. Neither device nor inode numbers are asked of an untouched file, because
  // network file systems give new ones at every mount.
  if (!untouched && (now.inode != known.seen.inode || now.size <= known.offset)) return false;
  const auto prints = fingerprints(fd, known.offset);
  if (!prints) {
    if (prints.error().code == ErrorCode::not_found) return false;
    return prints.error();
  }
  return prints->head == known.head && prints->tail == known.tail;
}

}  // namespace

Result<std::unique_ptr<FileWork>> FileWork::begin(const Folder& folder, const std::string& name,
                                                  const SourceOptions& options, const Origin& origin,
                                                  const std::optional<Progress>& known) {
  auto file = folder.open_file(name);
  if (!file) return file.error();
  const auto signature = signature_of(file->get());
  if (!signature) return signature.error();
  posix_fadvise(file->get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  std::unique_ptr<FileWork> work(new FileWork(name, *std::move(file), options));
  work->opened_ = *signature;
  if (options.topic.empty()) {
    work->fixed_topic_ = origin.topic;
  } else if (options.topic.columns().empty()) {
    work->fixed_topic_ = options.topic.topic(name, {});
  }

  if (known) {
    const auto same = same_file(work->reader_.descriptor(), *signature, *known);
    if (!same) return same.error();
    bool there = false;
    if (*same) {
      if (auto gone_on = work->go_on(work->reader_, *known, there); !gone_on) return gone_on.error();
    }
    if (there) {
      work->progress_ = *known;
      work->resumed_ = true;
      if (!work->reader_.format().resumable()) work->rows_known_ = known->rows;
    }
  }
  if (!work->resumed_) {
    const auto start = start_of(work->reader_.descriptor());
    if (!start) return start.error();
    work->progress_.key = make_key(origin.source, name, *signature, *start);
  }
  work->progress_.seen = *signature;
  return work;
}

/// Brings a reader to a stored position. `there` false: it has no header to begin with.
Status FileWork::go_on(FileReader& reader, const Progress& at, bool& there) const {
  there = true;
  if (!reader.format().resumable() || at.offset == 0) return {};
  const auto header = reader.read_header();
  if (!header) return header.error();
  there = *header && reader.offset() <= at.offset;
  if (there) reader.go_on_at(at.offset, at.rows, at.lines);
  return {};
}

Result<bool> FileWork::has_fault(const Folder& folder, const std::atomic<bool>& stop) {
  auto file = folder.open_file(name_);
  if (!file) return file.error();
  FileReader reader(*std::move(file), options_);
  bool there = true;
  if (resumed_) {
    if (auto gone_on = go_on(reader, progress_, there); !gone_on) return gone_on.error();
  }
  for (;;) {
    if (stop) return Error{ErrorCode::stopping, "the source is being stopped"};
    const auto got = reader.next();
    if (!got) return got.error();
    if (*got == FileReader::Got::end) return false;
    if (*got == FileReader::Got::row) continue;
    first_fault_ = reader.fault();
    rejected_ = ended_ = true;
    return true;
  }
}

Result<FileWork::Batch> FileWork::take() {
  Batch batch;
  batch.submission.events.reserve(limits::kSubmissionRowsMax);
  while (batch.rows < limits::kSubmissionRowsMax && batch.bytes < limits::kSubmissionBytesMax && !ended_) {
    const auto got = reader_.next();
    if (!got) return got.error();
    if (*got == FileReader::Got::end) {
      ended_ = true;
    } else if (reader_.rows() <= rows_known_) {
      continue;  // handed over by an earlier run
    } else if (*got == FileReader::Got::row) {
      add(reader_.row(), batch);
    } else {
      take_fault(batch);
    }
  }
  if (batch.rows > 0 || batch.bad > 0) mark(batch);
  return batch;
}

void FileWork::add(const Row& row, Batch& batch) {
  const std::uint64_t number = reader_.rows();
  Event& event = batch.submission.events.emplace_back();
  event.id = row_id(progress_.key, number, row.raw);
  event.subject = fixed_topic_.empty() ? options_.topic.topic(name_, row.topic_values) : fixed_topic_;
  event.data = row.data;
  event.attributes.reserve(2);
  event.attributes.emplace_back("file", shown(name_));
  if (options_.format == Format::whole_file) {
    event.datacontenttype = options_.content_type;
  } else {
    event.datacontenttype = kRowType;
    event.attributes.emplace_back("row", fmt::format_int(number).str());
  }
  ++batch.rows;
  batch.bytes += event.data.size() + event.subject.size() + kEventOverhead;
}

void FileWork::take_fault(Batch& batch) {
  const Fault& fault = reader_.fault();
  if (!first_fault_) first_fault_ = fault;
  if (options_.on_error == OnError::reject_file) {
    // Checked before: it must have changed since, or grown.
    rejected_ = ended_ = true;
    return;
  }
  ++batch.bad;
  ++progress_.bad;
  if (fault.fatal) ended_ = true;
}

/// Notes in the batch how far it leads.
void FileWork::mark(Batch& batch) {
  progress_.offset = reader_.offset();
  progress_.rows = reader_.rows();
  progress_.lines = reader_.lines();
  // A file that has become shorter meanwhile gets no fingerprints, and is not recognised later.
  const auto prints = fingerprints(reader_.descriptor(), progress_.offset);
  progress_.head = prints ? prints->head : 0;
  progress_.tail = prints ? prints->tail : 0;
  batch.submission.state.push_back({name_, encode(progress_), false});
}

bool FileWork::same_bytes() const {
  const auto prints = fingerprints(reader_.descriptor(), progress_.offset);
  return prints && prints->head == progress_.head && prints->tail == progress_.tail;
}

}  // namespace tidegate::directory
