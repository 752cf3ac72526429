#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <set>

#include "gateway/base/random.h"
#include "tests/e2e/site.h"

namespace tidegate::e2e {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// A gateway that reads a folder and delivers to a TLS receiver. No broker.
class FolderSite : public ::testing::Test {
 protected:
  FolderSite() : gateway_(fs::path(TIDEGATE_BIN_DIR) / "tidegate", dir_.path()) {
    testing::TestCerts certs;
    if (auto made = testing::make_test_certs(dir_ / "certs")) certs = *made;
    testing::ReceiverOptions options;
    options.tls_cert = certs.server_cert;
    options.tls_key = certs.server_key;
    options.log = dir_ / "accepted.log";
    auto listening = testing::Receiver::start(std::move(options));
    EXPECT_TRUE(listening) << listening.error().message;
    if (listening) receiver_ = std::move(*listening);
    ca_ = certs.ca_cert;
    fs::create_directory(drop());
  }

  [[nodiscard]] fs::path drop() const { return dir_ / "drop"; }

  void start(const std::string& more = "", const std::string& spool = "") {
    gateway_.configure(gateway_.preamble() + fmt::format(R"(spool: {{ {} }}
sources:
  erp:
    type: directory
    path: {}
    ready: rename
{}sinks:
  cloud:
    type: http
    url: {}
    tls: {{ ca_file: {} }}
    batch: {{ max_events: 500, max_wait: 20ms }}
    retry: {{ initial: 20ms, max: 200ms }}
    breaker: {{ interval: 200ms }}
routes:
  all: {{ to: cloud }}
)",
                                                         spool, drop().string(), more, receiver_->url(), ca_.string()));
    const auto up = gateway_.start_ready();
    ASSERT_TRUE(up) << up.error().message;
  }

  /// Rows with a marker each, numbered from `from`.
  void put(const std::string& name, std::uint64_t from, std::uint64_t to) const {
    std::string text = "n,marker\n";
    for (std::uint64_t i = from; i < to; ++i) text += fmt::format("{0},EVT:0001:{0:09}:0000000000000000;\n", i);
    test::write_file(drop() / (name + ".tmp"), text);
    fs::rename(drop() / (name + ".tmp"), drop() / name);
  }
  bool done(const std::string& name) {
    return test::wait_until(test::within(kPatience), [&] { return fs::exists(drop() / "done" / name); });
  }
  std::uint64_t received() {
    const auto status = nlohmann::json::parse(gateway_.get("/v1/status").body, nullptr, false);
    return status["lanes"][0]["ledger"]["received"].get<std::uint64_t>();
  }

  test::TempDir dir_;
  fs::path ca_;
  std::unique_ptr<testing::Receiver> receiver_;
  test::GatewayProcess gateway_;
};

TEST_F(FolderSite, KilledAgainAndAgainInsideAFileEachRowIsStoredOnceUnderOneId) {
  constexpr std::uint64_t kRows = 600'000;
  start();
  put("rows.csv", 0, kRows);
  SeededRandom random(11);
  int inside = 0;
  for (int i = 0; i < 6; ++i) {
    // Killed at some row: wherever the ledger happens to be when it is looked at again.
    const std::uint64_t at = received() + 1 + random.below(kRows / 8);
    test::wait_until(test::within(kPatience), [&] { return received() >= std::min(at, kRows); });
    gateway_.kill();
    if (fs::exists(drop() / "rows.csv")) ++inside;
    const auto up = gateway_.start_ready();
    ASSERT_TRUE(up) << up.error().message;
  }
  EXPECT_GE(inside, 1);
  ASSERT_TRUE(done("rows.csv")) << gateway_.log();
  EXPECT_EQ(received(), kRows);
  EXPECT_TRUE(receiver_->wait_for([&](const auto& now) { return now.arrivals.distinct >= kRows; }, kArrivalLimit));
  EXPECT_EQ(receiver_->summary().arrivals.distinct, kRows);
  // Repeats after a kill come under the id they had: as many ids as rows.
  std::set<std::string> ids;
  std::istringstream lines(test::read_file(dir_ / "accepted.log"));
  for (std::string id, publisher, seq; lines >> id >> publisher >> seq;) ids.insert(id);
  EXPECT_EQ(ids.size(), kRows);
  EXPECT_TRUE(test::wait_until(test::within(kPatience), [&] { return gateway_.books("pending") == 0u; }));
  EXPECT_EQ(gateway_.stop(), 0);
  EXPECT_EQ(gateway_.command({"audit"}).status, 0);
}

TEST_F(FolderSite, WhileTheSpoolIsFullTheFileWaits) {
  receiver_->answer_by_default(testing::parse_answers("503")->front());
  start("", "max_bytes: 16MiB");
  // Random text, so that compression does not make room.
  SeededRandom random(5);
  std::string text = "n,text\n";
  for (int i = 0; i < 60'000; ++i) {
    text += fmt::format("{},", i);
    for (int k = 0; k < 32; ++k) text += fmt::format("{:016x}", random.next());
    text += "\n";
  }
  test::write_file(drop() / "big.csv.tmp", text);
  fs::rename(drop() / "big.csv.tmp", drop() / "big.csv");
  EXPECT_TRUE(test::wait_until(test::within(kPatience), [&] { return gateway_.state_of("source erp") == "paused"; }));
  EXPECT_TRUE(fs::exists(drop() / "big.csv"));
  receiver_->answer_by_default(testing::parse_answers("200")->front());
  ASSERT_TRUE(test::wait_until(test::within(milliseconds{kArrivalLimit}), [&] {
    return fs::exists(drop() / "done" / "big.csv");
  })) << gateway_.log();
  EXPECT_EQ(received(), 60'000u);
}

TEST_F(FolderSite, ABadFileIsNamedInTheLogWithoutItsContent) {
  start();
  test::write_file(drop() / "bad.csv.tmp", "name,price\nsecret-name\n");
  fs::rename(drop() / "bad.csv.tmp", drop() / "bad.csv");
  ASSERT_TRUE(
      test::wait_until(test::within(kPatience), [&] { return fs::exists(drop() / "failed" / "bad.csv.reason"); }));
  EXPECT_TRUE(test::wait_until(test::within(kPatience), [&] {
    return gateway_.log().find("line 2, column 12: 1 fields where there are 2 columns") != std::string::npos;
  }));
  EXPECT_THAT(gateway_.log(), ::testing::Not(HasSubstr("secret-name")));
  EXPECT_EQ(received(), 0u);
}

}  // namespace
}  // namespace tidegate::e2e
