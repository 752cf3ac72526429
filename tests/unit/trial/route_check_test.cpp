#include "gateway/trial/route_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/trial/site.h"

namespace tidegate {
namespace {

using ::testing::HasSubstr;

std::string warnings(std::string_view routes) {
  const Config config = testing::site(routes);
  Diagnostics diagnostics("site.yaml");
  warn_about_routes(config, diagnostics);
  return diagnostics.text();
}

bool overlaps(const char* a, const char* b) { return overlap(*TopicFilter::parse(a), *TopicFilter::parse(b)); }
bool covered(const char* a, const char* b) { return covers(*TopicFilter::parse(a), *TopicFilter::parse(b)); }

TEST(Filters, OverlapWhenATopicMatchesBoth) {
  EXPECT_TRUE(overlaps("a/+/c", "a/b/#"));
  EXPECT_TRUE(overlaps("a/#", "a"));
  EXPECT_TRUE(overlaps("#", "x/{y}"));
  EXPECT_TRUE(overlaps("$SYS/#", "$SYS/x"));
  EXPECT_FALSE(overlaps("a/+", "a/b/c"));
  EXPECT_FALSE(overlaps("a/b", "a/c"));
  EXPECT_FALSE(overlaps("#", "$SYS/x"));
}

TEST(Filters, CoverWhenEveryTopicMatches) {
  EXPECT_TRUE(covered("a/#", "a/+/c"));
  EXPECT_TRUE(covered("a/+/c", "a/{x}/c"));
  EXPECT_TRUE(covered("a/#", "a"));
  EXPECT_FALSE(covered("a/b", "a/+"));
  EXPECT_FALSE(covered("a/+", "a/#"));
  EXPECT_FALSE(covered("#", "$SYS/#"));
}

TEST(RouteCheck, WhatIsRightIsNotWarnedOf) {
  EXPECT_EQ(warnings(R"(
routes:
  hot: { from: floor, topic: "sensors/{site}/+", to: cloud }
  all: { from: floor, to: hq }
)"),
            "");
}

TEST(RouteCheck, ARouteWhoseTopicsNobodyBringsIsNamed) {
  EXPECT_THAT(warnings(R"(
routes: { r: { from: floor, topic: "sensor/#", to: cloud } }
)"),
              HasSubstr("site.yaml:10:11: warning: routes.r: never matches: no source of it brings topics like "
                        "\"sensor/#\"; they bring sensors/# (floor)"));
  EXPECT_THAT(warnings("routes: { r: { from: erp, topic: \"erp/#\", to: cloud } }"), HasSubstr("files/erp (erp)"));
}

TEST(RouteCheck, ACaptureThatHidesTheEventsOwnNameIsNamed) {
  EXPECT_THAT(warnings(R"(
routes: { r: { from: floor, topic: "sensors/{source}/#", to: cloud } }
)"),
              HasSubstr("the capture {source} hides"));
}

TEST(RouteCheck, EventsThatReachASinkTwiceAreNamedOnce) {
  const std::string said = warnings(R"(
routes:
  wide: { to: cloud }
  narrow: { from: floor, topic: "sensors/a/#", to: [cloud, hq] }
)");
  EXPECT_THAT(said, HasSubstr("routes.narrow: all of its events reach sink \"cloud\" by route \"wide\" too"));
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1);
  const std::string same = warnings(R"(
routes: { one: { to: cloud }, two: { to: cloud } }
)");
  EXPECT_EQ(std::count(same.begin(), same.end(), '\n'), 1);
}

TEST(RouteCheck, ARouteWithAPatternTakesNotAllThatItsTopicDoes) {
  EXPECT_EQ(warnings(R"(
routes:
  wide: { match: { data: { value: [ 1 ] } }, to: cloud }
  narrow: { from: floor, topic: "sensors/a/#", to: cloud }
)"),
            "");
  EXPECT_THAT(warnings(R"(
routes:
  wide: { to: cloud }
  narrow: { match: { data: { value: [ 1 ] } }, to: cloud }
)"),
              HasSubstr("routes.narrow: all of its events reach sink \"cloud\" by route \"wide\" too"));
}

TEST(RouteCheck, PatternsThatCannotHoldAreNamed) {
  EXPECT_THAT(warnings(R"(
routes: { r: { topic: "sensors/{site}/#", match: { captures: { sight: [ a ] } }, to: cloud } }
)"),
              HasSubstr("routes.r.match: captures.sight has no value: the topic \"sensors/{site}/#\" has no {sight}"));
  EXPECT_EQ(warnings(R"(
routes: { r: { topic: "sensors/{site}/#", match: { captures: { site: [ a ] } }, to: cloud } }
)"),
            "");
  EXPECT_THAT(warnings(R"(
routes: { r: { match: { data: { v: [ { numeric: [ ">", 1.7976931348623157e308 ] } ] } }, to: cloud } }
)"),
              HasSubstr("routes.r: never matches: "));
}

TEST(RouteCheck, APatternOnDataNeedsASourceThatBringsJson) {
  const auto said = [](std::string_view routes) {
    const std::string text = R"(
gateway: { id: plant-7 }
sources:
  scans: { type: directory, path: /tmp/scans, format: whole_file, content_type: image/tiff }
  floor: { type: mqtt, broker: "mqtt://127.0.0.1", subscribe: ["#"] }
sinks:
  cloud: { type: http, url: "http://127.0.0.1:9/" }
)" + std::string(routes);
    LoadedConfig loaded = load_config_text(text, "site.yaml", connector_types(), process_environment());
    Diagnostics diagnostics("site.yaml");
    if (loaded.config) warn_about_routes(*loaded.config, diagnostics);
    return loaded.config ? diagnostics.text() : loaded.diagnostics.text();
  };
  EXPECT_THAT(said("routes: { r: { from: scans, match: { data: { v: [ 1 ] } }, to: cloud } }"),
              HasSubstr("needs a payload that is JSON, which no source of it brings"));
  EXPECT_EQ(said("routes: { r: { from: scans, match: { type: [ { prefix: t } ] }, to: cloud } }"), "");
  EXPECT_EQ(said("routes: { r: { match: { data: { v: [ 1 ] } }, to: cloud } }"), "");
}

TEST(RouteCheck, SumsBesideTheEventsThemselvesAreNotTheSameTwice) {
  EXPECT_EQ(warnings(R"(
routes: { all: { to: cloud }, sums: { reduce: { window: { fields: data.v } }, to: cloud } }
)"),
            "");
}

}  // namespace
}  // namespace tidegate
