#include <gmock/gmock.h>

#include <map>

#include "tests/e2e/running.h"
#include "tests/e2e/site.h"

namespace tidegate::e2e {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

/// A site that keeps what it delivered.
struct KeepingSite : Site {
  KeepingSite() {
    SiteConfig config;
    config.spool = "retain: 1h";
    start(config);
  }
  /// Waits until so many events came once more, and expects no other. None waits in the lane then.
  void expect_again(std::uint64_t distinct, std::uint64_t again) {
    EXPECT_TRUE(receiver->wait_for([&](const auto& now) { return now.arrivals.duplicates >= again; }, kArrivalLimit));
    EXPECT_TRUE(wait_books("pending", 0)) << status().dump(2);
    expect_arrived(distinct, again);
  }
  /// Publishes and waits until all is settled.
  void deliver(std::uint64_t count, std::uint32_t publisher, std::uint64_t distinct) {
    publish(count, 1, publisher);
    expect_arrived(distinct);
    EXPECT_TRUE(wait_books("pending", 0)) << status().dump(2);
  }
};

TEST(Replay, SendsWhatWasDeliveredAgainUnderItsIds) {
  KeepingSite site;
  site.deliver(1000, 1, 1000);
  const auto replay = site.gateway.command({"replay", "--route", "all", "--since", "1h"});
  EXPECT_EQ(replay.status, 0) << replay.errors;
  EXPECT_THAT(replay.output, HasSubstr("1000 events of all go out again\n"));
  EXPECT_THAT(replay.output, HasSubstr("the log begins at "));
  site.expect_again(1000, 1000);
  std::map<std::string, int> times;
  for (const std::string& id : site.receiver->accepted_ids()) ++times[id];
  EXPECT_EQ(times.size(), 1000u);
  EXPECT_THAT(site.receiver->requests().back().body, HasSubstr(R"("tidegatereplay":"1")"));
  site.expect_clean_end();
}

TEST(Replay, APatternAnEndAndADryRunChoose) {
  KeepingSite site;
  site.deliver(30, 1, 30);
  site.deliver(20, 2, 50);
  const std::string until = site.status().value("time", "");
  // What comes now is stored in a later millisecond.
  ASSERT_TRUE(test::wait_until(test::within(kPatience), [&] { return site.status().value("time", "") > until; }));
  site.deliver(10, 3, 60);
  const auto count = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"replay", "--json", "--route", "all", "--since", "1h"});
    const auto replay = site.gateway.command(words);
    EXPECT_EQ(replay.status, 0) << replay.errors;
    return json::parse(replay.output, nullptr, false).value("copied", 0);
  };
  EXPECT_EQ(count({"--dry-run"}), 60);
  EXPECT_EQ(count({"--dry-run", "--until", until}), 50);
  EXPECT_EQ(count({"--dry-run", "--where", R"({"data": {"device": ["p0001", "p0003"]}})"}), 40);
  EXPECT_EQ(site.receiver->summary().arrivals.duplicates, 0u);
  EXPECT_EQ(count({"--to", "cloud", "--until", until, "--where", R"({"data": {"device": ["p0002", "p0003"]}})"}), 20);
  site.expect_again(60, 20);
  site.expect_clean_end();
}

TEST(Replay, GoesOnAfterKillDashNineWithoutLosingOrRepeatingACopy) {
  KeepingSite site;
  site.deliver(1000, 1, 1000);
  Running replay(site, {"replay", "--route", "all", "--since", "1h", "--rate", "1000"});
  ASSERT_TRUE(site.receiver->wait_for([](const auto& now) { return now.arrivals.duplicates >= 100; }));
  site.gateway.kill();
  EXPECT_EQ(replay.wait(), 1);
  EXPECT_THAT(replay.errors(), HasSubstr("replay 1 goes on in the gateway"));
  site.restart();
  json shown;
  EXPECT_TRUE(test::wait_until(test::within(kPatience),
                               [&] {
                                 shown = json::parse(site.gateway.get("/v1/replays/1").body, nullptr, false);
                                 return shown.value("state", "") == "done";
                               }))
      << shown.dump(2) << site.gateway.log();
  EXPECT_EQ(shown.value("copied", 0), 1000);
  EXPECT_TRUE(site.wait_books("pending", 0)) << site.status().dump(2);
  std::map<std::string, int> times;
  for (const std::string& id : site.receiver->accepted_ids()) ++times[id];
  EXPECT_EQ(times.size(), 1000u);
  for (const auto& [id, n] : times) EXPECT_GE(n, 2) << id;
  // Each event is in the books twice: once received, once copied.
  EXPECT_EQ(site.gateway.books("received"), 2000u);
  site.expect_clean_end();
}

TEST(Replay, EndsWithTheCommandThatIsInterrupted) {
  KeepingSite site;
  site.deliver(100, 1, 100);
  Running replay(site, {"replay", "--route", "all", "--since", "1h", "--rate", "1"});
  ASSERT_TRUE(site.receiver->wait_for([](const auto& now) { return now.arrivals.duplicates >= 1; }));
  EXPECT_THAT(site.gateway.command({"replay", "--list"}).output, HasSubstr("     1  all    "));
  replay.signal(SIGINT);
  EXPECT_EQ(replay.wait(), 1);
  EXPECT_THAT(replay.output(), HasSubstr("replay cancelled: "));
  EXPECT_EQ(json::parse(site.gateway.get("/v1/replays/1").body, nullptr, false).value("state", ""), "cancelled");
  const auto again = site.gateway.command({"replay", "--cancel", "1"});
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.errors, HasSubstr("replay 1 is finished: cancelled"));
  site.expect_clean_end();
}

TEST(Replay, SaysWhatIsWrong) {
  KeepingSite site;
  const auto refusal = [&](std::vector<std::string> words, int status) {
    words.insert(words.begin(), "replay");
    const auto replay = site.gateway.command(words);
    EXPECT_EQ(replay.status, status) << replay.output;
    return replay.errors;
  };
  EXPECT_THAT(refusal({"--route", "none", "--since", "1h"}, 1), HasSubstr("there is no route none; there are: all"));
  EXPECT_THAT(refusal({"--route", "all", "--since", "1h", "--to", "x"}, 1), HasSubstr("it feeds: cloud"));
  EXPECT_THAT(refusal({"--route", "all", "--since", "1h", "--where", "{"}, 1), HasSubstr("where: 1:"));
  EXPECT_THAT(refusal({"--route", "all", "--since", "soon"}, 2), HasSubstr("a span back as in 2h"));
  EXPECT_THAT(refusal({"--since", "1h"}, 2), HasSubstr("--route"));
}

TEST(Start, ANewRouteWithATimeTakesWhatWasStoredSince) {
  KeepingSite site;
  site.deliver(30, 1, 30);
  const std::string since = site.status().value("time", "");
  ASSERT_TRUE(test::wait_until(test::within(kPatience), [&] { return site.status().value("time", "") > since; }));
  site.deliver(20, 2, 50);
  EXPECT_EQ(site.gateway.stop(), 0);
  SiteConfig config;
  config.spool = "retain: 1h";
  config.more = "  late: { topic: sensors/#, to: cloud, start: \"" + since + "\" }\n";
  site.start(config, false);
  site.expect_again(50, 20);
  site.expect_clean_end();
}

}  // namespace
}  // namespace tidegate::e2e
