#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/directory/options.h"

/// How rows are found in the bytes of a file and become events.
namespace tidegate::directory {

/// What is wrong with a file, and where: lines and columns from 1, columns in characters. Names columns and rules,
/// never the file's content: it goes to logs.
struct Fault {
  std::uint64_t line = 1;
  std::uint64_t column = 1;
  std::string what;    ///< with the remedy where there is one
  bool fatal = false;  ///< nothing behind it can be read
};

/// A row as a format found it. Its memory is used again for the next one.
struct Row {
  std::string_view raw;                   ///< its bytes in the file, without the line end; valid until the next call
  std::string data;                       ///< the event's
  std::vector<std::string> topic_values;  ///< of the columns that the topic names
};

/// What was taken from the front of the bytes.
struct Taken {
  enum class What : std::uint8_t {
    row,
    nothing,  ///< blank lines, comments, the header: go on behind it
    fault,    ///< a bad row; `bytes` lead behind it
    more,     ///< nothing was taken: more bytes must follow first
    end,      ///< the file ends well here
  };
  What what = What::more;
  std::size_t bytes = 0;
  std::uint32_t lines = 0;  ///< line ends among them
  Fault fault = {};         ///< its line counted from 0 at the front of the bytes
};

/// One file's rows, in order. Keeps no bytes: what is not complete comes again with more behind it.
class RowFormat {
 public:
  virtual ~RowFormat() = default;
  /// Takes what is at the front of `bytes`. `last`: the file ends with them.
  virtual Taken next(std::string_view bytes, bool last, Row& row) = 0;
  /// True once rows may begin anywhere behind this place: reading can go on from a stored position.
  [[nodiscard]] virtual bool past_header() const { return true; }
  /// False: the whole file is one text whose parts can't be read without those in front of them.
  [[nodiscard]] virtual bool resumable() const { return true; }
  /// The header as it stands in the file, line end included; empty when there is none.
  [[nodiscard]] virtual std::string_view header() const { return {}; }
};

/// The rows of a file in the format that the options say. `options` outlives it.
std::unique_ptr<RowFormat> make_row_format(const SourceOptions& options);

/// Helpers for formats.
/// Where the first line of `bytes` ends: the position behind its line feed. `whole`: it has one, or the file ends.
struct LineEnd {
  bool whole = false;
  std::size_t size = 0;   ///< with its line end
  std::string_view text;  ///< without
  std::uint32_t feeds = 0;
};
LineEnd first_line(std::string_view bytes, bool last);
/// True when any byte is above 0x7f.
bool has_high_bytes(std::string_view bytes) noexcept;
/// Characters in front of `size` bytes of `text`, from 1: what a person calls the column.
std::uint64_t column_at(std::string_view text, std::size_t size, Encoding encoding) noexcept;
/// Position of the first byte that is not UTF-8; npos when all are.
std::size_t first_invalid_utf8(std::string_view text) noexcept;

}  // namespace tidegate::directory
