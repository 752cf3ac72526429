#include "connectors/lines/options.h"

namespace tidegate::lines {

namespace {

Result<std::string> parse_delimiter(std::string_view text) {
  if (text == "tab") return std::string("\t");
  const bool fits = text.size() == 1 && text[0] > ' ' && text[0] < '\x7f' && text[0] != '"';
  if (!fits) return Error{ErrorCode::invalid, "is no delimiter; write one visible ASCII character but \", or tab"};
  return std::string(text);
}

}  // namespace

std::initializer_list<Choice<Format>> formats() {
  static const std::initializer_list<Choice<Format>> all = {
      {"cloudevents", Format::cloudevents, "A line of JSON for each event: CloudEvents 1.0."},
      {"payload", Format::payload, "A line of JSON for each event: its payload alone."},
      {"csv", Format::csv, "Comma-separated values (RFC 4180), with the columns of `csv`."}};
  return all;
}

std::string_view file_ending(Format format) noexcept { return format == Format::csv ? ".csv" : ".ndjson"; }

const OptionTableOf<CsvOptions>& csv_table() {
  static const auto table =
      OptionTableOf<CsvOptions>("Columns of comma-separated values.")
          .required_tree("columns", &CsvOptions::columns, fields::text_map_from, fields::kTextMapSyntax,
                         "The columns in their order: name and value. A value that is missing makes the event a dead "
                         "letter, unless its placeholder ends with `?` or has a `??`.")
          .parsed("delimiter", &CsvOptions::delimiter, parse_delimiter, "a character, or tab", "Between two values.")
          .option("header", &CsvOptions::header, "Begin every file with the names of the columns.");
  return table;
}

std::optional<OptionFault> check(Format format, const CsvOptions& csv) {
  if (format == Format::csv && csv.columns.entries.empty()) {
    return OptionFault{"csv", "format csv needs csv.columns: {NAME: \"${data.value}\"}"};
  }
  if (format != Format::csv && !csv.columns.entries.empty()) {
    return OptionFault{"csv", "has no effect without format: csv"};
  }
  return std::nullopt;
}

}  // namespace tidegate::lines
