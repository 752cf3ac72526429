#include "csv_fuzz.h"

#include <memory>
#include <string>
#include <vector>

#include "connectors/directory/options.h"
#include "connectors/directory/rows.h"
#include "gateway/event/json_text.h"
#include "tests/fuzz/require.h"

namespace tidegate::directory {

namespace {

using test::require;

SourceOptions options_of(unsigned char format, unsigned char choices) {
  SourceOptions o;
  static constexpr Format kFormats[] = {Format::csv, Format::ndjson, Format::json, Format::fixed_width,
                                        Format::whole_file};
  o.format = kFormats[format % 5];
  o.encoding = (choices & 1u) != 0 ? Encoding::latin1 : Encoding::utf8;
  static constexpr ValueType kTypes[] = {ValueType::infer, ValueType::text, ValueType::number, ValueType::boolean};
  o.csv.types = o.fixed_width.types = kTypes[choices >> 1 & 3u];
  if ((choices & 8u) != 0) o.csv.quote.clear();
  if ((choices & 16u) != 0) o.csv.delimiter = ";";
  if ((choices & 32u) != 0) {
    o.csv.header = false;
    o.csv.columns = {{"a", ValueType::infer}, {"b", ValueType::integer}};
  }
  o.csv.trim = o.fixed_width.trim = (choices & 64u) != 0;
  if ((choices & 128u) != 0) {
    o.csv.comment = o.fixed_width.comment = "#";
    o.csv.skip_lines = o.fixed_width.skip_lines = 1;
  }
  o.fixed_width.columns = {
      {"a", 1, 3, ValueType::infer}, {"b", 3, 4, ValueType::number}, {"c", 9, 200, ValueType::infer}};
  return o;
}

/// What was found: data of rows, "!" and the place for faults.
struct Found {
  std::vector<std::string> items;
  std::vector<std::size_t> ends;  ///< behind each item
};

void check_row(const SourceOptions& options, const Row& row) {
  if (options.format != Format::whole_file) require(is_embeddable_json(row.data));
}

/// Reads all, showing the format at most `piece` bytes more at a time.
Found read_in_pieces(std::string_view bytes, const SourceOptions& options, std::size_t piece) {
  const auto format = make_row_format(options);
  Found found;
  Row row;
  std::size_t from = 0;
  std::size_t to = 0;
  for (;;) {
    const bool last = to == bytes.size();
    const Taken taken = format->next(bytes.substr(from, to - from), last, row);
    require(taken.bytes <= to - from);
    if (taken.what == Taken::What::more) {
      require(!last);
      to = std::min(bytes.size(), to + piece);
      continue;
    }
    if (taken.what == Taken::What::end) return found;
    from += taken.bytes;
    if (taken.what == Taken::What::nothing) {
      require(taken.bytes > 0);
      continue;
    }
    if (taken.what == Taken::What::row) {
      require(taken.bytes > 0);
      check_row(options, row);
      found.items.push_back(row.data);
    } else {
      require(!taken.fault.what.empty() && taken.fault.column >= 1);
      found.items.push_back("!" + std::to_string(taken.fault.line) + ":" + std::to_string(taken.fault.column));
      if (taken.fault.fatal) return found;
    }
    found.ends.push_back(from);
  }
}

/// Reading that goes on behind an item gives the same as reading through.
void check_going_on(std::string_view bytes, const SourceOptions& options, const Found& found) {
  const auto format = make_row_format(options);
  if (!format->resumable() || found.ends.empty()) return;
  Row row;
  std::size_t at = 0;
  while (!format->past_header()) {
    const Taken taken = format->next(bytes.substr(at), true, row);
    require(taken.what == Taken::What::nothing);
    at += taken.bytes;
  }
  const std::size_t middle = found.ends.size() / 2;
  at = found.ends[middle];
  for (std::size_t i = middle + 1; i < found.items.size();) {
    const Taken taken = format->next(bytes.substr(at), true, row);
    at += taken.bytes;
    if (taken.what == Taken::What::nothing) continue;
    if (taken.what == Taken::What::row) require(found.items[i] == row.data);
    if (taken.what == Taken::What::fault) require(found.items[i].starts_with('!'));
    require(taken.what == Taken::What::row || taken.what == Taken::What::fault);
    ++i;
  }
}

}  // namespace

void read_any_file(std::string_view bytes) {
  if (bytes.size() < 2) return;
  const SourceOptions options = options_of(static_cast<unsigned char>(bytes[0]), static_cast<unsigned char>(bytes[1]));
  bytes.remove_prefix(2);
  const Found whole = read_in_pieces(bytes, options, bytes.size() + 1);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}})
    require(read_in_pieces(bytes, options, piece).items == whole.items);
  check_going_on(bytes, options, whole);
}

}  // namespace tidegate::directory
