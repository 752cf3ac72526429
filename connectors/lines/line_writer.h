#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "connectors/connector.h"
#include "connectors/fields/text_fields.h"
#include "connectors/lines/options.h"
#include "gateway/base/result.h"

namespace tidegate::lines {

/// Writes events as lines. No line holds a NUL, and only values in quotes hold a line break.
class LineWriter {
 public:
  /// Adds the columns to `fields`, which outlives it.
  LineWriter(Format format, const CsvOptions& csv, fields::TextFields& fields);

  /// The first line of a file with its end; empty: there is none.
  [[nodiscard]] const std::string& header() const noexcept { return header_; }
  /// Appends the line of the event that `fields` has read. *Errors*: invalid, a sentence for the dead letter; `out` is
  /// as it was then. *Source*: RFC 4180, section 2 (lines end with CRLF); NDJSON lines end with LF.
  Status append(const OutEvent& event, std::string& out);

  [[nodiscard]] std::string_view content_type() const noexcept;

 private:
  struct Column {
    std::string name;
    fields::Field value;
  };
  Status append_row(std::string& out);
  void append_value(std::string_view value, std::string& out) const;

  const Format format_;
  const char delimiter_;
  const fields::TextFields& fields_;
  std::vector<Column> columns_;
  std::string header_;
  std::string value_;  ///< scratch
};

}  // namespace tidegate::lines
