#include "connectors/directory/file_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "connectors/directory/limits.h"

namespace tidegate::directory {

namespace {

constexpr std::string_view kMark = "\xef\xbb\xbf";

}  // namespace

FileReader::FileReader(Descriptor file, const SourceOptions& options)
    : file_(std::move(file)),
      options_(options),
      format_(make_row_format(options)),
      row_max_(options.format == Format::whole_file ? limits::kRowBytesMax
                                                    : static_cast<std::size_t>(options.max_row)) {}

/// Reads on. A row that does not fit yet doubles what is read, so that it is not looked at too often.
Status FileReader::fill() {
  buffer_.erase(0, begin_);
  begin_ = 0;
  const std::size_t have = buffer_.size();
  const std::size_t want = std::max(limits::kReadBytes, have);
  buffer_.resize(have + want);
  ssize_t n = -1;
  do {
    n = pread(file_.get(), buffer_.data() + have, want, static_cast<off_t>(read_to_));
  } while (n < 0 && errno == EINTR);
  const int failed = errno;
  buffer_.resize(have + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  if (n < 0) return Error{ErrorCode::io, fmt::format("can't be read: {}", std::strerror(failed))};
  read_to_ += static_cast<std::uint64_t>(n);
  at_end_ = n == 0;
  return {};
}

void FileReader::consume(std::size_t bytes, std::uint32_t lines) {
  const std::string_view taken = waiting().substr(0, bytes);
  if (taken.ends_with('\n')) {
    column_ = 0;
  } else {
    const std::size_t feed = taken.rfind('\n');
    const std::size_t from = feed == std::string_view::npos ? 0 : feed + 1;
    if (feed != std::string_view::npos) column_ = 0;
    column_ += column_at(taken.substr(from), taken.size() - from, options_.encoding) - 1;
  }
  begin_ += bytes;
  offset_ += bytes;
  lines_ += lines;
}

FileReader::Got FileReader::report(Fault fault) {
  fault_ = std::move(fault);
  if (fault_.line == 0) fault_.column += column_;
  fault_.line += lines_ + 1;
  return Got::fault;
}

/// Looks for a byte order mark. False: more bytes are needed.
bool FileReader::take_start() {
  if (started_) return true;
  const std::string_view bytes = waiting();
  if (bytes.size() < kMark.size() && !at_end_) return false;
  started_ = true;
  if (options_.format == Format::whole_file) return true;
  if (options_.encoding == Encoding::utf8 && bytes.starts_with(kMark)) {
    begin_ += kMark.size();
    offset_ += kMark.size();
  }
  return true;
}

Result<FileReader::Got> FileReader::next() {
  at_end_ = false;
  Got got = Got::end;
  for (;;) {
    const auto done = step(got);
    if (!done) return done.error();
    if (*done) return got;
    if (at_end_) return Got::end;
    if (auto filled = fill(); !filled) return filled.error();
  }
}

/// Takes what the buffer holds. True: `got` says what; false: more bytes are needed, or (at the end) there are none.
Result<bool> FileReader::step(Got& got) {
  if (!take_start()) return false;
  for (;;) {
    if (skipping_) {
      const LineEnd line = first_line(waiting(), at_end_);
      consume(line.size, line.feeds);
      if (!line.whole) return false;
      skipping_ = false;
    }
    // Only a read tells whether the file ends here.
    Taken taken = format_->next(waiting(), at_end_, row_);
    switch (taken.what) {
      case Taken::What::nothing: consume(taken.bytes, taken.lines); continue;
      case Taken::What::end: got = Got::end; return true;
      case Taken::What::more:
        if (waiting().size() <= row_max_ || at_end_) return false;
        too_long();
        got = Got::fault;
        return true;
      case Taken::What::row:
        if (row_.raw.size() > row_max_ || row_.data.size() > limits::kRowBytesMax) {
          taken.what = Taken::What::fault;
          report({0, 1, fmt::format("more than {} bytes in one row (max_row)", row_max_), false});
          bad_ = waiting().substr(0, taken.bytes);
          got = Got::fault;
        } else {
          got = Got::row;
        }
        break;
      case Taken::What::fault:
        got = report(std::move(taken.fault));
        bad_ = waiting().substr(0, taken.bytes);
        break;
    }
    consume(taken.bytes, taken.lines);
    if (taken.bytes > 0) ++rows_;
    return true;
  }
}

/// The row at the front does not end within the limit: it is passed over up to the end of its line.
void FileReader::too_long() {
  const std::string_view bytes = waiting();
  const LineEnd line = first_line(bytes, false);
  report({0, 1,
          options_.format == Format::whole_file
              ? fmt::format("more than {} bytes, the most that one event may have", row_max_)
              : fmt::format("more than {} bytes in one row (max_row); is a quote or bracket never closed?", row_max_),
          options_.format == Format::whole_file || options_.format == Format::json || !format_->past_header()});
  bad_ = bytes.substr(0, line.size);
  consume(line.size, line.feeds);
  ++rows_;
  skipping_ = !line.whole;
}

Result<bool> FileReader::read_header() {
  while (!format_->past_header()) {
    at_end_ = false;
    // As step(), but a row would be one too many: it stays where it is.
    if (take_start()) {
      Taken taken = format_->next(waiting(), false, row_);
      if (taken.what == Taken::What::fault) {
        report(std::move(taken.fault));
        return false;
      }
      if (taken.what == Taken::What::nothing) {
        consume(taken.bytes, taken.lines);
        continue;
      }
      if (waiting().size() > row_max_) {
        too_long();
        return false;
      }
    }
    if (auto filled = fill(); !filled) return filled.error();
    if (at_end_) return false;
  }
  return true;
}

void FileReader::go_on_at(std::uint64_t offset, std::uint64_t rows, std::uint64_t lines) {
  buffer_.clear();
  begin_ = 0;
  started_ = true;
  read_to_ = offset_ = offset;
  rows_ = rows;
  lines_ = lines;
  column_ = 0;
}

}  // namespace tidegate::directory
