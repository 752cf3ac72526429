// The real program between a folder and a real InfluxDB, both killed now and then.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/http/http_client.h"
#include "tests/support/process/gateway.h"
#include "tests/support/process/influxdb.h"

namespace tidegate::influxdb {
namespace {

namespace fs = std::filesystem;

constexpr milliseconds kPatience{60'000};

std::string query(std::uint16_t port, const std::string& form) {
  test::HttpClient client(port);
  return client.post("/query?db=plant", form, {"Content-Type: application/x-www-form-urlencoded"}).body;
}

TEST(InfluxGateway, KilledOnEitherSideEveryRowIsOnePoint) {
  if (!test::InfluxDb::installed()) GTEST_SKIP() << "there is no influxd; apt install influxdb";
  constexpr std::uint64_t kRows = 100'000;
  const test::TempDir dir;
  fs::create_directory(dir / "influx");
  fs::create_directory(dir / "drop");
  auto influx = test::InfluxDb::start(dir / "influx");
  ASSERT_TRUE(influx) << influx.error().message;
  query((*influx)->port(), "q=CREATE%20DATABASE%20plant");
  test::GatewayProcess gateway(fs::path(TIDEGATE_BIN_DIR) / "tidegate", dir.path());
  gateway.configure(gateway.preamble() + fmt::format(R"(sources:
  erp: {{ type: directory, path: {}, ready: rename }}
sinks:
  tsdb:
    type: influxdb
    url: {}
    database: plant
    measurement: rows
    fields: {{ n: "${{data.n}}" }}
    timestamp: ${{data.n}}
    batch: {{ max_events: 500, max_wait: 5ms }}
    retry: {{ initial: 20ms, max: 200ms }}
    breaker: {{ interval: 100ms }}
routes:
  all: {{ to: tsdb }}
)",
                                                     (dir / "drop").string(), (*influx)->url()));
  const auto start = [&] {
    const auto up = gateway.start_ready();
    ASSERT_TRUE(up) << up.error().message << gateway.log();
  };
  const auto delivered = [&](std::uint64_t count) {
    return test::wait_until(test::within(kPatience), [&] { return gateway.books("delivered") >= count; });
  };
  start();
  std::string text = "n\n";
  for (std::uint64_t i = 0; i < kRows; ++i) text += fmt::format("{}\n", i);
  test::write_file(dir / "drop/rows.csv.tmp", text);
  fs::rename(dir / "drop/rows.csv.tmp", dir / "drop/rows.csv");
  for (std::uint64_t kill = 1; kill <= 3; ++kill) {
    ASSERT_TRUE(delivered(kill * kRows / 8)) << gateway.log();
    gateway.kill();
    start();
  }
  (*influx)->stop();
  ASSERT_TRUE((*influx)->restart());
  EXPECT_TRUE(delivered(kRows)) << gateway.log();
  EXPECT_EQ(gateway.books("delivered"), kRows);
  EXPECT_EQ(gateway.stop(), 0) << gateway.log();
  const auto audit = gateway.command({"audit"});
  EXPECT_EQ(audit.status, 0) << audit.output << audit.errors;
  const std::string answer = query((*influx)->port(), "q=SELECT%20COUNT(n),SUM(n)%20FROM%20rows");
  const auto json = nlohmann::json::parse(answer, nullptr, false);
  ASSERT_TRUE(json.is_object() && json["results"][0].contains("series")) << answer;
  const auto& values = json["results"][0]["series"][0]["values"][0];
  EXPECT_EQ(values[1], kRows);
  EXPECT_EQ(values[2], kRows * (kRows - 1) / 2);
}

}  // namespace
}  // namespace tidegate::influxdb
