#include "connectors/lines/line_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "gateway/base/limits.h"
#include "gateway/event/cloud_events.h"

namespace tidegate::lines {

namespace {

constexpr std::string_view kRowEnd = "\r\n";

/// JSON may break lines only between its tokens, where a space means the same.
void keep_on_one_line(std::string& out, std::size_t from) {
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(from), out.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
}

}  // namespace

LineWriter::LineWriter(Format format, const CsvOptions& csv, fields::TextFields& fields)
    : format_(format), delimiter_(csv.delimiter.front()), fields_(fields) {
  if (format != Format::csv) return;
  for (const auto& [name, text] : csv.columns.entries) {
    if (csv.header) {
      if (!columns_.empty()) header_ += delimiter_;
      append_value(name, header_);
    }
    columns_.push_back({name, fields.add(text)});
  }
  if (csv.header) header_ += kRowEnd;
}

Status LineWriter::append(const OutEvent& event, std::string& out) {
  if (format_ == Format::csv) return append_row(out);
  const std::size_t start = out.size();
  if (format_ == Format::cloudevents) {
    append_cloud_event(event.event, out);
  } else {
    append_payload_as_json(event.event, out);
  }
  keep_on_one_line(out, start);
  out += '\n';
  return {};
}

Status LineWriter::append_row(std::string& out) {
  const std::size_t start = out.size();
  for (const Column& column : columns_) {
    if (&column != columns_.data()) out += delimiter_;
    value_.clear();
    Status filled = fields_.append(column.value, value_, limits::kEventDataBytesMax);
    if (filled && value_.find('\0') != std::string::npos) {
      filled = Error{ErrorCode::invalid, "the value holds a NUL, at which many programs end"};
    }
    if (!filled) {
      out.resize(start);
      return filled.error().in(fmt::format("column {}", column.name));
    }
    append_value(value_, out);
  }
  out += kRowEnd;
  return {};
}

void LineWriter::append_value(std::string_view value, std::string& out) const {
  const bool plain =
      value.find_first_of("\"\r\n") == std::string_view::npos && value.find(delimiter_) == std::string_view::npos;
  if (plain) {
    out += value;
    return;
  }
  out += '"';
  for (const char c : value) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

std::string_view LineWriter::content_type() const noexcept {
  return format_ == Format::csv ? "text/csv; charset=utf-8" : "application/x-ndjson";
}

}  // namespace tidegate::lines
