#include "gateway/config/scalars.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

#include "gateway/config/diagnostics.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

TEST(Scalars, DurationsAreWholeNumbersWithAUnit) {
  EXPECT_EQ(read_duration("0ms")->count(), 0);
  EXPECT_EQ(*read_duration("250ms"), 250ms);
  EXPECT_EQ(*read_duration("15 m"), 15min);
  EXPECT_EQ(*read_duration("7d"), 7 * 24h);
  for (const char* wrong : {"", "1", "s", "1.5s", "-1s", "1S", "1 sec", "1s ", "0x1s", "1  s"}) {
    EXPECT_FALSE(read_duration(wrong)) << wrong;
  }
  EXPECT_EQ(read_duration("99999999999999999999s").error().message, "is too large");
  EXPECT_EQ(read_duration("106751991168d").error().message, "is too large");
}

TEST(Scalars, SizesKeepDecimalAndBinaryUnitsApart) {
  EXPECT_EQ(read_byte_size("1KB")->bytes, 1000u);
  EXPECT_EQ(read_byte_size("1KiB")->bytes, 1024u);
  EXPECT_EQ(read_byte_size("2GiB")->bytes, 2ull << 30);
  for (const char* wrong : {"1", "1k", "1kb", "1Gb", "KiB", "-1B", "8388608TiB"})
    EXPECT_FALSE(read_byte_size(wrong)) << wrong;
}

TEST(Scalars, WhatIsWrittenReadsAsTheSameValue) {
  for (const std::int64_t ms : {0, 1, 999, 1000, 90'000, 3'600'000, 86'400'000, 86'400'001}) {
    EXPECT_EQ(read_duration(write_duration(milliseconds{ms}))->count(), ms);
  }
  for (const std::uint64_t bytes : {0ull, 1ull, 1000ull, 1024ull, 1048576ull, 2ull << 30}) {
    EXPECT_EQ(read_byte_size(write_byte_size(bytes))->bytes, bytes);
  }
  EXPECT_EQ(write_duration(90s), "90s");
  EXPECT_EQ(write_byte_size(1 << 20), "1MiB");
}

TEST(Scalars, NumbersAreNotGuessed) {
  EXPECT_EQ(*read_signed("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(*read_unsigned("18446744073709551615"), UINT64_MAX);
  for (const char* wrong : {"", "-", "+1", "1e3", "0x10", " 1", "1 ", "18446744073709551616"}) {
    EXPECT_FALSE(read_unsigned(wrong)) << wrong;
    EXPECT_FALSE(read_signed(wrong)) << wrong;
  }
  EXPECT_EQ(*read_number("2.5e1"), 25.0);
  for (const char* wrong : {"", "nan", "inf", "1,5", "1e999"}) EXPECT_FALSE(read_number(wrong)) << wrong;
  for (const char* wrong : {"", "yes", "True", "1", "on"}) EXPECT_FALSE(read_bool(wrong)) << wrong;
}

TEST(Scalars, TimesAreReadAsRfc3339WritesThem) {
  const WallTime noon = std::chrono::sys_days{2026y / 2 / 28} + 12h;
  EXPECT_EQ(*read_time("2026-02-28T12:00:00Z"), noon);
  EXPECT_EQ(*read_time("2026-02-28t12:00:00.123456Z"), noon + 123ms);
  EXPECT_EQ(*read_time("2026-02-28 10:30:00-01:30"), noon);
  for (const char* wrong : {"", "2026-02-29T12:00:00Z", "2026-02-28", "2026-02-28T12:00:00", "2026-02-28T24:00:00Z",
                            "2026-02-28T12:00:00.Z", "2026-02-28T12:00:00+1:00", "2026-2-28T12:00:00Z", "now"}) {
    EXPECT_FALSE(read_time(wrong)) << wrong;
  }
}

TEST(Diagnostics, TheNearestNameIsOfferedAndNoFarOne) {
  constexpr std::string_view kNames[] = {"broker", "client_id", "topic"};
  EXPECT_EQ(nearest("brocker", kNames), "broker");
  EXPECT_EQ(nearest("borker", kNames), "broker");
  EXPECT_EQ(nearest("clientid", kNames), "client_id");
  EXPECT_EQ(nearest("password", kNames), "");
  EXPECT_EQ(nearest("", kNames), "");
}

TEST(Diagnostics, TextIsShownSafely) {
  EXPECT_EQ(quote("a\nb\x01"), "\"a\\nb\\x01\"");
  EXPECT_EQ(quote(std::string(59, 'a') + "\u00e9tat"), "\"" + std::string(59, 'a') + "...\"");
}

}  // namespace
}  // namespace tidegate
