#include "gateway/event/rfc3339.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

namespace tidegate {
namespace {

TEST(Rfc3339, IsWrittenWithMillisecondsAndReadBack) {
  const std::pair<std::int64_t, const char*> cases[] = {{0, "1970-01-01T00:00:00.000Z"},
                                                        {951'782'399'999, "2000-02-28T23:59:59.999Z"},
                                                        {951'782'400'000, "2000-02-29T00:00:00.000Z"},
                                                        {4'102'444'799'005, "2099-12-31T23:59:59.005Z"}};
  for (const auto& [ms, text] : cases) {
    std::string out;
    append_rfc3339(WallTime{milliseconds{ms}}, out);
    EXPECT_EQ(out, text);
    EXPECT_EQ(parse_rfc3339(text), WallTime{milliseconds{ms}}) << text;
  }
}

TEST(Rfc3339, NanosecondsAreReadAndCutToMilliseconds) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.123456789+00:00"), WallTime{milliseconds{123}});
  for (const char* bad : {"", "1970-01-01", "1970-01-01T00:00:00", "1970-02-30T00:00:00Z", "1970-01-01T24:00:00Z",
                          "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00Z ", "70-01-01T00:00:00Z"})
    EXPECT_FALSE(parse_rfc3339(bad)) << bad;
}

}  // namespace
}  // namespace tidegate
