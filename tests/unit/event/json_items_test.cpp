#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "gateway/base/random.h"
#include "gateway/event/json_text.h"

namespace tidegate {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

std::vector<std::pair<std::string, std::string>> members(std::string_view text) {
  JsonItems items(text);
  std::vector<std::pair<std::string, std::string>> out;
  while (items.next()) out.emplace_back(items.key(), items.value());
  EXPECT_FALSE(items.failed()) << text;
  return out;
}

TEST(JsonItems, GiveMembersAndElementsAsTheyAreWritten) {
  EXPECT_THAT(members(R"( { "a" : [1, {}] , "b\n":"x y" } tail)"),
              ElementsAre(Pair("\"a\"", "[1, {}]"), Pair("\"b\\n\"", "\"x y\"")));
  EXPECT_THAT(members("[ 1 ,[2] , null]"), ElementsAre(Pair("", "1"), Pair("", "[2]"), Pair("", "null")));
  EXPECT_THAT(members("{}"), ElementsAre());
  EXPECT_THAT(members("[ ]"), ElementsAre());
}

TEST(JsonItems, SayWhereTheContainerEnds) {
  JsonItems items("[1] [2]");
  while (items.next()) {
  }
  EXPECT_EQ(items.end(), 3u);
}

TEST(JsonItems, FailOnWhatIsNoJson) {
  for (const char* bad : {"", "1", "\"a\"", "{", "[", "{1:2}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "[1,]", "[,1]",
                          "[1 2]", "{\"a\":1 \"b\":2}", "[tru]", "{\"a\":01}", "[1", "{\"a\":1"}) {
    JsonItems items(bad);
    while (items.next()) {
    }
    EXPECT_TRUE(items.failed()) << bad;
  }
}

TEST(JsonString, EscapesBecomeWhatTheyStandFor) {
  EXPECT_EQ(json_string_content(R"("a\"\\\/\b\f\n\r\tz")"), "a\"\\/\b\f\n\r\tz");
  EXPECT_EQ(json_string_content(R"("\u0041\u00e9\u20AC\ud83d\ude00")"), "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  EXPECT_EQ(json_string_content("\"\""), "");
}

TEST(Base64, ReadsBackWhatIsWritten) {
  SeededRandom random(3);
  for (std::size_t size = 0; size < 70; ++size) {
    std::string bytes, text, back;
    for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(random.next());
    append_base64(bytes, text);
    ASSERT_TRUE(append_from_base64(text, back)) << text;
    EXPECT_EQ(back, bytes);
  }
  for (const char* bad : {"A", "AA", "AAA", "A===", "====", "AA=A", "A A=", "AAAA====",
                          "\xC3\xA9"
                          "AA"}) {
    std::string out;
    EXPECT_FALSE(append_from_base64(bad, out)) << bad;
  }
}

}  // namespace
}  // namespace tidegate
