#include "gateway/app/text_table.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

TEST(TextTable, AlignsWordsLeftAndNumbersRight) {
  TextTable table({"LANE", ">PENDING"});
  table.add({"a/b", "5"});
  table.add({"temperatures/cloud", "1234567890"});
  EXPECT_EQ(table.render(),
            "LANE                   PENDING\n"
            "a/b                          5\n"
            "temperatures/cloud  1234567890\n");
}

TEST(CutTo, CutsBetweenCharacters) {
  EXPECT_EQ(cut_to("abcdefgh", 6), "abc...");
  EXPECT_EQ(cut_to("ab\xc3\xa4xyzxyz", 6), "ab...");
  EXPECT_EQ(cut_to("abcdef", 6), "abcdef");
}

TEST(FormatBytes, UsesTheLargestUnitThatFits) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(1023), "1023 B");
  EXPECT_EQ(format_bytes(2048), "2.0 KiB");
  EXPECT_EQ(format_bytes(2ull << 30), "2.0 GiB");
}

TEST(FormatSpan, ShowsTheTwoLargestUnits) {
  EXPECT_EQ(format_span(-5), "0s");
  EXPECT_EQ(format_span(59), "59s");
  EXPECT_EQ(format_span(3599), "59m 59s");
  EXPECT_EQ(format_span(90061), "1d 1h");
}

}  // namespace
}  // namespace tidegate
