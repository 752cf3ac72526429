#include "connectors/file/place.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/file/limits.h"

namespace tidegate::file {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string safe(std::string_view text) {
  const auto made = safe_path(text);
  return made ? *made : "FAULT " + made.error().message;
}

TEST(Place, APathStaysInItsFolderWhateverItIsMadeOf) {
  EXPECT_EQ(safe("plant/2026-01-01"), "plant/2026-01-01");
  EXPECT_EQ(safe("../../etc/passwd"), "_/_/etc/passwd");
  EXPECT_EQ(safe("/etc/passwd"), "_/etc/passwd");
  EXPECT_EQ(safe("a/../b/./c"), "a/_/b/_/c");
  EXPECT_EQ(safe("a//b/"), "a/_/b/_");
  EXPECT_EQ(safe(""), "_");
  EXPECT_EQ(safe(".."), "_");
  EXPECT_EQ(safe("..."), "...");
  EXPECT_EQ(safe(std::string_view("a\0b", 3)), "a_b");
  EXPECT_EQ(safe("a\nb\x7f"), "a_b_");
  EXPECT_EQ(safe("h\xc3\xb6he/\xff"), "h\xc3\xb6he/_");
}

TEST(Place, LimitsAreNamed) {
  EXPECT_EQ(safe(std::string(limits::kNameBytesMax, 'x')).size(), limits::kNameBytesMax);
  EXPECT_THAT(safe(std::string(limits::kNameBytesMax + 1, 'x')), HasSubstr("more than the 200 allowed"));
  std::string deep = "x";
  for (std::size_t i = 0; i < limits::kDepthMax; ++i) deep += "/x";
  EXPECT_THAT(safe(deep), ::testing::Not(HasSubstr("FAULT")));
  EXPECT_THAT(safe(deep + "/x"), HasSubstr("deeper than the 32 folders"));
  std::string wide = std::string(limits::kNameBytesMax, 'x');
  for (int i = 0; i < 10; ++i) wide += '/' + std::string(limits::kNameBytesMax, 'x');
  EXPECT_THAT(safe(wide), HasSubstr("more than the 2048 allowed"));
}

TEST(Place, AFinishedFileKeepsItsEnding) {
  EXPECT_EQ(finished_name("t.1.ndjson.gz", ".ndjson.gz", "20260101T000000Z", 0), "t.1.20260101T000000Z.ndjson.gz");
  EXPECT_EQ(finished_name("t1.csv", ".csv", "20260101T000000Z", 2), "t1.20260101T000000Z-2.csv");
  EXPECT_THAT(parts_of("a/b/c"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(parts_of("a"), ElementsAre("a"));
}

}  // namespace
}  // namespace tidegate::file
