#include "gateway/base/uuid.h"

#include <gtest/gtest.h>

#include <regex>

namespace tidegate {
namespace {

WallTime at_ms(std::int64_t ms) { return WallTime{milliseconds{ms}}; }

TEST(UuidV7, HasTheShapeVersionAndVariantOfRfc9562) {
  SeededRandom random(1);
  UuidV7 ids(random);
  const std::string id = ids.mint(at_ms(0x017F22E279B0));
  EXPECT_TRUE(std::regex_match(id, std::regex("017f22e2-79b0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"))) << id;
}

TEST(UuidV7, AscendsWithinAMillisecondPastTheCounterAndWhenTheClockStepsBack) {
  SeededRandom random(2);
  UuidV7 ids(random);
  std::string last = ids.mint(at_ms(1'000'000));
  for (int i = 0; i < 10'000; ++i) {
    const std::string id = ids.mint(at_ms(i % 2 == 0 ? 1'000'000 : 999'000));
    ASSERT_LT(last, id);
    last = id;
  }
}

}  // namespace
}  // namespace tidegate
