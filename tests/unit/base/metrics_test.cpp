#include "gateway/base/metrics.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

TEST(Metrics, RenderPrometheusTextWithLabelsEscaped) {
  Metrics metrics;
  metrics.counter("tidegate_events_total", "Events.", {{"source", "a\"b"}}).add(3);
  metrics.gauge("tidegate_spool_bytes", "Bytes.").set(-1);
  EXPECT_EQ(metrics.render(),
            "# HELP tidegate_events_total Events.\n# TYPE tidegate_events_total counter\n"
            "tidegate_events_total{source=\"a\\\"b\"} 3\n"
            "# HELP tidegate_spool_bytes Bytes.\n# TYPE tidegate_spool_bytes gauge\ntidegate_spool_bytes -1\n");
}

TEST(Metrics, TheSameNameAndLabelsAreTheSameCounter) {
  Metrics metrics;
  EXPECT_EQ(&metrics.counter("a_total", "A.", {{"x", "1"}}), &metrics.counter("a_total", "A.", {{"x", "1"}}));
  EXPECT_NE(&metrics.counter("a_total", "A.", {{"x", "1"}}), &metrics.counter("a_total", "A.", {{"x", "2"}}));
}

TEST(Metrics, AGaugeIsFoundByNameAndLabelsOnceItExists) {
  Metrics metrics;
  EXPECT_EQ(metrics.gauge_value("tidegate_lane_in_flight", {{"sink", "a"}}), std::nullopt);
  metrics.gauge("tidegate_lane_in_flight", "In flight.", {{"sink", "a"}}).set(7);
  EXPECT_EQ(metrics.gauge_value("tidegate_lane_in_flight", {{"sink", "a"}}), 7);
  EXPECT_EQ(metrics.gauge_value("tidegate_lane_in_flight", {{"sink", "b"}}), std::nullopt);
}

}  // namespace
}  // namespace tidegate
