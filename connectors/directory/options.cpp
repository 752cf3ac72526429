#include "connectors/directory/options.h"

#include <set>

#include "connectors/directory/directory.h"
#include "connectors/directory/limits.h"
#include "gateway/config/option_table.h"

namespace tidegate {
namespace directory {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view kCharacterSyntax = "one character";

Result<std::string> parse_character(std::string_view text) {
  if (text == "tab") return std::string("\t");
  const bool ascii = text.size() == 1 && static_cast<unsigned char>(text[0]) < 0x80;
  if (!ascii || text[0] == '\n' || text[0] == '\r' || text[0] == '\0')
    return Error{ErrorCode::invalid, "is not one ASCII character (or the word tab)"};
  return std::string(text);
}

Result<std::string> parse_character_or_none(std::string_view text) {
  if (text.empty()) return std::string();
  return parse_character(text);
}

/// Tables say this twice: once for all columns, once for one.
template <class Table, class Member>
void add_types(Table& table, std::string_view name, Member member, std::string_view doc) {
  table.choice(
      name, member,
      {{"infer", ValueType::infer,
        "JSON numbers of at most 15 digits, `true` and `false` become such values, nothing becomes `null`; the "
        "rest, and what is in quotes, is text."},
       {"text", ValueType::text, "A string, whatever it looks like."},
       {"integer", ValueType::integer, "A whole number; nothing becomes `null`, all else is an error."},
       {"number", ValueType::number, "A number; nothing becomes `null`, all else is an error."},
       {"boolean", ValueType::boolean,
        "`true`/`false`, `yes`/`no` or `1`/`0` in any case; nothing becomes `null`, all else is an error."}},
      doc);
}

const OptionTableOf<CsvColumn>& csv_column_table() {
  static const auto table = [] {
    auto t = OptionTableOf<CsvColumn>("A column.").required("name", &CsvColumn::name, "Its name in the event.");
    add_types(t, "type", &CsvColumn::type, "What its values are.");
    return std::move(t.shorthand("name"));
  }();
  return table;
}

template <class Column>
std::optional<OptionFault> check_columns(const std::vector<Column>& columns) {
  std::set<std::string_view> seen;
  for (const Column& column : columns) {
    if (column.name.empty()) return OptionFault{"columns", "a column has no name"};
    if (!seen.insert(column.name).second) return OptionFault{"columns", "the name " + column.name + " comes twice"};
  }
  if (columns.size() > limits::kColumnsMax)
    return OptionFault{"columns", "are more than " + std::to_string(limits::kColumnsMax)};
  return std::nullopt;
}

const OptionTableOf<CsvOptions>& csv_table() {
  static const auto table = [] {
    auto t =
        OptionTableOf<CsvOptions>("Comma-separated values (RFC 4180, with other separators allowed).")
            .parsed("delimiter", &CsvOptions::delimiter, parse_character, kCharacterSyntax,
                    "Between two fields; `tab` for the tabulator.")
            .parsed("quote", &CsvOptions::quote, parse_character_or_none, "one character, or empty",
                    "Around fields that hold delimiters, line ends or quotes; empty: quotes are like other characters.")
            .option("header", &CsvOptions::header, "The first row holds the names of the columns.")
            .list("columns", &CsvOptions::columns, csv_column_table(),
                  "With a header: types of some columns, which must be there. Without: all columns in their order.");
    add_types(t, "types", &CsvOptions::types, "What values are, where `columns` does not say it.");
    return std::move(
        t.option("trim", &CsvOptions::trim, "Drop spaces and tabs around fields that are not in quotes.")
            .option("skip_lines", &CsvOptions::skip_lines, "Lines at the start of a file that are no data.")
            .parsed("comment", &CsvOptions::comment, parse_character_or_none, "one character, or empty",
                    "Lines that begin with it are no data.")
            .check([](const CsvOptions& o) -> std::optional<OptionFault> {
              if (o.delimiter == o.quote) return OptionFault{"quote", "is the delimiter, too"};
              if (!o.comment.empty() && (o.comment == o.delimiter || o.comment == o.quote))
                return OptionFault{"comment", "is the delimiter or the quote, too"};
              if (o.trim && o.delimiter == " ") return OptionFault{"trim", "can't go with a space as delimiter"};
              if (!o.header && o.columns.empty())
                return OptionFault{"columns", "are needed when there is no header: they name the fields"};
              return check_columns(o.columns);
            }));
  }();
  return table;
}

const OptionTableOf<FixedColumn>& fixed_column_table() {
  static const auto table = [] {
    auto t =
        OptionTableOf<FixedColumn>("A column.")
            .required("name", &FixedColumn::name, "Its name in the event.")
            .required("start", &FixedColumn::start, "Its first character; a line begins at 1.", between(1, 1 << 20))
            .required("width", &FixedColumn::width, "Its number of characters.", between(1, 1 << 20));
    add_types(t, "type", &FixedColumn::type, "What its values are.");
    return t;
  }();
  return table;
}

const OptionTableOf<FixedWidthOptions>& fixed_width_table() {
  static const auto table = [] {
    auto t = OptionTableOf<FixedWidthOptions>("Lines whose columns are at fixed places.")
                 .list("columns", &FixedWidthOptions::columns, fixed_column_table(), "The columns; they may overlap.");
    add_types(t, "types", &FixedWidthOptions::types, "What values are, where a column does not say it.");
    return std::move(
        t.option("trim", &FixedWidthOptions::trim, "Drop spaces and tabs around values.")
            .option("skip_lines", &FixedWidthOptions::skip_lines, "Lines at the start of a file that are no data.")
            .parsed("comment", &FixedWidthOptions::comment, parse_character_or_none, "one character, or empty",
                    "Lines that begin with it are no data.")
            .check([](const FixedWidthOptions& o) { return check_columns(o.columns); }));
  }();
  return table;
}

/// Where a folder that was not given is.
std::filesystem::path folder_or(const std::filesystem::path& given, const SourceOptions& o, const char* name) {
  return given.empty() ? o.path / name : given;
}

std::optional<OptionFault> check_folders(const SourceOptions& o) {
  // With a slash at the end in any case: normal forms differ in it.
  const auto normal = [](const std::filesystem::path& path) { return (path / "").lexically_normal(); };
  const auto watched = normal(o.path);
  const auto done = normal(folder_or(o.done_dir, o, "done"));
  const auto failed = normal(folder_or(o.failed_dir, o, "failed"));
  if (done == watched) return OptionFault{"done_dir", "is the watched folder: files would be read again for ever"};
  if (failed == watched) return OptionFault{"failed_dir", "is the watched folder: files would be read again for ever"};
  return std::nullopt;
}

bool has_columns(Format format) { return format == Format::csv || format == Format::fixed_width; }

std::optional<OptionFault> check_topic(const SourceOptions& o) {
  if (o.topic.columns().empty()) return std::nullopt;
  const std::string& name = o.topic.columns().front();
  if (!has_columns(o.format))
    return OptionFault{"topic",
                       "has {" + name + "}: only csv and fixed_width have columns; there are {file} and {stem}"};
  if (o.format == Format::csv && o.csv.header) return std::nullopt;  // known when the header is read
  std::set<std::string> known;
  for (const auto& column : o.csv.columns) known.insert(column.name);
  for (const auto& column : o.fixed_width.columns) known.insert(column.name);
  for (const std::string& column : o.topic.columns())
    if (!known.contains(column)) return OptionFault{"topic", "names a column that does not exist: " + column};
  return std::nullopt;
}

std::optional<OptionFault> check_source(const SourceOptions& o) {
  if (o.path.empty()) return OptionFault{"path", "is empty"};
  if (o.pattern.empty()) return OptionFault{"pattern", "is empty: nothing would be read"};
  if (o.ready == Ready::marker && o.marker.empty()) return OptionFault{"marker", "is empty"};
  if (o.marker.find('/') != std::string::npos) return OptionFault{"marker", "may not hold a slash"};
  if (o.format == Format::fixed_width && o.fixed_width.columns.empty())
    return OptionFault{"fixed_width", "needs `columns` with the format fixed_width"};
  if (o.format != Format::whole_file && !o.content_type.empty())
    return OptionFault{"content_type", "is for the format whole_file; rows are application/json"};
  if (auto fault = check_folders(o)) return fault;
  return check_topic(o);
}

OptionTableOf<SourceOptions> source_table_start() {
  return OptionTableOf<SourceOptions>("Reads the files that programs drop into a folder.")
      .required("path", &SourceOptions::path, "The folder. Folders in it are not looked into.")
      .option("pattern", &SourceOptions::pattern,
              "Names of the files to read, with * ? and [...]. Names that begin with a dot are left alone.")
      .choice("format", &SourceOptions::format,
              {{"csv", Format::csv, "A row is an event: a JSON object with the columns' names."},
               {"ndjson", Format::ndjson, "A line is an event: any JSON value."},
               {"json", Format::json, "An array whose elements are events, or one value that is an event."},
               {"fixed_width", Format::fixed_width, "A line is an event: a JSON object of columns at fixed places."},
               {"whole_file", Format::whole_file, "A file is an event, as it is, up to 8 MiB."}},
              "What is in the files.")
      .choice(
          "ready", &SourceOptions::ready,
          {{"settle", Ready::settle, "A file is complete when it has not changed for `settle`."},
           {"rename", Ready::rename,
            "A file is complete under its final name; while it is written its name has an ending of `temporary`."},
           {"marker", Ready::marker, "A file is complete when a file with the same name and `marker` is beside it."}},
          "How to know that a file is complete.")
      .option("settle", &SourceOptions::settle, "How long a file must rest.", between(0ms, 24h))
      .option("temporary", &SourceOptions::temporary, "Endings of files that are still being written.")
      .option("marker", &SourceOptions::marker, "Ending of the marker file; it is removed with the file.")
      .option("rescan", &SourceOptions::rescan,
              "How often the folder is listed, for file systems that report no changes (NFS, SMB).",
              between(100ms, 24h));
}

const OptionTableOf<SourceOptions>& source_table() {
  static const auto table =
      source_table_start()
          .choice("after", &SourceOptions::after,
                  {{"move", After::move, "Move it to `done_dir`."}, {"delete", After::remove, "Delete it."}},
                  "What to do with a file whose rows are all on disk in the spool.")
          .option("done_dir", &SourceOptions::done_dir, "Where finished files go; on the same file system as `path`.")
          .default_text("`done` in the folder")
          .option("failed_dir", &SourceOptions::failed_dir,
                  "Where files with errors go, beside a `.reason`; on the same file system as `path`.")
          .default_text("`failed` in the folder")
          .choice("on_error", &SourceOptions::on_error,
                  {{"reject_file", OnError::reject_file,
                    "Nothing of a file with an error is stored; it is read twice, once to check it."},
                   {"skip_row", OnError::skip_row, "Good rows are stored, the others go to a `.rejected` file."}},
                  "What to do with a file that has an error.")
          .parsed(
              "topic", &SourceOptions::topic, TopicTemplate::parse, "erp/{stem}/{column}",
              "Topic of the events. {file}, {stem} (without its ending), or the name of a column (csv, fixed_width).")
          .default_text("files/ and the source's name")
          .choice("encoding", &SourceOptions::encoding,
                  {{"utf-8", Encoding::utf8, "UTF-8; a byte order mark is passed over."},
                   {"latin-1", Encoding::latin1, "ISO 8859-1; events are UTF-8."}},
                  "How text is encoded in the files.")
          .bytes("max_row", &SourceOptions::max_row, "Longest row or element.", between(1024, limits::kRowBytesMax))
          .option("content_type", &SourceOptions::content_type, "Media type of whole files.")
          .section("csv", &SourceOptions::csv, csv_table(), "For the format csv.")
          .section("fixed_width", &SourceOptions::fixed_width, fixed_width_table(), "For the format fixed_width.")
          .check(check_source);
  return table;
}

}  // namespace

}  // namespace directory

const OptionTable* directory_source_options() { return &directory::source_table(); }

}  // namespace tidegate
