#include "gateway/transform/event_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/event/rfc3339.h"
#include "transforms.h"

namespace tidegate {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;
using testing::reading;
using testing::transform_mistake;
using testing::transformed;

// reading() came in at 2026-01-01T00:00:00.123Z.
Event at(const std::string& time) { return reading(R"({"ts":)" + time + "}"); }

std::string time_of(const Event& event) {
  std::string out;
  append_rfc3339(event.time, out);
  return out;
}

TEST(EventTime, IsTakenFromTheField) {
  const auto out = transformed("time: { field: data.ts, format: unix_s }", at("1767225500"));
  EXPECT_EQ(time_of(out.event), "2025-12-31T23:58:20.000Z");
  EXPECT_THAT(out.event.attributes, Not(Contains(Key("deviceclock"))));
  Event named = reading();
  named.attributes.emplace_back("at", "2025-12-31T23:59:00Z");
  EXPECT_EQ(time_of(transformed("time: { field: attributes.at }", named).event), "2025-12-31T23:59:00.000Z");
}

TEST(EventTime, IsWhatTemplatesSee) {
  const auto out = transformed("time: { field: data.ts, format: unix_s }\ntemplate: '${time}'", at("1767225500"));
  EXPECT_EQ(out.event.data, R"("2025-12-31T23:58:20.000Z")");
}

TEST(EventTime, AnAbsurdClockIsAnAttributeByDefault) {
  for (const char* absurd : {"0", "1767225901", "1735689599", "1e300", "\"soon\""}) {
    const auto out = transformed("time: { field: data.ts, format: unix_s }", at(absurd));
    EXPECT_EQ(time_of(out.event), "2026-01-01T00:00:00.123Z") << absurd;
    std::string said = absurd;
    std::erase(said, '"');
    EXPECT_THAT(out.event.attributes, Contains(Pair("deviceclock", said)));
  }
}

TEST(EventTime, TheBoundsAreInclusive) {
  const std::string yaml = "time: { field: data.ts, format: unix_ms, max_ahead: 1s, max_behind: 2s }";
  EXPECT_EQ(time_of(transformed(yaml, at("1767225601123")).event), "2026-01-01T00:00:01.123Z");
  EXPECT_EQ(time_of(transformed(yaml, at("1767225601124")).event), "2026-01-01T00:00:00.123Z");
  EXPECT_EQ(time_of(transformed(yaml, at("1767225598123")).event), "2025-12-31T23:59:58.123Z");
  EXPECT_EQ(time_of(transformed(yaml, at("1767225598122")).event), "2026-01-01T00:00:00.123Z");
}

TEST(EventTime, OrADeadLetterWhenThatIsWanted) {
  const std::string yaml = "time: { field: data.ts, format: unix_s, otherwise: dead }";
  EXPECT_EQ(transformed(yaml, at("0")).fault,
            "time: data.ts is 1970-01-01T00:00:00.000Z, too far from 2026-01-01T00:00:00.123Z, when the event came in");
  EXPECT_EQ(transformed(yaml, at("\"soon\"")).fault, "time: data.ts is \"soon\", no time of the format");
  EXPECT_EQ(transformed(yaml, at("null")).fault, "time: data.ts is missing");
  EXPECT_EQ(transformed(yaml, reading("ON")).fault, "time: data.ts is missing");
}

TEST(EventTime, OrKeptAsFarAsItIsATime) {
  const std::string yaml = "time: { field: data.ts, format: unix_s, otherwise: keep }";
  EXPECT_EQ(time_of(transformed(yaml, at("0")).event), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(time_of(transformed(yaml, at("\"soon\"")).event), "2026-01-01T00:00:00.123Z");
}

TEST(EventTime, LongTextsAreCutBetweenCharacters) {
  const auto out =
      transformed("time: { field: data.ts }", at("\"x" + std::string("ééééééééééééééééééééééééééééééééééé\"")));
  ASSERT_THAT(out.event.attributes, Contains(Key("deviceclock")));
  EXPECT_EQ(out.event.attributes.back().second, "x" + std::string("ééééééééééééééééééééééééééééééé"));
}

TEST(EventTime, MistakesOfTheOptionsAreReported) {
  EXPECT_THAT(transform_mistake("time: { format: unix_s }"), HasSubstr("missing option \"field\""));
  EXPECT_THAT(transform_mistake("time: { field: ts }"), HasSubstr("is no field"));
  EXPECT_THAT(transform_mistake("time: { field: subject }"), HasSubstr("is no field"));
  EXPECT_THAT(transform_mistake("time: { field: data.ts, format: unix }"), HasSubstr("names no date"));
  EXPECT_THAT(transform_mistake("time: { field: data.ts, zone: CET }"), HasSubstr("is no offset from UTC"));
}

}  // namespace
}  // namespace tidegate
