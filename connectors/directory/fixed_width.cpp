#include "connectors/directory/fixed_width.h"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/directory/value.h"
#include "gateway/event/json_text.h"

namespace tidegate::directory {

FixedWidthRows::FixedWidthRows(const FixedWidthOptions& options, Encoding encoding,
                               const std::vector<std::string>& topic_columns)
    : options_(options),
      encoding_(encoding),
      comment_(options.comment.empty() ? '\0' : options.comment[0]),
      skip_left_(options.skip_lines) {
  for (const FixedColumn& column : options.columns) {
    std::string key = keys_.empty() ? "{" : ",";
    append_json_string(column.name, key);
    keys_.push_back(key + ":");
  }
  for (const std::string& name : topic_columns) {
    const auto found = std::find_if(options.columns.begin(), options.columns.end(),
                                    [&](const FixedColumn& column) { return column.name == name; });
    topic_fields_.push_back(static_cast<std::size_t>(found - options.columns.begin()));
  }
}

std::size_t FixedWidthRows::place_of(std::string_view line, std::size_t character) const {
  if (starts_.empty()) return std::min(character, line.size());
  return character < starts_.size() ? starts_[character] : line.size();
}

std::string_view FixedWidthRows::field(std::string_view line, std::size_t column) const {
  const FixedColumn& place = options_.columns[column];
  const std::size_t from = place_of(line, place.start - 1);
  const std::size_t to = place_of(line, static_cast<std::size_t>(place.start) - 1 + place.width);
  const std::string_view text = line.substr(from, to - from);
  return options_.trim ? trimmed(text) : text;
}

Taken FixedWidthRows::next(std::string_view bytes, bool last, Row& row) {
  if (bytes.empty()) return {.what = last ? Taken::What::end : Taken::What::more};
  const LineEnd line = first_line(bytes, last);
  if (!line.whole) return {};
  Taken taken{.what = Taken::What::nothing, .bytes = line.size, .lines = line.feeds};
  if (skip_left_ > 0) {
    --skip_left_;
    return taken;
  }
  if (trimmed(line.text).empty() || (comment_ != '\0' && line.text.front() == comment_)) return taken;
  const auto fail = [&](std::size_t at, std::string what) {
    taken.what = Taken::What::fault;
    taken.fault = {0, column_at(line.text, at, encoding_), std::move(what)};
    return taken;
  };

  row.raw = line.text;
  row.data.clear();
  starts_.clear();
  if (encoding_ == Encoding::utf8 && has_high_bytes(line.text)) {
    if (!is_utf8(line.text))
      return fail(first_invalid_utf8(line.text), "not UTF-8; if the file is Latin-1, set encoding: latin-1");
    for (std::size_t i = 0; i < line.text.size(); ++i)
      if ((static_cast<unsigned char>(line.text[i]) & 0xc0u) != 0x80u) starts_.push_back(i);
  }
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const FixedColumn& column = options_.columns[i];
    row.data += keys_[i];
    const ValueType type = column.type == ValueType::infer ? options_.types : column.type;
    if (const char* wrong = append_value(row.data, field(line.text, i), type, false, encoding_))
      return fail(place_of(line.text, column.start - 1), fmt::format("the value of \"{}\" {}", column.name, wrong));
  }
  row.data += '}';
  row.topic_values.resize(topic_fields_.size());
  for (std::size_t i = 0; i < topic_fields_.size(); ++i) {
    row.topic_values[i].clear();
    append_utf8(row.topic_values[i], field(line.text, topic_fields_[i]), encoding_);
  }
  taken.what = Taken::What::row;
  return taken;
}

}  // namespace tidegate::directory
