#include "gateway/transform/time_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/event/rfc3339.h"

namespace tidegate {
namespace {

using ::testing::HasSubstr;

/// What a format makes of a text, as RFC 3339; "none" when it is no time.
std::string read(std::string_view format, std::string_view text, std::string_view zone = "") {
  const auto parsed = TimeFormat::parse(format);
  if (!parsed) return parsed.error().message;
  std::optional<std::chrono::minutes> offset;
  if (!zone.empty()) offset = *read_zone(zone);
  const auto time = parsed->read(text, offset);
  if (!time) return "none";
  std::string out;
  append_rfc3339(*time, out);
  return out;
}

TEST(TimeFormat, Rfc3339NeedsAnOffsetOrAZone) {
  EXPECT_EQ(read("rfc3339", "2026-05-01T08:00:00.5+02:00"), "2026-05-01T06:00:00.500Z");
  EXPECT_EQ(read("rfc3339", "2026-05-01T08:00:00"), "none");
  EXPECT_EQ(read("rfc3339", "2026-05-01T08:00:00", "+02:00"), "2026-05-01T06:00:00.000Z");
  EXPECT_EQ(read("rfc3339", "2026-05-01T08:00:00Z", "+02:00"), "2026-05-01T08:00:00.000Z");
  EXPECT_EQ(read("rfc3339", "0000-01-01T00:00:00Z"), "none");
}

TEST(TimeFormat, CountsSince1970HaveUnitsAndFractions) {
  EXPECT_EQ(read("unix_s", "1767225600"), "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(read("unix_s", "1767225600.123"), "2026-01-01T00:00:00.123Z");
  EXPECT_EQ(read("unix_s", "1.7672256e9"), "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(read("unix_ms", "1767225600123"), "2026-01-01T00:00:00.123Z");
  EXPECT_EQ(read("unix_us", "1767225600123000"), "2026-01-01T00:00:00.123Z");
  EXPECT_EQ(read("unix_ns", "1767225600123000000"), "2026-01-01T00:00:00.123Z");
  EXPECT_EQ(read("unix_s", "-1"), "1969-12-31T23:59:59.000Z");
  for (const char* text : {"", "x", "1767225600s", " 1", "nan", "inf", "1e300", "1767225600123000"}) {
    EXPECT_EQ(read("unix_s", text), "none") << text;
  }
}

TEST(TimeFormat, PatternsAreAsForStrptime) {
  EXPECT_EQ(read("%Y-%m-%d %H:%M:%S", "2026-5-1 08:00:07"), "2026-05-01T08:00:07.000Z");
  EXPECT_EQ(read("%Y-%m-%d %H:%M:%S", "2026-05-01 08:00:07", "-0530"), "2026-05-01T13:30:07.000Z");
  EXPECT_EQ(read("%d.%m.%y", "31.12.68"), "2068-12-31T00:00:00.000Z");
  EXPECT_EQ(read("%d.%m.%y", "31.12.69"), "1969-12-31T00:00:00.000Z");
  EXPECT_EQ(read("%d-%b-%Y %I:%M %p", "01-MAY-2026 12:05 am"), "2026-05-01T00:05:00.000Z");
  EXPECT_EQ(read("%d-%b-%Y %I:%M %p", "01-May-2026 12:05 PM"), "2026-05-01T12:05:00.000Z");
  EXPECT_EQ(read("%Y%j", "2026032"), "2026-02-01T00:00:00.000Z");
  EXPECT_EQ(read("%Y%m%dT%H%M%S.%f%z 100%%", "20260501T080007.1239+02 100%", "+09:00"), "none");
  EXPECT_EQ(read("%Y%m%dT%H%M%S.%f%z 100%%", "20260501T080007.1239+0200 100%", "+09:00"), "2026-05-01T06:00:07.123Z");
}

TEST(TimeFormat, WhatIsNoDateIsNone) {
  for (const char* text : {"2026-02-29", "2026-13-01", "2026-00-01", "2026-01-00", "2026-01", "2026-01-01 ", "x"}) {
    EXPECT_EQ(read("%Y-%m-%d", text), "none") << text;
  }
  EXPECT_EQ(read("%Y %j", "2026 366"), "none");
  EXPECT_EQ(read("%Y-%m-%d %H:%M", "2026-01-01 24:00"), "none");
  EXPECT_EQ(read("%Y-%m-%d %I %p", "2026-01-01 13 pm"), "none");
}

TEST(TimeFormat, FormatsThatNameNoDateAreMistakes) {
  EXPECT_THAT(read("unix", ""), HasSubstr("names no date; write rfc3339"));
  EXPECT_THAT(read("%H:%M", ""), HasSubstr("names no date"));
  EXPECT_THAT(read("%Y-%m-%d %Q", ""), HasSubstr("has \"%Q\""));
  EXPECT_THAT(read("%Y-%m-%d %", ""), HasSubstr("has \"%\""));
  EXPECT_THAT(read("%Y-%m-%d %I", ""), HasSubstr("%I and %p together"));
}

TEST(TimeFormat, ZonesAreOffsets) {
  EXPECT_EQ(read_zone("UTC")->count(), 0);
  EXPECT_EQ(read_zone("+02:00")->count(), 120);
  EXPECT_EQ(read_zone("-0530")->count(), -330);
  for (const char* text : {"", "Europe/Zurich", "+2", "+25:00", "+02:00x"}) EXPECT_FALSE(read_zone(text)) << text;
}

}  // namespace
}  // namespace tidegate
