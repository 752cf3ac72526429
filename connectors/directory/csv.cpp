#include "connectors/directory/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "connectors/directory/limits.h"
#include "connectors/directory/value.h"
#include "gateway/event/json_text.h"

namespace tidegate::directory {

CsvRows::CsvRows(const CsvOptions& options, Encoding encoding, const std::vector<std::string>& topic_columns)
    : options_(options),
      encoding_(encoding),
      topic_columns_(topic_columns),
      delimiter_(options.delimiter[0]),
      quote_(options.quote.empty() ? '\0' : options.quote[0]),
      comment_(options.comment.empty() ? '\0' : options.comment[0]),
      skip_left_(options.skip_lines) {
  stops_['\n'] = stops_['\r'] = true;
  stops_[static_cast<unsigned char>(delimiter_)] = true;
  if (quote_ != '\0') stops_[static_cast<unsigned char>(quote_)] = true;
  if (options.header) return;
  std::vector<std::string> names;
  for (const CsvColumn& column : options.columns) names.push_back(column.name);
  static_cast<void>(set_columns(names, {}));  // the option table has checked the names
  ready_ = true;
}

Taken CsvRows::next(std::string_view bytes, bool last, Row& row) {
  if (bytes.empty()) return {.what = last ? Taken::What::end : Taken::What::more};
  if (skip_left_ > 0 || (comment_ != '\0' && bytes.front() == comment_)) {
    const LineEnd line = first_line(bytes, last);
    if (!line.whole) return {};
    if (skip_left_ > 0) --skip_left_;
    return {.what = Taken::What::nothing, .bytes = line.size, .lines = line.feeds};
  }
  Taken taken = split(bytes, last);
  // Without a header nothing can be read: the next row must not pass for one.
  if (taken.what == Taken::What::fault && !ready_) taken.fault.fatal = true;
  if (taken.what != Taken::What::row) return taken;
  if (row_.empty()) {
    taken.what = Taken::What::nothing;
    return taken;
  }
  return ready_ ? write(bytes, std::move(taken), row) : take_header(bytes, std::move(taken));
}

/// Finds the fields of the first row and where it ends.
Taken CsvRows::split(std::string_view bytes, bool last) {
  fields_.clear();
  Taken taken{.what = Taken::What::row};
  std::size_t at = 0;
  for (;;) {
    if (fields_.size() == limits::kColumnsMax)
      return bad_row(bytes, last, at, fmt::format("more than {} fields in one row", limits::kColumnsMax));
    if (quote_ != '\0' && at < bytes.size() && bytes[at] == quote_) {
      if (!split_quoted(bytes, last, at, taken)) return taken;
    } else {
      const std::size_t from = at;
      for (;;) {
        while (at < bytes.size() && !stops_[static_cast<unsigned char>(bytes[at])]) ++at;
        // A carriage return is content unless it belongs to a line end.
        if (at + 1 < bytes.size() && bytes[at] == '\r' && bytes[at + 1] != '\n') {
          ++at;
          continue;
        }
        break;
      }
      fields_.push_back({from, at - from, false, false});
    }
    if (at == bytes.size()) {
      if (!last) return {};
      row_ = bytes;
      taken.bytes = at;
      return taken;
    }
    if (bytes[at] == delimiter_) {
      ++at;
      continue;
    }
    if (bytes[at] == '\r' && at + 1 == bytes.size() && !last) return {};
    if (bytes[at] == quote_ && quote_ != '\0')
      return bad_row(bytes, last, at,
                     "a quote inside a field that does not begin with one; double it and put the field in quotes, or "
                     "set csv.quote to \"\" if quotes are ordinary characters");
    row_ = bytes.substr(0, at);
    taken.bytes = at + (bytes[at] == '\r' && at + 1 < bytes.size() ? 2 : 1);
    ++taken.lines;
    return taken;
  }
}

/// A field in quotes from `at` on. False: `taken` says why there is none yet.
bool CsvRows::split_quoted(std::string_view bytes, bool last, std::size_t& at, Taken& taken) {
  const std::size_t open = at;
  Field field{at + 1, 0, true, false};
  std::size_t from = at + 1;
  for (;;) {
    const std::size_t quote = bytes.find(quote_, from);
    if (quote == std::string_view::npos) {
      taken = Taken{};
      if (!last) return false;
      const LineEnd line = first_line(bytes, last);
      taken = {Taken::What::fault, line.size, line.feeds,
               fault_at(bytes, open, "a quote that is never closed; is one missing, or not doubled inside the field?")};
      return false;
    }
    if (quote + 1 == bytes.size() && !last) {
      taken = Taken{};
      return false;
    }
    if (quote + 1 < bytes.size() && bytes[quote + 1] == quote_) {
      field.doubled = true;
      from = quote + 2;
      continue;
    }
    field.size = quote - field.at;
    at = quote + 1;
    break;
  }
  const std::string_view text = bytes.substr(field.at, field.size);
  taken.lines += static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n'));
  const bool feed_follows = at + 1 < bytes.size() ? bytes[at + 1] == '\n' : true;  // or it is not known yet
  const bool ended =
      at == bytes.size() || bytes[at] == delimiter_ || bytes[at] == '\n' || (bytes[at] == '\r' && feed_follows);
  if (!ended) {
    taken = bad_row(bytes, last, at, "something between a closing quote and the next delimiter");
    return false;
  }
  fields_.push_back(field);
  return true;
}

Taken CsvRows::bad_row(std::string_view bytes, bool last, std::size_t at, std::string what) const {
  const LineEnd rest = first_line(bytes.substr(at), last);
  if (!rest.whole) return {};
  const std::string_view before = bytes.substr(0, at);
  return {Taken::What::fault, at + rest.size,
          static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n')) + rest.feeds,
          fault_at(bytes, at, std::move(what))};
}

Fault CsvRows::fault_at(std::string_view bytes, std::size_t at, std::string what, bool fatal) const {
  const std::string_view before = bytes.substr(0, at);
  const std::size_t feed = before.rfind('\n');
  const std::size_t line_start = feed == std::string_view::npos ? 0 : feed + 1;
  return {static_cast<std::uint64_t>(std::count(before.begin(), before.end(), '\n')),
          column_at(bytes.substr(line_start), at - line_start, encoding_), std::move(what), fatal};
}

std::string_view CsvRows::text_of(std::string_view bytes, const Field& field) {
  std::string_view text = bytes.substr(field.at, field.size);
  if (!field.quoted) return options_.trim ? trimmed(text) : text;
  if (!field.doubled) return text;
  unquoted_.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    unquoted_ += text[i];
    if (text[i] == quote_) ++i;
  }
  return unquoted_;
}

Taken CsvRows::take_header(std::string_view bytes, Taken taken) {
  const auto fail = [&](Fault fault) {
    fault.fatal = true;
    taken.what = Taken::What::fault;
    taken.fault = std::move(fault);
    return taken;
  };
  if (encoding_ == Encoding::utf8 && !is_utf8(row_))
    return fail(fault_at(bytes, first_invalid_utf8(row_), "not UTF-8; if the file is Latin-1, set encoding: latin-1"));
  std::vector<std::string> names;
  std::vector<std::size_t> places;
  for (const Field& field : fields_) {
    std::string name;
    append_utf8(name, trimmed(text_of(bytes, field)), encoding_);
    if (name.empty())
      return fail(fault_at(bytes, field.at, fmt::format("field {} of the header has no name", names.size() + 1)));
    names.push_back(std::move(name));
    places.push_back(field.at);
  }
  if (auto fault = set_columns(names, places)) {
    // The place came in bytes of the row.
    return fail(fault_at(bytes, fault->column, std::move(fault->what)));
  }
  header_.assign(bytes.substr(0, taken.bytes));
  ready_ = true;
  taken.what = Taken::What::nothing;
  return taken;
}

std::optional<Fault> CsvRows::set_columns(const std::vector<std::string>& names,
                                          const std::vector<std::size_t>& places) {
  std::map<std::string_view, std::size_t> index;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!index.emplace(names[i], i).second)
      return Fault{1, places[i], fmt::format("the header has the name of field {} twice", i + 1)};
    std::string key = columns_.empty() ? "{" : ",";
    append_json_string(names[i], key);
    columns_.push_back({key + ":", names[i], options_.types});
  }
  for (const CsvColumn& column : options_.columns) {
    const auto found = index.find(column.name);
    if (found == index.end())
      return Fault{1, 0, fmt::format("the header lacks the column \"{}\" of csv.columns", column.name)};
    if (column.type != ValueType::infer) columns_[found->second].type = column.type;
  }
  for (const std::string& column : topic_columns_) {
    const auto found = index.find(column);
    if (found == index.end())
      return Fault{1, 0, fmt::format("the header lacks the column \"{}\" that the topic names", column)};
    topic_fields_.push_back(found->second);
  }
  return std::nullopt;
}

/// Makes the event's data of the fields.
Taken CsvRows::write(std::string_view bytes, Taken taken, Row& row) {
  const auto fail = [&](Fault fault) {
    taken.what = Taken::What::fault;
    taken.fault = std::move(fault);
    return std::move(taken);
  };
  row.raw = row_;
  row.data.clear();
  if (encoding_ == Encoding::utf8 && has_high_bytes(row_) && !is_utf8(row_))
    return fail(fault_at(bytes, first_invalid_utf8(row_), "not UTF-8; if the file is Latin-1, set encoding: latin-1"));
  if (fields_.size() != columns_.size()) {
    const bool many = fields_.size() > columns_.size();
    return fail(fault_at(bytes, many ? fields_[columns_.size()].at : row_.size(),
                         fmt::format("{} fields where there are {} columns", fields_.size(), columns_.size())));
  }
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const Column& column = columns_[i];
    const Field& field = fields_[i];
    row.data += column.key;
    if (const char* wrong = append_value(row.data, text_of(bytes, field), column.type, field.quoted, encoding_))
      return fail(fault_at(bytes, field.at, fmt::format("the value of \"{}\" {}", column.name, wrong)));
  }
  row.data += '}';
  row.topic_values.resize(topic_fields_.size());
  for (std::size_t i = 0; i < topic_fields_.size(); ++i) {
    row.topic_values[i].clear();
    append_utf8(row.topic_values[i], text_of(bytes, fields_[topic_fields_[i]]), encoding_);
  }
  return taken;
}

}  // namespace tidegate::directory
