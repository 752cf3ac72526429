#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <csignal>
#include <filesystem>
#include <future>
#include <nlohmann/json.hpp>
#include <sstream>

#include "gateway/base/health.h"
#include "gateway/base/metrics.h"
#include "gateway/spool/spool.h"
#include "tests/support/process/gateway.h"
#include "tests/support/process/process.h"

namespace tidegate {
namespace {

using nlohmann::json;
using test::Finished;
using test::within;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

Finished tidegate(std::vector<std::string> words, std::map<std::string, std::string> env = {}) {
  words.insert(words.begin(), TIDEGATE_BINARY);
  return test::run(std::move(words), within(60s), std::move(env));
}

/// A config whose broker and endpoint are not there, and a spool that may hold dead letters.
class CliTest : public ::testing::Test {
 protected:
  void SetUp() override { gateway.configure(config_for("http://127.0.0.1:1/")); }
  [[nodiscard]] std::string config_for(const std::string& url, std::string_view more = {}) const {
    return gateway.preamble(more) +
           "sources: { floor: { type: mqtt, broker: 'mqtt://127.0.0.1:1', subscribe: [ { topic: '#' } ] } }\n"
           "sinks: { cloud: { type: http, url: '" +
           url + "' } }\nroutes: { all: { to: cloud } }\n";
  }

  void fill_with_dead_letters(std::uint64_t count) { fill(count, true); }
  /// Stores `count` events; with `dead_letters`, gives each up as one.
  void fill(std::uint64_t count, bool dead_letters) {
    const SystemClock clock;
    Health health(clock);
    Metrics metrics;
    SpoolOpening opening;
    SpoolOptions options;
    options.data_dir = gateway.data_dir();
    auto opened = Spool::open(options, {{"all", "cloud", {}}}, {"floor"}, clock, health, metrics, opening);
    ASSERT_TRUE(opened) << opened.error().message;
    Spool& spool = **opened;
    spool.start([](bool) {});
    Settlement settlement;
    settlement.lane = opening.lanes[0];
    settlement.cursor = Seq{count};
    std::promise<void> stored;
    SpoolSubmission submission{opening.sources[0], {}, {}, 0};
    for (std::uint64_t n = 1; n <= count; ++n) {
      Event event;
      event.id = "id-" + std::to_string(n);
      event.source = "/plant/floor";
      event.type = "tidegate.mqtt.message";
      event.subject = "sensors/\x1b[31mred";
      event.data = "{\"v\":12345678901234567890123,\n\"n\":" + std::to_string(n) + "}";
      submission.events.push_back({event, {opening.lanes[0]}});
      DeadEvent dead;
      dead.seq = Seq{n};
      dead.event = event;
      dead.reason = "HTTP 422: no such field";
      dead.attempts = 1;
      settlement.dead.push_back(std::move(dead));
    }
    spool.append(std::move(submission), [&](Admission) { stored.set_value(); });
    stored.get_future().wait();
    if (!dead_letters) return spool.stop();
    std::promise<void> settled;
    spool.settle(std::move(settlement), [&](const Status&) { settled.set_value(); });
    settled.get_future().wait();
    spool.stop();
  }

  /// A gateway with one event on its way to an endpoint that takes connections and never answers.
  void start_with_a_request_that_hangs(std::string_view more = {}) {
    fill(1, false);
    const std::string url = "http://127.0.0.1:" + std::to_string(silent.local_endpoint().port()) + "/";
    gateway.configure(config_for(url, more));
    ASSERT_TRUE(gateway.start_ready());
    ASSERT_TRUE(test::wait_until(within(30s), [this] {
      return gateway.get("/metrics").body.find("tidegate_lane_in_flight{route=\"all\",sink=\"cloud\"} 1") !=
             std::string::npos;
    }));
  }

  boost::asio::io_context unused;
  boost::asio::ip::tcp::acceptor silent{unused, {boost::asio::ip::address_v4::loopback(), 0}};
  test::TempDir dir;
  test::GatewayProcess gateway{TIDEGATE_BINARY, dir.path()};
};

TEST(Cli, WrongUsageIsExplainedAndEndsWithTwo) {
  EXPECT_EQ(tidegate({}).status, 2);
  const Finished typo = tidegate({"statsu"});
  EXPECT_EQ(typo.status, 2);
  EXPECT_THAT(typo.errors + typo.output, HasSubstr("did you mean \"status\"?"));
  EXPECT_EQ(tidegate({"dead"}).status, 2);
  EXPECT_EQ(tidegate({"run", "--nonsense"}).status, 2);
  EXPECT_EQ(tidegate({"--help"}).status, 0);
}

TEST(Cli, VersionIsPrintedForPeopleAndPrograms) {
  EXPECT_THAT(tidegate({"version"}).output, ::testing::StartsWith("tidegate "));
  EXPECT_TRUE(json::parse(tidegate({"version", "--json"}).output)["version"].is_string());
}

TEST(Cli, SchemaAndReferenceArePrinted) {
  EXPECT_TRUE(json::parse(tidegate({"schema"}).output).contains("$schema"));
  EXPECT_THAT(tidegate({"schema", "--reference"}).output, HasSubstr("subscribe"));
}

TEST_F(CliTest, CasesPassOrFailWithTheirExitCode) {
  const auto test_with = [&](const std::string& count, std::vector<std::string> more = {}) {
    test::write_file(gateway.data_dir().parent_path() / "some.yaml",
                     "cases:\n  - name: first\n    given: [ { topic: a/b, data: { v: 1 } } ]\n"
                     "    expect: { all: { delivered: " +
                         count + " } }\n");
    more.insert(more.begin(), {"test", (gateway.data_dir().parent_path() / "some.yaml").string()});
    return gateway.command(more);
  };
  const Finished fine = test_with("1");
  EXPECT_EQ(fine.status, 0) << fine.errors;
  EXPECT_THAT(fine.output, HasSubstr("ok    first"));
  const Finished failed = test_with("2");
  EXPECT_EQ(failed.status, 1);
  EXPECT_THAT(failed.output, HasSubstr("some.yaml:4:33: all/cloud: delivered: 2 expected, 1 came"));
  EXPECT_EQ(json::parse(test_with("2", {"--json"}).output)["passed"], false);
  EXPECT_EQ(test_with("[").status, 2);
  EXPECT_EQ(test_with("1", {"--filter", "second"}).status, 2);
  EXPECT_EQ(gateway.command({"test"}).status, 2);  // no cases beside the config
}

TEST_F(CliTest, ExplainAnswersEachLineWithOne) {
  test::write_file(gateway.data_dir().parent_path() / "events.ndjson",
                   "{\"topic\":\"a/b\",\"data\":1}\n\n{\"topic\"\n{\"topic\":\"$x\"}");
  const Finished done =
      gateway.command({"explain", "--json", "--events", (gateway.data_dir().parent_path() / "events.ndjson").string()});
  EXPECT_EQ(done.status, 2);
  std::vector<json> lines;
  std::istringstream text(done.output);
  for (std::string line; std::getline(text, line);) lines.push_back(json::parse(line));
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], json::parse(R"({"routes":{"all":{"matched":true,"reason":null}}})"));
  EXPECT_EQ(lines[1]["line"], 3);
  EXPECT_EQ(lines[2]["routes"]["all"]["matched"], false);

  const Finished one = gateway.command({"explain", "--topic", "a/b", "--data", "{\"v\":1}"});
  EXPECT_EQ(one.status, 0) << one.errors;
  EXPECT_THAT(one.output, HasSubstr("all: matched"));
  EXPECT_THAT(one.output, HasSubstr("\"data\":{\"v\":1}"));
  EXPECT_EQ(gateway.command({"explain"}).status, 2);
  EXPECT_EQ(gateway.command({"explain", "--topic", "a/#"}).status, 2);
}

TEST_F(CliTest, EveryCommandEndsWithTwoOnAWrongConfig) {
  gateway.configure("gateway: { idd: x }\n");
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"run"}, {"check"}, {"status"}, {"audit"}, {"dead", "list"}, {"dead", "retry", "1"}}) {
    const Finished finished = gateway.command(words);
    EXPECT_EQ(finished.status, 2) << words[0];
    EXPECT_THAT(finished.errors + finished.output, HasSubstr("did you mean \"id\"?")) << words[0];
  }
}

TEST_F(CliTest, TheConfigIsAlsoFoundThroughTheEnvironment) {
  const Finished finished = tidegate({"check"}, {{"TIDEGATE_CONFIG", gateway.config_path().string()}});
  EXPECT_EQ(finished.status, 0);
  EXPECT_THAT(finished.output, HasSubstr("fine: 1 source, 1 sink, 1 route, 1 lane"));
}

TEST_F(CliTest, CheckTellsProgramsWhereTheMistakeIs) {
  gateway.configure("gateway:\n  idd: x\n");
  const Finished finished = gateway.command({"check", "--json"});
  EXPECT_EQ(finished.status, 2);
  const json out = json::parse(finished.output);
  EXPECT_EQ(out["valid"], false);
  const auto& found = out["diagnostics"];
  const auto idd = std::find_if(found.begin(), found.end(), [](const json& one) {
    return one["message"].get<std::string>().find("idd") != std::string::npos;
  });
  ASSERT_NE(idd, found.end());
  EXPECT_EQ((*idd)["line"], 2);
  EXPECT_EQ((*idd)["column"], 3);
}

TEST_F(CliTest, CheckConnectSaysOfEachBrokerAndEndpointWhetherItAnswers) {
  const std::string url = "http://127.0.0.1:" + std::to_string(silent.local_endpoint().port()) + "/";
  gateway.configure(config_for(url));
  const Finished finished = gateway.command({"check", "--connect"});
  EXPECT_EQ(finished.status, 1);
  EXPECT_THAT(finished.output, HasSubstr("source floor: not reachable: mqtt://127.0.0.1:1: cannot connect"));
  EXPECT_THAT(finished.output, HasSubstr("sink cloud: reachable\n"));
  const json out = json::parse(gateway.command({"check", "--connect", "--json"}).output);
  EXPECT_EQ(out["sources"][0]["name"], "floor");
  EXPECT_EQ(out["sources"][0]["reachable"], false);
  EXPECT_EQ(out["sinks"][0]["reachable"], true);
}

TEST_F(CliTest, CheckConnectFailsWhenAnEndpointDoesNotAnswer) {
  const Finished finished = gateway.command({"check", "--connect"});
  EXPECT_EQ(finished.status, 1);
  EXPECT_THAT(finished.output, HasSubstr("sink cloud: not reachable: "));
}

TEST_F(CliTest, AuditAnswersOnAColdDirectoryAndACopy) {
  EXPECT_EQ(gateway.command({"audit"}).status, 1);  // there is nothing to audit yet
  fill_with_dead_letters(3);
  const Finished finished = gateway.command({"audit"});
  EXPECT_EQ(finished.status, 0) << finished.output << finished.errors;
  EXPECT_THAT(finished.output, HasSubstr("balance"));
  std::filesystem::copy(gateway.data_dir(), dir / "copy", std::filesystem::copy_options::recursive);
  const Finished copy = tidegate({"audit", "--json", "--data-dir", (dir / "copy").string()});
  EXPECT_EQ(copy.status, 0);
  EXPECT_EQ(json::parse(copy.output)["lanes"][0]["ledger"]["dead"], 3);
}

TEST_F(CliTest, DeadLettersAreListedSafelyForATerminal) {
  fill_with_dead_letters(2);
  const Finished list = gateway.command({"dead", "list"});
  EXPECT_EQ(list.status, 0) << list.errors;
  EXPECT_THAT(list.output, HasSubstr("HTTP 422: no such field"));
  EXPECT_EQ(list.output.find('\x1b'), std::string::npos);
  EXPECT_EQ(gateway.command({"dead", "list", "--lane", "other/lane"}).output, "no dead letters\n");
}

TEST_F(CliTest, AnExportIsOneCloudEventALineWithEveryDigit) {
  fill_with_dead_letters(2);
  const std::string file = (dir / "out.ndjson").string();
  ASSERT_EQ(gateway.command({"dead", "export", "-o", file}).status, 0);
  const std::string text = test::read_file(file);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_EQ(json::parse(text.substr(0, text.find('\n')))["id"], "id-1");
  EXPECT_THAT(text, HasSubstr("12345678901234567890123"));
}

TEST_F(CliTest, DropNeedsNumbersOrAllAndYes) {
  fill_with_dead_letters(2);
  EXPECT_EQ(gateway.command({"dead", "drop"}).status, 2);
  EXPECT_EQ(gateway.command({"dead", "drop", "--all"}).status, 2);
  EXPECT_EQ(gateway.command({"dead", "drop", "1", "--all", "--yes"}).status, 2);
  EXPECT_EQ(gateway.command({"dead", "drop", "1"}).status, 0);
  EXPECT_EQ(gateway.command({"dead", "drop", "1"}).status, 1);
  EXPECT_EQ(gateway.command({"dead", "drop", "--all", "--yes"}).status, 0);
  EXPECT_EQ(gateway.command({"dead", "list"}).output, "no dead letters\n");
  EXPECT_EQ(gateway.command({"audit"}).status, 0);
}

TEST_F(CliTest, ALiveGatewayIsAskedAndAColdOneIsRead) {
  fill_with_dead_letters(3);
  EXPECT_THAT(gateway.command({"status"}).output, HasSubstr("not running"));
  ASSERT_TRUE(gateway.start_ready());
  EXPECT_THAT(gateway.command({"status"}).output, HasSubstr("ready, up"));
  const json status = json::parse(gateway.command({"status", "--json"}).output);
  EXPECT_EQ(status["lanes"][0]["dead_letters"], 3);
  EXPECT_THAT(gateway.command({"dead", "show", "2"}).output, HasSubstr("id-2"));
  EXPECT_EQ(gateway.command({"dead", "show", "9"}).status, 1);
  EXPECT_EQ(gateway.command({"dead", "retry", "2"}).status, 0);
  EXPECT_EQ(gateway.command({"dead", "drop", "--all", "--yes"}).output, "dropped 2 of 2 dead letters\n");
  EXPECT_EQ(gateway.command({"audit"}).status, 0);
  EXPECT_EQ(gateway.stop(), 0);
  EXPECT_EQ(json::parse(gateway.command({"audit", "--json"}).output)["lanes"][0]["ledger"]["pending"], 1);
}

TEST_F(CliTest, DiffComparesTwoConfigsOnWhatIsStored) {
  fill(20, false);
  const auto other = dir / "new.yaml";
  // Routes in block style, so that one can be added.
  const std::string block = "routes:\n  all: { to: cloud }\n";
  std::string before = test::read_file(gateway.config_path());
  before = before.substr(0, before.find("routes:")) + block;
  gateway.configure(before);
  test::write_file(other, before + "  late: { match: { data: { n: [ { numeric: [ \">\", 15 ] } ] } }, to: cloud }\n");

  const std::vector<std::string> words{"diff", gateway.config_path().string(), other.string()};
  const Finished text = tidegate(words);
  EXPECT_EQ(text.status, 0) << text.errors;
  EXPECT_THAT(text.output, HasSubstr("20 events stored in "));
  EXPECT_THAT(text.output, HasSubstr("late/cloud gains 5 events, such as"));
  EXPECT_EQ(text.output.find('\x1b'), std::string::npos);
  auto more = words;
  more.insert(more.end(), {"--json", "--exit-code", "--over", "24h", "--where", R"({"data":{"n":[16, 17, 3]}})"});
  const Finished found = tidegate(more);
  EXPECT_EQ(found.status, 1) << found.errors;
  const json diff = json::parse(found.output);
  EXPECT_EQ(diff["events"], 3);
  EXPECT_EQ(diff["lanes"][1]["gained"], 2);
  EXPECT_EQ(tidegate({"diff", words[1], words[1], "--exit-code"}).status, 0);
}

TEST_F(CliTest, DiffSaysWhatIsWrong) {
  const std::string config = gateway.config_path().string();
  EXPECT_THAT(tidegate({"diff", config, config}).errors, HasSubstr("cannot read "));
  const Finished span = tidegate({"diff", config, config, "--over", "1w"});
  EXPECT_EQ(span.status, 2);
  EXPECT_THAT(span.errors, HasSubstr("--over: \"1w\" is not a duration"));
  EXPECT_EQ(tidegate({"diff", config, config, "--where", "{}"}).status, 2);
  EXPECT_EQ(tidegate({"diff", config, "/nowhere.yaml"}).status, 2);
}

TEST_F(CliTest, SignalsStopTheGatewayAndHangupDoesNot) {
  ASSERT_TRUE(gateway.start_ready());
  gateway.signal(SIGHUP);
  EXPECT_EQ(gateway.get("/readyz").status, 200);
  EXPECT_TRUE(gateway.running());
  gateway.signal(SIGINT);
  EXPECT_EQ(gateway.wait(within(30s)), 0);
}

TEST_F(CliTest, AStopThatTakesTooLongIsCutShortAndLosesNothing) {
  start_with_a_request_that_hangs("  shutdown_timeout: 1s\n");
  gateway.signal(SIGTERM);
  EXPECT_EQ(gateway.wait(within(30s)), 0);
  const json audit = json::parse(gateway.command({"audit", "--json"}).output);
  EXPECT_EQ(audit["balanced"], true);
  EXPECT_EQ(audit["lanes"][0]["ledger"]["pending"], 1);
}

TEST_F(CliTest, ASecondSignalStopsAtOnceAndLosesNothing) {
  start_with_a_request_that_hangs("  shutdown_timeout: 10m\n");
  gateway.signal(SIGTERM);
  ASSERT_TRUE(test::wait_until(within(30s), [this] { return gateway.get("/readyz").status == 503; }));
  gateway.signal(SIGTERM);
  EXPECT_EQ(gateway.wait(within(30s)), 1);
  const json audit = json::parse(gateway.command({"audit", "--json"}).output);
  EXPECT_EQ(audit["balanced"], true);
  EXPECT_EQ(audit["lanes"][0]["ledger"]["pending"], 1);
}

TEST_F(CliTest, RunOnADirectoryThatIsInUseFails) {
  ASSERT_TRUE(gateway.start_ready());
  const Finished second = gateway.command({"run"});
  EXPECT_EQ(second.status, 1);
  EXPECT_THAT(second.errors, HasSubstr("in use"));
}

TEST_F(CliTest, TheSpoolIsNotReadableByTheRestOfTheWorld) {
  ASSERT_TRUE(gateway.start_ready());
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(gateway.data_dir())) {
    ++files;
    EXPECT_EQ(entry.status().permissions() & std::filesystem::perms::others_all, std::filesystem::perms::none)
        << entry.path();
  }
  EXPECT_GE(files, 3u);
}

}  // namespace
}  // namespace tidegate
