#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/trial/site.h"

namespace tidegate {
namespace {

using ::testing::HasSubstr;

const Config& plant() {
  static const Config config = testing::site(R"(
routes:
  temperatures: { from: floor, topic: "sensors/{site}/+/temperature", to: [cloud, hq] }
  orders: { from: erp, topic: "files/#", to: cloud }
)");
  return config;
}

std::string said(std::string_view text) { return testing::said_of(plant(), text); }

TEST(CaseFile, LiesBesideItsConfig) {
  EXPECT_EQ(cases_beside("/etc/tidegate/gateway.yaml"), "/etc/tidegate/gateway.test.yaml");
  EXPECT_EQ(cases_beside("gateway"), "gateway.test.yaml");
}

TEST(CaseFile, PayloadsAreTheJsonThatTheYamlSays) {
  const auto cases = testing::cases_of(plant(), R"(
cases:
  - name: types
    given:
      - source: floor
        topic: sensors/a/1/temperature
        data: { n: 21.50, s: "21.50", yes: yes, b: true, none: ~, list: [1, "1"], "quo\"te": {} }
      - { source: floor, topic: t, text: "{not json" }
      - { source: floor, topic: t, base64: "AP8=" }
      - { source: floor, topic: t, series: [{ v: 1 }, { v: 2 }, 3] }
    expect: { temperatures: { pending: 0 } }
)");
  ASSERT_EQ(cases.size(), 1u);
  const auto& given = cases[0].given;
  ASSERT_EQ(given.size(), 4u);
  EXPECT_EQ(given[0].event.data,
            R"({"n":21.50,"s":"21.50","yes":"yes","b":true,"none":null,"list":[1,"1"],"quo\"te":{}})");
  EXPECT_EQ(given[1].event.data, "{not json");
  EXPECT_EQ(given[2].event.data, std::string("\0\xff", 2));
  EXPECT_EQ(given[3].series, (std::vector<std::string>{R"({"v":1})", R"({"v":2})", "3"}));
  EXPECT_EQ(given[3].repeat, 3u);
}

TEST(CaseFile, MistakesAreReportedWithTheirPlace) {
  EXPECT_EQ(
      said(R"(cases:
  - name: wrong
    given:
      - { source: flor, topic: t }
      - { topic: t }
      - { source: floor, topic: "a/+" }
      - { source: floor, topic: t, data: 1, text: "1" }
    sinks:
      cloud: [ { answer: tired }, { answer: ok } ]
      clod: []
    expect:
      temperature: { pending: 0 }
      temperatures/mqtt: { pending: 0 }
      temperatures: { matched: [5], delivered: [ { subjct: t } ] }
      orders: { at: { soon: { pending: 1 } } }
)"),
      "site.test.yaml:4:19: error: cases[1].given[1]: the config has no source \"flor\"; did you mean \"floor\"?\n"
      "site.test.yaml:5:9: error: cases[1].given[2]: say which source brings it: floor, erp\n"
      "site.test.yaml:6:33: error: cases[1].given[3].topic: \"a/+\" is no topic: it must be text without + and #\n"
      "site.test.yaml:7:36: error: cases[1].given[4].data: of data, series, text and base64 only one may be given\n"
      "site.test.yaml:9:16: error: cases[1].sinks.cloud[1]: a peer of type http does not answer \"tired\"; it "
      "answers ok, down, timeout and an HTTP status\n"
      "site.test.yaml:9:35: error: cases[1].sinks.cloud[2]: never reached; the step before needs \"for\" or "
      "\"times\"\n"
      "site.test.yaml:10:7: error: cases[1].sinks: the config has no sink \"clod\"; did you mean \"cloud\"?\n"
      "site.test.yaml:12:7: error: cases[1].expect: the config has no route \"temperature\"; did you mean "
      "\"temperatures\"?\n"
      "site.test.yaml:13:7: error: cases[1].expect: route temperatures does not lead to \"mqtt\"; it leads to "
      "cloud, hq\n"
      "site.test.yaml:14:33: error: cases[1].expect.temperatures.matched: the numbers of given events are 1 to "
      "4; none is []\n"
      "site.test.yaml:14:52: error: unknown option \"subjct\" in cases[1].expect.temperatures.delivered[1]; did "
      "you mean \"subject\"?\n"
      "site.test.yaml:15:23: error: cases[1].expect.orders.at: \"soon\" is not a duration; write a whole number "
      "and a unit, as in 30s\n");
}

TEST(CaseFile, WhatIsNotACaseFileIsRefused) {
  EXPECT_THAT(said(""), HasSubstr("must hold a list named cases"));
  EXPECT_THAT(said("cases: []"), HasSubstr("at least one"));
  EXPECT_THAT(said("cases: [ { name: x } ]"), HasSubstr("expects nothing"));
  EXPECT_THAT(said("cases: [ { name: x, expect: {} } ]"), HasSubstr("expects nothing"));
  EXPECT_THAT(said("cases: [ { name: x, expect: { orders: {} } } ]"), HasSubstr("expects nothing"));
  EXPECT_THAT(said("case: 1\ncases: [ { name: x, expect: { orders: { pending: 0 } } } ]"),
              HasSubstr("unknown section"));
}

TEST(CaseFile, AnEventTooManyIsRefusedBeforeItIsMade) {
  EXPECT_THAT(said(R"(
cases:
  - name: flood
    given: [ { source: floor, topic: t, repeat: 60000 }, { source: floor, topic: t, repeat: 60000 } ]
    expect: { orders: { pending: 0 } }
)"),
              HasSubstr("more than 100000 events"));
}

TEST(CaseFile, APeerGivesOnlyAnswersOfItsProtocol) {
  const auto with = [](std::string_view sinks) {
    return said("cases: [ { name: x, expect: { orders: { pending: 0 } }, sinks: " + std::string(sinks) + " } ]");
  };
  EXPECT_EQ(with("{ cloud: [ { answer: down, for: 1s }, { answer: 429, times: 1 }, ok ] }"), "");
  EXPECT_EQ(with("{ hq: [ { answer: 0x97, times: 1 } ] }"), "");
  EXPECT_THAT(with("{ cloud: [ { answer: 0x97 } ] }"), HasSubstr("it answers ok, down, timeout and an HTTP status"));
  EXPECT_THAT(with("{ hq: [ { answer: 429 } ] }"), HasSubstr("a reason code"));
  EXPECT_THAT(with("{ cloud: [ ok, down ] }"), HasSubstr("never reached"));
  EXPECT_THAT(with("{ cloud: [ { answer: ok, for: 1s, times: 3 } ] }"), HasSubstr("write two steps"));
}

}  // namespace
}  // namespace tidegate
