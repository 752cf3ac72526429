#include "connectors/directory/rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <string>
#include <vector>

#include "connectors/directory/directory.h"
#include "connectors/directory/file_reader.h"
#include "gateway/config/option_table.h"

namespace tidegate::directory {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

SourceOptions options_of(const std::string& yaml) {
  const auto parsed = parse_text(*directory_source_options(), "path: /drop\n" + yaml);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? std::any_cast<SourceOptions>(*parsed) : SourceOptions{};
}

Descriptor file_of(std::string_view content) {
  Descriptor file(memfd_create("test", MFD_CLOEXEC));
  EXPECT_EQ(write(file.get(), content.data(), content.size()), static_cast<ssize_t>(content.size()));
  return file;
}

/// Everything in a file: rows as their data, faults as "line:column what".
struct Content {
  std::vector<std::string> rows, faults;
};
Content read(const std::string& content, const std::string& yaml) {
  const SourceOptions options = options_of(yaml);
  FileReader reader(file_of(content), options);
  Content out;
  for (int i = 0; i < 10'000; ++i) {
    const auto got = reader.next();
    EXPECT_TRUE(got);
    if (!got || *got == FileReader::Got::end) return out;
    if (*got == FileReader::Got::row) {
      out.rows.push_back(reader.row().data);
      continue;
    }
    const Fault& fault = reader.fault();
    out.faults.push_back(std::to_string(fault.line) + ":" + std::to_string(fault.column) + " " + fault.what);
    if (fault.fatal) return out;
  }
  ADD_FAILURE() << "the reading does not end";
  return out;
}
std::vector<std::string> rows(const std::string& content, const std::string& yaml = "") {
  const Content all = read(content, yaml);
  EXPECT_THAT(all.faults, IsEmpty());
  return all.rows;
}
std::vector<std::string> faults(const std::string& content, const std::string& yaml = "") {
  return read(content, yaml).faults;
}

TEST(Csv, ARowBecomesAnObjectWithTheHeadersNames) {
  EXPECT_THAT(rows("id,name\n1,pump\n2,valve\n"),
              ElementsAre(R"({"id":1,"name":"pump"})", R"({"id":2,"name":"valve"})"));
}

TEST(Csv, TheLastLineNeedsNoEnd) { EXPECT_THAT(rows("a\n1\n2"), ElementsAre(R"({"a":1})", R"({"a":2})")); }

TEST(Csv, LinesMayEndWithCarriageReturnAndLineFeed) {
  EXPECT_THAT(rows("a,b\r\n1,x\r\n2,\"y\"\r\n"), ElementsAre(R"({"a":1,"b":"x"})", R"({"a":2,"b":"y"})"));
}

TEST(Csv, QuotesHoldDelimitersLineEndsAndQuotes) {
  EXPECT_THAT(rows("a,b\n\"x,y\",\"one\ntwo\"\n\"say \"\"hi\"\"\",2\n"),
              ElementsAre(R"({"a":"x,y","b":"one\ntwo"})", R"({"a":"say \"hi\"","b":2})"));
}

TEST(Csv, AByteOrderMarkIsPassedOver) {
  EXPECT_THAT(rows("\xef\xbb\xbf"
                   "a\n1\n"),
              ElementsAre(R"({"a":1})"));
}

TEST(Csv, BlankLinesAndCommentsAndSkippedLinesAreNoRows) {
  EXPECT_THAT(rows("export of today\na;b\n\n# note\n1;2\n\n", "csv: { delimiter: ';', skip_lines: 1, comment: '#' }"),
              ElementsAre(R"({"a":1,"b":2})"));
}

TEST(Csv, NumbersAndTruthAreInferredAndNothingIsNull) {
  EXPECT_THAT(rows("a,b,c,d,e,f,g\n-1.5e3,true,,007,1234567890123456,\"5\",1.\n"),
              ElementsAre(R"({"a":-1.5e3,"b":true,"c":null,"d":"007","e":"1234567890123456","f":"5","g":"1."})"));
}

TEST(Csv, TypesOfColumnsAreKept) {
  const std::string yaml =
      "csv: { columns: [ { name: a, type: text }, { name: b, type: number }, { name: c, type: boolean } ] }";
  EXPECT_THAT(rows("a,b,c,d\n5,\"007\",YES,5\n", yaml), ElementsAre(R"({"a":"5","b":7,"c":true,"d":5})"));
}

TEST(Csv, WithoutAHeaderTheOptionsNameTheColumns) {
  EXPECT_THAT(rows("1,x\n2,y\n", "csv: { header: false, columns: [ a, b ] }"),
              ElementsAre(R"({"a":1,"b":"x"})", R"({"a":2,"b":"y"})"));
}

TEST(Csv, TrimAndTextAreAppliedToAllColumns) {
  EXPECT_THAT(rows("a\tb\n 1 \t x\n", "csv: { delimiter: tab, trim: true, types: text }"),
              ElementsAre(R"({"a":"1","b":"x"})"));
}

TEST(Csv, Latin1BecomesUtf8) {
  EXPECT_THAT(rows("stra\337e\nM\374ller\n\"\351\"\"\"\n", "encoding: latin-1"),
              ElementsAre("{\"stra\303\237e\":\"M\303\274ller\"}", "{\"stra\303\237e\":\"\303\251\\\"\"}"));
}

struct FaultCase {
  const char* name;
  const char* content;
  const char* yaml;
  const char* fault;  ///< of its first fault, what it begins with
  friend void PrintTo(const FaultCase& one, std::ostream* out) { *out << one.name; }
};
class CsvFaults : public ::testing::TestWithParam<FaultCase> {};

TEST_P(CsvFaults, NamesLineAndColumn) {
  const auto found = faults(GetParam().content, GetParam().yaml);
  ASSERT_FALSE(found.empty());
  EXPECT_THAT(found[0], ::testing::StartsWith(GetParam().fault));
}

INSTANTIATE_TEST_SUITE_P(
    Csv, CsvFaults,
    ::testing::Values(
        FaultCase{"TooManyFields", "a,b\n1,2\n1,2,3\n", "", "3:5 3 fields where there are 2 columns"},
        FaultCase{"TooFewFields", "a,b\n1\n", "", "2:2 1 fields where there are 2 columns"},
        FaultCase{"BareQuote", "a,b\n1,2\"\n", "", "2:4 a quote inside a field"},
        FaultCase{"BehindAQuote", "a,b\n1,\"2\"3\n", "", "2:6 something between a closing quote"},
        FaultCase{"CarriageReturnBehindAQuote", "a,b\n1,\"2\"\rx\n", "", "2:6 something between a closing quote"},
        FaultCase{"OpenQuote", "a,b\n1,\"2\n3,4\n", "", "2:3 a quote that is never closed"},
        FaultCase{"DuplicateName", "a,b,a\n1,2,3\n", "", "1:5 the header has the name of field 3 twice"},
        FaultCase{"MissingName", "a,,c\n", "", "1:3 field 2 of the header has no name"},
        FaultCase{"NotUtf8", "a\nx\n\303\251t\351\n", "", "3:3 not UTF-8"},
        FaultCase{"HeaderNotUtf8", "t\351\n1\n", "", "1:2 not UTF-8"},
        FaultCase{"NotANumber", "a,b\n\"x\ny\",z\n", "csv: { columns: [ { name: b, type: number } ] }",
                  "3:4 the value of \"b\" is not a number"},
        FaultCase{"NotAnInteger", "a\n1.5\n", "csv: { columns: [ { name: a, type: integer } ] }",
                  "2:1 the value of \"a\" is not a whole number"},
        FaultCase{"NotABoolean", "a\nperhaps\n", "csv: { types: boolean }", "2:1 the value of \"a\" is not true"},
        FaultCase{"MissingColumn", "a\n1\n", "csv: { columns: [ b ] }", "1:1 the header lacks the column \"b\""},
        FaultCase{"MissingTopicColumn", "a\n1\n", "topic: 'x/{b}'", "1:1 the header lacks the column \"b\""}),
    [](const auto& one) { return one.param.name; });

TEST(Csv, AfterABadRowTheNextOneIsRead) {
  const Content all = read("a,b\n1,2\nx\n5,6\n7,\"8\"9\n10,11\n\"open,3\n12,13\n", "");
  EXPECT_THAT(all.rows,
              ElementsAre(R"({"a":1,"b":2})", R"({"a":5,"b":6})", R"({"a":10,"b":11})", R"({"a":12,"b":13})"));
  ASSERT_EQ(all.faults.size(), 3u);
  EXPECT_THAT(all.faults[1], HasSubstr("5:6"));
  EXPECT_THAT(all.faults[2], HasSubstr("7:1"));
}

TEST(Csv, BehindABadHeaderNothingIsRead) {
  const Content all = read("a\"b\nc\n1\n", "");
  EXPECT_THAT(all.rows, IsEmpty());
  EXPECT_THAT(all.faults, ElementsAre(HasSubstr("1:2 a quote inside a field")));
}

TEST(Csv, ARowOverTheLimitIsPassedOverInBoundedMemory) {
  const std::string content = "a\n1\n" + std::string(3u << 20, 'x') + "\n2\n";
  const Content all = read(content, "max_row: 1MiB");
  EXPECT_THAT(all.rows, ElementsAre(R"({"a":1})", R"({"a":2})"));
  ASSERT_EQ(all.faults.size(), 1u);
  EXPECT_THAT(all.faults[0], HasSubstr("3:1 more than 1048576 bytes in one row"));
}

TEST(Csv, ALongRowWithinTheLimitIsRead) {
  const std::string field(900'000, 'x');
  EXPECT_THAT(rows("a\n" + field + "\n1\n"), ElementsAre("{\"a\":\"" + field + "\"}", R"({"a":1})"));
}

TEST(Ndjson, ALineIsAnEventAsItStands) {
  EXPECT_THAT(rows("{\"a\": 1}\n\n [2, 3] \r\n\"x\"", "format: ndjson"), ElementsAre("{\"a\": 1}", "[2, 3]", "\"x\""));
}

TEST(Ndjson, ABadLineIsNamedAndTheNextOneRead) {
  const Content all = read("{\"a\":1}\n{\"a\":}\n{\"a\":3}\n", "format: ndjson");
  EXPECT_THAT(all.rows, ElementsAre("{\"a\":1}", "{\"a\":3}"));
  ASSERT_EQ(all.faults.size(), 1u);
  EXPECT_THAT(all.faults[0], HasSubstr("2:6 not one valid JSON value"));
}

TEST(Json, ElementsOfAnArrayAreEvents) {
  EXPECT_THAT(rows("[ {\"a\": [1,2]},\n \"x,]\\\"\", 3\n]\n", "format: json"),
              ElementsAre("{\"a\": [1,2]}", "\"x,]\\\"\"", "3"));
  EXPECT_THAT(rows("[]", "format: json"), IsEmpty());
}

TEST(Json, OneValueIsOneEvent) { EXPECT_THAT(rows(" {\"a\":1}\n", "format: json"), ElementsAre("{\"a\":1}")); }

TEST(Json, WhatBreaksTheArrayIsNamed) {
  EXPECT_THAT(faults("[1,\n 2", "format: json"), ElementsAre(HasSubstr("2:3 the array is not closed")));
  EXPECT_THAT(faults("[1] 2", "format: json"), ElementsAre(HasSubstr("1:5 something behind the end")));
  EXPECT_THAT(faults("[1,]", "format: json"), ElementsAre(HasSubstr("1:4 not one valid JSON value")));
  EXPECT_THAT(read("[1,\n tru, 3]", "format: json").rows, ElementsAre("1", "3"));
}

TEST(FixedWidth, ColumnsAreAtTheirPlaces) {
  const std::string yaml =
      "format: fixed_width\nfixed_width: { columns: [ { name: id, start: 1, width: 4, type: text }, "
      "{ name: city, start: 5, width: 6 }, { name: n, start: 11, width: 5, type: number } ] }";
  EXPECT_THAT(rows("0001K\303\266ln  00012\r\n0002Bonn\n", yaml),
              ElementsAre("{\"id\":\"0001\",\"city\":\"K\303\266ln\",\"n\":12}",
                          "{\"id\":\"0002\",\"city\":\"Bonn\",\"n\":null}"));
  EXPECT_THAT(faults("0001K\303\266ln  12x45\n", yaml), ElementsAre(HasSubstr("1:11 the value of \"n\"")));
}

TEST(WholeFile, IsOneEvent) {
  EXPECT_THAT(rows(std::string("\0\377\n", 3), "format: whole_file"), ElementsAre(std::string("\0\377\n", 3)));
}

TEST(WholeFile, AtMostOfTheSizeOfAnEvent) {
  EXPECT_THAT(faults(std::string((8u << 20) + 1, 'x'), "format: whole_file"), ElementsAre(HasSubstr("8388608 bytes")));
  EXPECT_EQ(rows(std::string(8u << 20, 'x'), "format: whole_file").size(), 1u);
}

TEST(AnyFormat, AnEmptyFileHasNoRowsAndNoFault) {
  for (const char* format : {"csv", "ndjson", "json", "whole_file"})
    EXPECT_THAT(rows("", std::string("format: ") + format), IsEmpty()) << format;
}

TEST(FileReader, GoesOnAtAStoredPosition) {
  const std::string content = "skipped\na,b\n1,\"x\ny\"\n2,z\n3\n";
  const SourceOptions options = options_of("csv: { skip_lines: 1 }");
  FileReader first(file_of(content), options);
  ASSERT_EQ(*first.next(), FileReader::Got::row);
  FileReader second(file_of(content), options);
  ASSERT_TRUE(*second.read_header());
  second.go_on_at(first.offset(), first.rows(), first.lines());
  ASSERT_EQ(*second.next(), FileReader::Got::row);
  EXPECT_EQ(second.row().data, R"({"a":2,"b":"z"})");
  EXPECT_EQ(second.rows(), 2u);
  ASSERT_EQ(*second.next(), FileReader::Got::fault);
  EXPECT_EQ(second.fault().line, 6u);
}

TEST(Topic, NamesAreFilledInAndWhatBreaksALevelIsReplaced) {
  const SourceOptions options = options_of("topic: 'erp/{stem}/{plant}/{file}'");
  EXPECT_EQ(options.topic.topic("orders+1.csv", {"a/b#"}), "erp/orders_1/a_b_/orders_1.csv");
  EXPECT_EQ(options.topic.topic(".x", {""}), "erp/.x/_/.x");
}

}  // namespace
}  // namespace tidegate::directory
