#include "gateway/app/tap_text.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

TEST(TapText, ShowsWhenWhereAndWhat) {
  EXPECT_EQ(tap_text(R"({"id":"1","source":"/plant-7/floor","subject":"s/a","time":"2026-01-02T03:04:05.678Z",)"
                     R"("data":{"v":12345678901234567890123},"routes":["hot","all"]})",
                     "/plant-7/"),
            "2026-01-02T03:04:05.678Z  floor  s/a  hot,all  {\"v\":12345678901234567890123}\n");
}

TEST(TapText, ASourceOfSomebodyElseStaysWhole) {
  EXPECT_EQ(tap_text(R"({"source":"/other/floor","subject":"s","time":"T","data":"on","routes":[]})", "/plant-7/"),
            "T  /other/floor  s  -  on\n");
}

TEST(TapText, BytesAreCountedAndNothingIsSaidToBeNothing) {
  EXPECT_EQ(tap_text(R"({"source":"s","subject":"s","time":"T","data_base64":"AAEC","routes":[]})", "/p/"),
            "T  s  s  -  (3 bytes)\n");
  EXPECT_EQ(tap_text(R"({"source":"s","subject":"s","time":"T","routes":[]})", "/p/"), "T  s  s  -  (empty)\n");
}

TEST(TapText, NothingReachesTheTerminalThatItWouldObey) {
  const std::string line =
      tap_text(R"({"source":"\u001b[1m","subject":"a\nb","time":"T","data":"\u001b[31m","routes":["\r"]})", "/p/");
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_EQ(line.find('\r'), std::string::npos);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
}

TEST(TapText, ALongPayloadIsCut) {
  const std::string line = tap_text(R"({"time":"T","data":")" + std::string(1000, 'x') + R"("})", "/p/");
  EXPECT_LT(line.size(), 120u);
  EXPECT_NE(line.find("..."), std::string::npos);
}

TEST(TapText, TellsWhatWasMissed) {
  EXPECT_EQ(tap_missed(R"({"missed":12})"), 12u);
  EXPECT_FALSE(tap_missed(R"({"specversion":"1.0","missed":12})"));
}

}  // namespace
}  // namespace tidegate
