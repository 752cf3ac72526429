// The influxdb sink in front of a real InfluxDB 1.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "connectors/auth/encoding.h"
#include "connectors/influxdb/influxdb.h"
#include "gateway/config/option_table.h"
#include "tests/support/files/temp_dir.h"
#include "tests/support/http/http_client.h"
#include "tests/support/process/influxdb.h"

namespace tidegate::influxdb {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

constexpr std::chrono::seconds kPatience{60};

class RealInflux : public ::testing::Test {
 protected:
  void SetUp() override { start(false); }
  void start(bool auth) {
    if (!test::InfluxDb::installed()) GTEST_SKIP() << "there is no influxd; apt install influxdb";
    auto started = test::InfluxDb::start(dir_.path(), auth);
    ASSERT_TRUE(started) << started.error().message;
    influx_ = *std::move(started);
    if (!auth) query("CREATE DATABASE plant");
  }

  /// The answer's first series: its values, row by row.
  Json query(const std::string& text, const std::string& more = {}) {
    std::string body;
    auth::append_form_field("q", text, body);
    test::HttpClient client(influx_->port());
    const auto reply =
        client.post("/query?db=plant&epoch=ms" + more, body, {"Content-Type: application/x-www-form-urlencoded"});
    EXPECT_EQ(reply.status, 200) << reply.body;
    const Json json = Json::parse(reply.body, nullptr, false);
    EXPECT_FALSE(reply.body.find("\"error\"") != std::string::npos) << reply.body;
    return json["results"][0].contains("series") ? json["results"][0]["series"][0] : Json();
  }

  std::unique_ptr<Sink> make(const std::string& yaml) {
    const auto options = parse_text(*influxdb_sink_options(), fmt::format("url: {}\n{}", influx_->url(), yaml));
    EXPECT_TRUE(options) << options.error().message;
    context_.name = "tsdb";
    context_.route = "all";
    context_.clock = &clock_;
    auto sink = make_influxdb_sink(context_, *options);
    EXPECT_TRUE(sink) << sink.error().message;
    return *std::move(sink);
  }
  const OutEvent* event(std::string data, std::string site = "hall 2, \"west\"=\\x") {
    auto out = std::make_unique<OutEvent>();
    out->event.id = fmt::format("e{}", events_.size() + 1);
    out->event.time = WallTime{milliseconds{1'767'225'600'000 + static_cast<std::int64_t>(events_.size())}};
    out->event.data = std::move(data);
    out->captures = {{"site", std::move(site)}};
    events_.push_back(std::move(out));
    return events_.back().get();
  }
  Settled send(Sink& sink, std::vector<const OutEvent*> events) {
    sink.submit({BatchId{1}, std::move(events)});
    auto settled = sink.wait(Deadline{clock_.steady() + kPatience}, {});
    EXPECT_EQ(settled.size(), 1u);
    return settled.empty() ? Settled{} : std::move(settled[0]);
  }

  test::TempDir dir_;
  SystemClock clock_;
  ConnectorContext context_;
  std::unique_ptr<test::InfluxDb> influx_;
  std::vector<std::unique_ptr<OutEvent>> events_;
};

TEST_F(RealInflux, EveryTypeAndEveryEscapeComesBackAsItWasSent) {
  const auto sink = make(
      "database: plant\nmeasurement: 'm ,=\"x'\ntags: { 'a ,=b': '${captures.site}' }\nfields:\n"
      "  f: ${data.f}\n  i: { value: '${data.i}', type: integer }\n  b: ${data.b}\n"
      "  's ,=\"\\t': ${data.s}\n");
  const std::string text = "say \"x\", \\ and\nmore, =";
  const Json data{{"f", 21.5}, {"i", 9'007'199'254'740'993}, {"b", true}, {"s", text}};
  const Settled settled = send(*sink, {event(data.dump())});
  ASSERT_EQ(settled.outcomes.at(0).fate, Fate::delivered) << settled.outcomes[0].reason;
  const Json series = query("SELECT * FROM \"m ,=\\\"x\"");
  ASSERT_EQ(series["values"].size(), 1u) << series;
  const Json& columns = series["columns"];
  const auto value = [&](const std::string& name) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i] == name) return series["values"][0][i];
    }
    return Json("no column " + name + " in " + columns.dump());
  };
  EXPECT_EQ(value("time"), 1'767'225'600'000);
  EXPECT_EQ(value("f"), 21.5);
  EXPECT_EQ(value("i"), 9'007'199'254'740'993);
  EXPECT_EQ(value("b"), true);
  EXPECT_EQ(value("s ,=\"\\t"), text);
  EXPECT_EQ(value("a ,=b"), "hall 2, \"west\"=\\x");
}

TEST_F(RealInflux, ABatchIsWrittenOnceHoweverOftenItIsSent) {
  for (const char* gzip : {"true", "false"}) {
    const auto sink = make(fmt::format("gzip: {}\ndatabase: plant\nmeasurement: m\nfields_from: ${{data}}", gzip));
    if (events_.empty()) {
      for (int i = 0; i < 1000; ++i) event(fmt::format("{{\"v\":{}}}", i));
    }
    std::vector<const OutEvent*> batch;
    for (const auto& each : events_) batch.push_back(each.get());
    const Settled settled = send(*sink, batch);
    ASSERT_EQ(settled.outcomes.at(0).fate, Fate::delivered) << settled.outcomes[0].reason;
    EXPECT_EQ(query("SELECT COUNT(v), SUM(v) FROM m")["values"][0][1], 1000);
  }
}

TEST_F(RealInflux, APointWhoseTypeDoesNotFitIsNamedAndTheOthersAreThere) {
  const auto sink = make("database: plant\nmeasurement: m\nfields: { v: '${data.v}' }");
  EXPECT_EQ(send(*sink, {event("{\"v\":1}")}).outcomes.at(0).fate, Fate::delivered);
  const Settled split = send(*sink, {event("{\"v\":\"x\"}"), event("{\"v\":2}")});
  EXPECT_EQ(split.cause, Cause::poison_suspected);
  EXPECT_THAT(split.outcomes.at(0).reason, HasSubstr("partial write: field type conflict"));
  const Settled alone = send(*sink, {event("{\"v\":\"x\"}")});
  EXPECT_EQ(alone.outcomes.at(0).fate, Fate::rejected);
  const Settled all = send(*sink, {event("{\"v\":\"x\"}"), event("{\"v\":\"y\"}")});
  EXPECT_EQ(all.outcomes.size(), 2u);
  EXPECT_EQ(all.outcomes.at(0).fate, Fate::rejected);
  EXPECT_EQ(query("SELECT SUM(v) FROM m")["values"][0][1], 3);
}

TEST_F(RealInflux, PointsOlderThanTheRetentionPolicyAreDeadLettersNotRetries) {
  query("CREATE RETENTION POLICY short ON plant DURATION 1h REPLICATION 1");
  const auto sink = make("database: plant\nretention_policy: short\nmeasurement: m\nfields: { v: 1 }");
  const Settled settled = send(*sink, {event("{}"), event("{}")});
  ASSERT_EQ(settled.outcomes.size(), 2u);
  EXPECT_EQ(settled.outcomes[0].fate, Fate::rejected);
  EXPECT_THAT(settled.outcomes[0].reason, HasSubstr("points beyond retention policy"));
}

TEST_F(RealInflux, TheCheckTellsAMissingDatabaseFromADeadServer) {
  const auto connect = [&](Sink& sink) { return sink.connect(Deadline{clock_.steady() + kPatience}, {}); };
  const auto here = make("database: plant\nmeasurement: m\nfields: { v: 1 }");
  const Status connected = connect(*here);
  EXPECT_TRUE(connected) << connected.error().message;
  const auto missing = make("database: none\nmeasurement: m\nfields: { v: 1 }");
  EXPECT_EQ(connect(*missing).error().code, ErrorCode::not_found);
  EXPECT_THAT(connect(*missing).error().message, HasSubstr("database not found: \"none\""));
  const Settled waits = send(*missing, {event("{}")});
  EXPECT_EQ(waits.outcomes.at(0).fate, Fate::retry);
  EXPECT_EQ(waits.cause, Cause::peer_down);
  influx_->stop();
  EXPECT_EQ(connect(*here).error().code, ErrorCode::unavailable);
  ASSERT_TRUE(influx_->restart());
  EXPECT_EQ(send(*here, {event("{}")}).outcomes.at(0).fate, Fate::delivered);
}

class GuardedInflux : public RealInflux {
 protected:
  void SetUp() override { start(true); }
};

TEST_F(GuardedInflux, AWrongPasswordPausesAndARightOneDelivers) {
  query("CREATE USER admin WITH PASSWORD 'adm1n' WITH ALL PRIVILEGES");
  query("CREATE DATABASE plant", "&u=admin&p=adm1n");
  query("CREATE USER gateway WITH PASSWORD 'right'; GRANT WRITE ON plant TO gateway", "&u=admin&p=adm1n");
  const auto yaml = [](const char* password) {
    return fmt::format(
        "auth: {{ type: basic, user: gateway, password: {} }}\ndatabase: plant\nmeasurement: m\n"
        "fields: {{ v: 1 }}",
        password);
  };
  const auto wrong = make(yaml("wrong-password"));
  EXPECT_EQ(wrong->connect(Deadline{clock_.steady() + kPatience}, {}).error().code, ErrorCode::refused);
  EXPECT_EQ(send(*wrong, {event("{}")}).cause, Cause::unauthorized);
  const auto right = make(yaml("right"));
  EXPECT_TRUE(right->connect(Deadline{clock_.steady() + kPatience}, {}));
  EXPECT_EQ(send(*right, {event("{}")}).outcomes.at(0).fate, Fate::delivered);
}

}  // namespace
}  // namespace tidegate::influxdb
