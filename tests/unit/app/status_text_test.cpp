#include "gateway/app/status_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "gateway/admin/status.h"

namespace tidegate {
namespace {

StatusReport report() {
  StatusReport out;
  out.version = "0.1.0";
  out.gateway_id = "plant-7";
  out.data_dir = "/var/lib/tidegate";
  out.ready = true;
  out.uptime = std::chrono::seconds{3725};
  out.sources = {{"plant-floor", "mqtt"}};
  out.lanes = {{"temperatures", "cloud", "http", std::chrono::seconds{75}}};
  out.spool.bytes_used = 13'000'000;
  out.spool.bytes_max = 2ull << 30;
  out.spool.sources["plant-floor"] = {8123, 8000, 123, 0, 2};
  out.spool.lanes["temperatures/cloud"] = {8000, 7990, 0, 3, 0, 0, 7, 0};
  out.spool.lanes["old/gone"] = {5, 0, 0, 0, 0, 0, 5, 0};
  out.spool.dead_letters["temperatures/cloud"] = 3;
  out.health["source plant-floor"] = {HealthState::ok, "connected", {}};
  out.health["lane temperatures/cloud"] = {HealthState::waiting, "breaker open: HTTP 503", {}};
  return out;
}

TEST(StatusText, IsOnePictureMadeFor80Columns) {
  EXPECT_EQ(status_text(to_json(report())),
            "tidegate 0.1.0  plant-7  ready, up 1h 2m\n"
            "data dir  /var/lib/tidegate\n"
            "spool     12.4 MiB of 2.0 GiB\n"
            "\n"
            "SOURCE       TYPE  STATE  RECEIVED  FILTERED  REPEATS\n"
            "plant-floor  mqtt  ok         8123       123        2\n"
            "\n"
            "LANE                TYPE  STATE     PENDING  OLDEST  DELIVERED  DEAD\n"
            "old/gone                  orphaned        5       -          0     0\n"
            "temperatures/cloud  http  waiting         7  1m 15s       7990     3\n"
            "\n"
            "note  lane temperatures/cloud since 1970-01-01T00:00:00Z: breaker open: HTTP 503\n");
}

TEST(StatusText, SaysWhenTheGatewayDoesNotRun) {
  StatusReport cold = report();
  cold.live = false;
  cold.health.clear();
  const std::string text = status_text(to_json(cold));
  EXPECT_NE(text.find("not running"), std::string::npos);
  EXPECT_EQ(text.find("waiting"), std::string::npos);
}

}  // namespace
}  // namespace tidegate
