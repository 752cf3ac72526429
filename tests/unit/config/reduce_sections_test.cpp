#include "gateway/config/reduce_sections.h"

#include <gtest/gtest.h>

#include <chrono>

#include "fake_connectors.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;

/// A config whose only route reduces so; what is reported, without the file's name.
LoadedConfig reduced(const std::string& steps) {
  return load_text(
      "sources: { floor: { type: mqtt, broker: b } }\nsinks: { cloud: { type: http, url: u } }\nroutes:\n  all:\n"
      "    topic: site/{device}\n    to: cloud\n    reduce: " +
      steps + "\n");
}
std::string report(const std::string& steps) {
  const std::string text = reduced(steps).diagnostics.text();
  return text.empty() ? "" : text.substr(text.find("yaml:") + 5);
}

TEST(ReduceOptions, EveryStepCanBeWritten) {
  const LoadedConfig loaded = reduced(R"([
    { deadband: { field: data.temperature, percent: 2.5, heartbeat: 10m, key: [captures.device, data.probe], max_keys: 5 } },
    { changed: { fields: [data.open, attributes.alarm] } },
    { throttle: { events: 3, every: 10s } },
    { sample: { one_in: 4 } },
    { dedupe: { within: 30s } },
    { window: { fields: data.temperature, every: 5m, late: drop } } ])");
  ASSERT_TRUE(loaded.config) << loaded.diagnostics.text();
  const std::vector<ReduceStep>& steps = loaded.config->routes.front().reduce;
  ASSERT_EQ(steps.size(), 6U);
  EXPECT_EQ(steps[0].deadband->percent, 2.5);
  EXPECT_EQ(steps[0].deadband->heartbeat, 10min);
  EXPECT_EQ(steps[0].deadband->key.at(1).text(), "data.probe");
  EXPECT_EQ(steps[0].deadband->max_keys, 5U);
  EXPECT_EQ(steps[1].changed->key, std::vector{EventField::subject()});
  EXPECT_EQ(steps[2].throttle->events, 3U);
  EXPECT_EQ(steps[3].sample->key, std::vector{EventField::id()});
  EXPECT_EQ(steps[4].dedupe->fields, std::vector{EventField::data()});
  EXPECT_EQ(steps[5].window->late, WindowOptions::Late::drop);
}

TEST(ReduceOptions, OneStepNeedsNoList) {
  const LoadedConfig loaded = reduced("{ throttle: { every: 1m } }");
  ASSERT_TRUE(loaded.config) << loaded.diagnostics.text();
  EXPECT_EQ(loaded.config->routes.front().reduce.size(), 1U);
}

TEST(ReduceOptions, MistakesAreReportedAtTheirPlace) {
  EXPECT_EQ(report("{ deadband: { field: temperature, absolute: 1 } }"),
            "7:34: error: routes.all.reduce.deadband.field: \"temperature\" is no field; there are id, source, type, "
            "subject, datacontenttype, "
            "captures.NAME, attributes.NAME, data and data.PATH\n");
  EXPECT_EQ(
      report("{ deadband: { field: subject, absolute: 1 } }"),
      "7:34: error: routes.all.reduce.deadband.field: \"subject\" is no number of the payload; write data.PATH\n");
  EXPECT_EQ(report("{ window: { fields: [data.v, data] } }"),
            "7:42: error: routes.all.reduce.window.fields: \"data\" is no number of the payload; write data.PATH\n");
  EXPECT_EQ(report("{ deadband: { field: data.v } }"),
            "7:15: error: routes.all.reduce.deadband.absolute: give either absolute or percent\n");
  EXPECT_EQ(report("{ changed: {} }"),
            "7:15: error: missing option \"fields\" in routes.all.reduce.changed: What must have changed.\n");
  EXPECT_EQ(report("{ throttle: {}, sample: {} }"),
            "7:5: error: routes.all.reduce.deadband: a step is exactly one of deadband, changed, throttle, sample, "
            "dedupe, window\n");
  EXPECT_EQ(report("[ { window: { fields: data.v } }, { throttle: {} } ]"),
            "7:5: error: routes.all.reduce: window must be the last step\n");
  EXPECT_EQ(report("{ throttle: { key: captures.site } }"),
            "7:5: error: routes.all.reduce: the topic has no {site} for captures.site\n");
}

}  // namespace
}  // namespace tidegate
