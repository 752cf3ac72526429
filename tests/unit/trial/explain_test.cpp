#include "gateway/trial/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/trial/site.h"

namespace tidegate {
namespace {

using ::testing::HasSubstr;

const Config& plant() {
  static const Config config = testing::site(R"(
routes:
  hot:
    from: floor
    topic: "sensors/{site}/+/temperature"
    to: [cloud, hq]
  all: { to: hq }
  deep: { topic: "sensors/+/+/+/#", to: cloud }
  alarm: { topic: "sensors/{site}/#", match: { data: { value: [ { numeric: [ ">", 80 ] } ] }, captures: { site: [ a ] } }, to: hq }
)");
  return config;
}

std::string reason(std::string_view line, std::size_t route) {
  Explainer explainer(plant());
  auto specimen = read_specimen(line);
  if (!specimen) return specimen.error().message;
  const auto verdicts = explainer.explain(*specimen, Instant{SteadyTime{}, WallTime{milliseconds{1}}});
  if (!verdicts) return verdicts.error().message;
  const auto& verdict = (**verdicts)[route];
  return verdict.matched ? "matched" : verdict.reason;
}

TEST(Explain, SaysTheFirstConditionThatFailed) {
  EXPECT_EQ(reason(R"({"topic":"sensors/a/1/temperature","data":{"value":91}})", 0), "matched");
  EXPECT_EQ(reason(R"({"topic":"sensors/a/1/humidity","data":{"value":91}})", 0),
            R"(topic level 4 is "humidity", wanted "temperature")");
  EXPECT_EQ(reason(R"({"topic":"sensors/a/1/temperature","source":"erp","data":{"value":91}})", 0),
            "source is erp, wanted floor");
  EXPECT_EQ(reason(R"({"topic":"sensors/a"})", 2), "the topic has 2 levels, wanted more: sensors/+/+/+/#");
  EXPECT_EQ(reason(R"({"topic":"$SYS/x"})", 1), "the topic begins with $, which no leading wildcard matches");
  EXPECT_THAT(reason(R"({"topic":"sensors/a/1/temperature","attributes":{"tidegatehops":"plant-7"}})", 1),
              HasSubstr("at this gateway before"));
}

TEST(Explain, SaysWhatThePatternMissed) {
  EXPECT_EQ(reason(R"({"topic":"sensors/a/1/temperature","data":{"value":91}})", 3), "matched");
  EXPECT_EQ(reason(R"({"topic":"sensors/a/1/temperature","data":{"value":21.5}})", 3),
            "data.value is 21.5, wanted > 80");
  EXPECT_EQ(reason(R"({"topic":"sensors/b/1/temperature","data":{"value":91}})", 3),
            R"(captures.site is "b", wanted "a")");
}

TEST(Explain, WithoutASourceTheRoutesMayHaveAny) {
  EXPECT_EQ(reason(R"({"topic":"sensors/a/1/temperature","data":{"value":91}})", 0), "matched");
  EXPECT_EQ(reason(R"({"topic":"t","source":"nobody"})", 1), "the config has no source \"nobody\"");
}

TEST(Explain, LinesAreReadStrictly) {
  const auto said = [](std::string_view line) {
    const auto read = read_specimen(line);
    return read ? std::string() : read.error().message;
  };
  EXPECT_EQ(said(R"( {"topic":"a/b","data":[1, {"x":null}],"attributes":{"n":7,"s":"t"}} )"), "");
  EXPECT_THAT(said("[]"), HasSubstr("no JSON object"));
  EXPECT_THAT(said(R"({"topic":"a")"), HasSubstr("is no JSON"));
  EXPECT_THAT(said(R"({"topic":"a"} x)"), HasSubstr("is no JSON"));
  EXPECT_THAT(said(R"({"topic":"a","data":01})"), HasSubstr("is no JSON"));
  EXPECT_THAT(said(R"({"data":1})"), HasSubstr("needs a topic"));
  EXPECT_THAT(said(R"({"topic":"a/#"})"), HasSubstr("needs a topic"));
  EXPECT_THAT(said(R"({"topic":7})"), HasSubstr("topic must be a string"));
  EXPECT_THAT(said(R"({"topic":"a","data":1,"text":"x"})"), HasSubstr("more than one"));
  EXPECT_THAT(said(R"({"topic":"a","dat":1})"), HasSubstr("unknown member \"dat\""));
  EXPECT_THAT(said("{\"topic\":\"a\xff\"}"), HasSubstr("UTF-8"));
}

TEST(Explain, PayloadsAreTakenAsTheyAreWritten) {
  EXPECT_EQ(read_specimen(R"({"topic":"a","data":{"v": 1.50}})")->event.data, R"({"v": 1.50})");
  EXPECT_EQ(read_specimen(R"({"topic":"a","text":"21\n"})")->event.data, "21\n");
  EXPECT_EQ(read_specimen(R"({"topic":"a","base64":"AP8="})")->event.data, std::string("\0\xff", 2));
}

TEST(Explain, ShowsWhatEachSinkWouldGet) {
  Explainer explainer(plant());
  auto specimen = read_specimen(R"({"topic":"sensors/a/1/temperature","data":{"value":91},"id":"x1"})");
  const Instant now{SteadyTime{}, WallTime{milliseconds{1'700'000'000'000}}};
  ASSERT_TRUE(explainer.explain(*specimen, now));
  const auto sinks = explainer.deliveries(0, specimen->event, now);
  ASSERT_EQ(sinks.size(), 2u);
  ASSERT_EQ(sinks[0].parts.size(), 1u);
  EXPECT_EQ(sinks[0].parts[0].to, "POST http://127.0.0.1:9/events");
  EXPECT_THAT(sinks[0].parts[0].body, HasSubstr(R"("id":"x1")"));
  EXPECT_THAT(sinks[0].parts[0].body, HasSubstr(R"("data":{"value":91})"));
  ASSERT_EQ(sinks[1].parts.size(), 1u);
  EXPECT_THAT(sinks[1].parts[0].to, HasSubstr("sensors/a/1/temperature at mqtt://127.0.0.1"));
  EXPECT_EQ(sinks[1].parts[0].body, R"({"value":91})");
}

TEST(Explain, ShowsWhatATransformMakesOrWhyItCannot) {
  const Config config =
      testing::site("routes: { all: { to: cloud, transform: { template: { v: \"${data.value}\" }, type: reading } } }");
  Explainer explainer(config);
  const Instant now{SteadyTime{}, WallTime{milliseconds{1'700'000'000'000}}};
  auto good = read_specimen(R"({"topic":"a","source":"floor","data":{"value":91}})");
  ASSERT_TRUE(explainer.explain(*good, now));
  auto sinks = explainer.deliveries(0, good->event, now);
  ASSERT_EQ(sinks.at(0).parts.size(), 1u);
  EXPECT_THAT(sinks[0].parts[0].body, HasSubstr(R"("data":{"v":91})"));
  EXPECT_THAT(sinks[0].parts[0].body, HasSubstr(R"("type":"reading")"));
  auto bad = read_specimen(R"({"topic":"a","source":"floor","text":"ON"})");
  ASSERT_TRUE(explainer.explain(*bad, now));
  sinks = explainer.deliveries(0, bad->event, now);
  EXPECT_EQ(sinks.at(0).dead, "template: data.value is missing: the payload is not JSON");
}

}  // namespace
}  // namespace tidegate
