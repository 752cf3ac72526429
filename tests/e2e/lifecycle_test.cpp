#include <gmock/gmock.h>
#include <sys/mount.h>

#include <map>

#include "tests/e2e/site.h"

namespace tidegate::e2e {
namespace {

using ::testing::HasSubstr;

testing::Answer refusal() { return testing::parse_answers("503")->front(); }

/// Publisher and seq to id, of every event the receiver has seen, accepted or not.
std::map<std::pair<std::uint32_t, std::uint64_t>, std::string> ids_seen(const testing::Receiver& receiver) {
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::string> ids;
  for (const auto& request : receiver.requests()) {
    for (const auto& event : request.events) {
      const auto [at, first] = ids.try_emplace({event.marker->publisher, event.marker->seq}, event.id);
      EXPECT_EQ(at->second, event.id) << "seq " << event.marker->seq;
    }
  }
  return ids;
}

TEST(Lifecycle, KillDashNineLosesNothingAndKeepsTheIds) {
  Site site;
  site.receiver->answer_by_default(refusal());
  site.start();
  site.publish(500);
  ASSERT_TRUE(site.wait_books("pending", 500)) << site.gateway.log();
  ASSERT_TRUE(site.receiver->wait_for([](const auto& now) { return now.refused_requests >= 2; }));
  site.gateway.kill();
  site.receiver->answer_by_default({});
  site.restart();
  site.expect_arrived(500);
  EXPECT_EQ(ids_seen(*site.receiver).size(), 500u);
  site.expect_clean_end();
}

TEST(Lifecycle, SigtermLetsWhatIsInFlightEnd) {
  Site site;
  testing::Answer slow;
  slow.delay = milliseconds(500);
  site.receiver->answer_by_default(slow);
  site.start();
  site.publish(100);
  ASSERT_TRUE(site.wait_books("received", 100));
  ASSERT_TRUE(site.receiver->wait_for([](const auto& now) { return now.accepted_requests >= 1; }));
  EXPECT_EQ(site.gateway.stop(), 0) << site.gateway.log();
  site.receiver->answer_by_default({});
  site.restart();
  site.expect_arrived(100, 0);
  site.expect_clean_end();
}

TEST(Lifecycle, ATypoInTheConfigEndsWithTwoAndNamesThePlace) {
  Site site;
  site.write_config();
  std::string text = test::read_file(site.gateway.config_path());
  text.replace(text.find("broker:"), 7, "brocker:");
  site.gateway.configure(text);
  const auto check = site.gateway.command({"check"});
  EXPECT_EQ(check.status, 2);
  EXPECT_THAT(check.output + check.errors, HasSubstr("tidegate.yaml:9:5: error: "));
  EXPECT_THAT(check.output + check.errors, HasSubstr("broker"));
  const auto run = site.gateway.command({"run"});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors, HasSubstr("tidegate.yaml:9:5: error: "));
}

TEST(Lifecycle, ASecondProcessOnTheSameDataIsRefused) {
  Site site;
  site.start();
  const auto second = site.gateway.command({"run"});
  EXPECT_EQ(second.status, 1);
  EXPECT_THAT(second.errors, HasSubstr(std::to_string(site.gateway.pid())));
  EXPECT_TRUE(site.gateway.running());
  site.publish(50);
  site.expect_arrived(50);
}

TEST(Lifecycle, TheAuditAgreesLiveAndCold) {
  Site site;
  site.receiver->answer_by_default(refusal());
  site.start();
  site.publish(300);
  ASSERT_TRUE(site.wait_books("pending", 300));
  const auto live = site.gateway.command({"audit", "--json"});
  EXPECT_EQ(live.status, 0) << live.output << live.errors;
  EXPECT_EQ(site.gateway.stop(), 0);
  const auto cold = site.gateway.command({"audit", "--json"});
  EXPECT_EQ(cold.status, 0) << cold.output << cold.errors;
  for (const auto* audit : {&live, &cold}) {
    const auto report = nlohmann::json::parse(audit->output, nullptr, false);
    ASSERT_FALSE(report.is_discarded()) << audit->output;
    EXPECT_EQ(report["lanes"][0]["ledger"]["pending"], 300);
  }
}

TEST(Lifecycle, ATruncatedSpoolIsSetAsideAndTheGatewayGoesOn) {
  Site site;
  site.receiver->answer_by_default(refusal());
  site.start();
  site.publish(300);
  ASSERT_TRUE(site.wait_books("pending", 300));
  EXPECT_EQ(site.gateway.stop(), 0);
  for (const auto& file : std::filesystem::directory_iterator(site.gateway.data_dir())) {
    if (file.path().extension() == ".db") std::filesystem::resize_file(file.path(), file.file_size() / 2);
  }
  site.receiver->answer_by_default({});
  site.start();
  site.publish(100, 1, 2);
  ASSERT_TRUE(site.wait_books("pending", 0)) << site.gateway.log();
  ASSERT_TRUE(site.receiver->wait_for([](const auto& now) { return now.arrivals.distinct >= 100; }));
  site.expect_clean_end();
}

/// A small file system of its own for the data directory.
class SmallDisk {
 public:
  SmallDisk(const std::filesystem::path& at, const char* size) : at_(at) {
    std::filesystem::create_directories(at);
    mounted_ = mount("tmpfs", at.c_str(), "tmpfs", 0, size) == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(at_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  [[nodiscard]] bool mounted() const { return mounted_; }

 private:
  std::filesystem::path at_;
  bool mounted_;
};

TEST(Lifecycle, AFullDiskPausesTheSourceAndLosesNothing) {
  Site site;
  const SmallDisk disk(site.gateway.data_dir(), "size=32m");
  if (!disk.mounted()) GTEST_SKIP() << "mounting a tmpfs is not permitted here";
  site.receiver->answer_by_default(refusal());
  site.start();
  constexpr std::uint64_t kEvents = 400'000;  // more than fits, compressed or not
  site.publish(kEvents);
  ASSERT_TRUE(test::wait_until(test::within(kPatience), [&] { return site.gateway.state_of("spool") == "alarm"; }))
      << site.status().dump(2) << site.gateway.log();
  EXPECT_LT(site.gateway.books("received"), kEvents);
  site.receiver->answer_by_default({});
  site.expect_arrived(kEvents);
  site.expect_clean_end();
}

TEST(Lifecycle, AFullSpoolPausesTheSourceAndLosesNothing) {
  Site site;
  site.receiver->answer_by_default(refusal());
  SiteConfig config;
  config.spool = "max_bytes: 16MiB";
  site.start(config);
  constexpr std::uint64_t kEvents = 300'000;
  site.publish(kEvents);
  ASSERT_TRUE(test::wait_until(test::within(kPatience), [&] { return site.status()["spool"]["full"] == true; }))
      << site.status().dump(2);
  EXPECT_LT(site.gateway.books("received"), kEvents);
  site.receiver->answer_by_default({});
  site.expect_arrived(kEvents);
  site.expect_clean_end();
}

TEST(Admin, AnswersWhatAnOperatorAsks) {
  Site site;
  site.start();
  site.publish(100);
  site.expect_arrived(100);
  EXPECT_EQ(site.gateway.get("/healthz").status, 200);
  EXPECT_EQ(site.gateway.get("/readyz").status, 200);
  const auto metrics = site.gateway.get("/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_THAT(metrics.body, HasSubstr("# TYPE tidegate_"));
  EXPECT_EQ(site.gateway.get("/v1/dead").status, 200);
  EXPECT_EQ(site.gateway.get("/nothing").status, 404);
  EXPECT_EQ(site.gateway.books("received"), 100u);
  const auto shown = site.gateway.command({"status"});
  EXPECT_EQ(shown.status, 0);
  EXPECT_THAT(shown.output, HasSubstr("all/cloud"));
}

}  // namespace
}  // namespace tidegate::e2e
