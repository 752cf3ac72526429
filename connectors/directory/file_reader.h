#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "connectors/directory/descriptor.h"
#include "connectors/directory/rows.h"
#include "gateway/base/result.h"

namespace tidegate::directory {

/// Reads one file row by row in constant memory: one row, and one read more. *Blocks* on disk.
class FileReader {
 public:
  FileReader(Descriptor file, const SourceOptions& options);

  enum class Got : std::uint8_t { row, fault, end };
  /// The next row or fault. After `end` it may be called again: the file may have grown. *Errors*: io.
  Result<Got> next();
  [[nodiscard]] const Row& row() const noexcept { return row_; }
  [[nodiscard]] const Fault& fault() const noexcept { return fault_; }
  /// The bytes of the bad row, line end included, as far as they fit into memory.
  [[nodiscard]] std::string_view bad_bytes() const noexcept { return bad_; }

  /// Passes over what comes before the first row: needed before reading can go on at a stored position.
  /// False: it has a fault, or the file ended. *Errors*: io.
  Result<bool> read_header();
  /// Goes on at a stored position, after read_header().
  void go_on_at(std::uint64_t offset, std::uint64_t rows, std::uint64_t lines);

  /// Behind the last thing taken.
  [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }
  [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }  ///< so far, bad ones included
  [[nodiscard]] std::uint64_t lines() const noexcept { return lines_; }
  [[nodiscard]] int descriptor() const noexcept { return file_.get(); }
  [[nodiscard]] const RowFormat& format() const noexcept { return *format_; }

 private:
  [[nodiscard]] std::string_view waiting() const { return std::string_view(buffer_).substr(begin_); }
  Status fill();
  Result<bool> step(Got& got);
  void consume(std::size_t bytes, std::uint32_t lines);
  bool take_start();
  void too_long();
  Got report(Fault fault);

  Descriptor file_;
  const SourceOptions& options_;
  std::unique_ptr<RowFormat> format_;
  std::size_t row_max_;
  std::string buffer_;
  std::size_t begin_ = 0;      ///< of what is not taken yet
  std::uint64_t read_to_ = 0;  ///< of the file
  bool at_end_ = false;        ///< the last read found the end
  bool started_ = false;       ///< the byte order mark is behind
  bool skipping_ = false;      ///< inside a row that is too long
  std::uint64_t offset_ = 0, rows_ = 0, lines_ = 0;
  std::uint64_t column_ = 0;  ///< characters between the last line end and offset_
  Row row_;
  Fault fault_;
  std::string_view bad_;
};

}  // namespace tidegate::directory
