#include "connectors/directory/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/directory/directory.h"
#include "gateway/config/option_table.h"

namespace tidegate::directory {
namespace {

using ::testing::HasSubstr;

std::string error_of(const std::string& yaml) {
  const auto parsed = parse_text(*directory_source_options(), yaml);
  return parsed ? "" : parsed.error().message;
}

TEST(DirectoryOptions, APathIsEnough) {
  const auto parsed = parse_text(*directory_source_options(), "path: /drop");
  ASSERT_TRUE(parsed) << parsed.error().message;
  const auto options = std::any_cast<SourceOptions>(*parsed);
  EXPECT_EQ(options.format, Format::csv);
  EXPECT_EQ(options.ready, Ready::settle);
  EXPECT_EQ(options.on_error, OnError::reject_file);
}

TEST(DirectoryOptions, WhatCanNotWorkIsAnErrorThatSaysWhy) {
  EXPECT_THAT(error_of("format: csv"), HasSubstr("path"));
  EXPECT_THAT(error_of("path: /drop\ndone_dir: /drop/x/.."), HasSubstr("read again for ever"));
  EXPECT_THAT(error_of("path: /drop\nfailed_dir: /drop"), HasSubstr("read again for ever"));
  EXPECT_THAT(error_of("path: /drop\nformat: fixed_width"), HasSubstr("needs `columns`"));
  EXPECT_THAT(error_of("path: /drop\ncsv: { header: false }"), HasSubstr("they name the fields"));
  EXPECT_THAT(error_of("path: /drop\ncsv: { delimiter: ab }"), HasSubstr("not one ASCII character"));
  EXPECT_THAT(error_of("path: /drop\ncsv: { delimiter: ';', quote: ';' }"), HasSubstr("is the delimiter, too"));
  EXPECT_THAT(error_of("path: /drop\ncsv: { header: false, columns: [ a, a ] }"), HasSubstr("comes twice"));
  EXPECT_THAT(error_of("path: /drop\ntopic: 'a/#'"), HasSubstr("not a filter"));
  EXPECT_THAT(error_of("path: /drop\ntopic: 'a/{b'"), HasSubstr("without its }"));
  EXPECT_THAT(error_of("path: /drop\nformat: ndjson\ntopic: 'a/{b}'"), HasSubstr("only csv and fixed_width"));
  EXPECT_THAT(error_of("path: /drop\ncsv: { header: false, columns: [ a ] }\ntopic: 'a/{b}'"),
              HasSubstr("a column that does not exist"));
  EXPECT_THAT(error_of("path: /drop\nmax_row: 9MiB"), HasSubstr("max_row"));
}

}  // namespace
}  // namespace tidegate::directory
