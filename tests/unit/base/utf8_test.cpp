#include "gateway/base/utf8.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

TEST(Utf8, OnlyShortestFormsOfCharactersAreAccepted) {
  EXPECT_EQ(utf8_length("a"), 1u);
  EXPECT_EQ(utf8_length("\xc3\xa9"), 2u);
  EXPECT_EQ(utf8_length("\xe2\x82\xac"), 3u);
  EXPECT_EQ(utf8_length("\xf0\x9f\x98\x80"), 4u);
  for (const char* wrong :
       {"\x80", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc3", "\xe2\x82"}) {
    EXPECT_EQ(utf8_length(wrong), 0u);
  }
}

TEST(Utf8, EveryCodePointIsWrittenInItsShortestForm) {
  for (std::uint32_t point = 0; point <= 0x10FFFF; ++point) {
    if (point == 0xD800) point = 0xE000;
    std::string text;
    append_code_point(point, text);
    ASSERT_EQ(utf8_length(text), text.size()) << point;
    ASSERT_EQ(text.size(), point < 0x80 ? 1u : point < 0x800 ? 2u : point < 0x10000 ? 3u : 4u) << point;
  }
}

}  // namespace
}  // namespace tidegate
