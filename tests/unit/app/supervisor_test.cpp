#include "gateway/app/supervisor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "gateway/admin/client.h"
#include "gateway/delivery/limits.h"
#include "tests/support/clock/skipping_clock.h"
#include "tests/support/process/process.h"
#include "tests/unit/app/fake_connectors.h"

namespace tidegate {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using test::wait_until;
using test::within;

/// A service manager's socket.
class NotifySocket {
 public:
  explicit NotifySocket(std::string path) : path_(std::move(path)), fd_(socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  }
  ~NotifySocket() { close(fd_); }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  /// How often it was told so until now.
  std::size_t count(std::string_view what) {
    std::array<char, 512> buffer{};
    for (ssize_t size = 0; (size = recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT)) > 0;)
      heard_ += std::string(buffer.data(), static_cast<std::size_t>(size)) + "\n";
    std::size_t found = 0;
    for (std::size_t at = heard_.find(what); at != std::string::npos; at = heard_.find(what, at + 1)) ++found;
    return found;
  }
  bool hears(std::string_view what, std::size_t times = 1) {
    return wait_until(within(30s), [&] { return count(what) >= times; });
  }

 private:
  std::string path_;
  int fd_;
  std::string heard_;
};

/// A gateway with fake connectors, running on a thread of its own.
class SupervisorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const MutexLock lock(stage().mutex);
    stage().said.clear();
    stage().sources_that_fail = 0;
    stage().sinks_that_fail = 0;
    stage().large_events = 0;
    stage().throws_on_network = false;
  }
  void TearDown() override {
    stage().sink_hangs = false;
    stage().receipts_hang = false;
    end();
  }

  void begin(ServiceNotify notify = {"", std::nullopt}, const std::string& sources = "s: { type: fake }") {
    const std::string text = "gateway: { data_dir: " + (dir / "data").string() +
                             ", admin: { listen: 'unix:" + admin.path + "' } }\nsources: { " + sources +
                             " }\nsinks: { k: { type: fake } }\n" + "routes: { r: { to: k } }\n";
    LoadedConfig loaded = load_config_text(text, dir / "t.yaml", staged_types(),
                                           [](const std::string&) { return std::optional<std::string>{}; });
    ASSERT_TRUE(loaded.config) << loaded.diagnostics.text();
    config = *std::move(loaded.config);
    config.spool.max_bytes = 4u << 20;
    if (hurried) config.gateway.shutdown_timeout = 0ms;
    supervisor = std::make_unique<Supervisor>(config, clock, std::move(notify));
    main = std::thread([this] { result = supervisor->run(); });
  }
  void end() {
    if (!main.joinable()) return;
    supervisor->stop();
    main.join();
    supervisor.reset();
  }
  bool becomes_ready() {
    return wait_until(within(30s), [this] {
      const auto reply = admin_call(admin, "GET", "/readyz");
      return reply && reply->status == 200;
    });
  }
  static bool happens(const std::string& what, std::size_t times = 1) {
    return wait_until(within(30s), [&] { return stage().count(what) >= times; });
  }
  json status() {
    const auto reply = admin_call(admin, "GET", "/v1/status");
    return reply ? json::parse(reply->body, nullptr, false) : json();
  }

  test::TempDir dir;
  ListenAddress admin{.unix_socket = true, .path = (dir / "admin.sock").string(), .host = {}, .port = 0};
  testing::SkippingClock clock;
  bool hurried = false;  ///< a stop has no time
  Config config;
  std::unique_ptr<Supervisor> supervisor;
  std::thread main;
  Status result;
};

TEST_F(SupervisorTest, AnEventGoesThroughAndTheBooksSaySo) {
  begin();
  ASSERT_TRUE(becomes_ready());
  ASSERT_TRUE(happens("acknowledged"));
  ASSERT_TRUE(happens("delivered"));
  ASSERT_TRUE(wait_until(within(30s), [&] { return status()["lanes"][0]["ledger"]["delivered"] == 1; }));
  EXPECT_EQ(status()["sources"][0]["ledger"]["received"], 1);
  EXPECT_NE(admin_call(admin, "GET", "/metrics")->body.find("tidegate_ready 1"), std::string::npos);
  end();
  EXPECT_TRUE(result);
}

TEST_F(SupervisorTest, StopsSourcesBeforeLanes) {
  begin();
  ASSERT_TRUE(happens("delivered"));
  end();
  const auto notes = stage().notes();
  const auto at = [&](const char* what) { return std::find(notes.begin(), notes.end(), what); };
  ASSERT_NE(at("sink closed"), notes.end());
  EXPECT_LT(at("source stopped"), at("sink closed"));
}

TEST_F(SupervisorTest, ASinkThatCannotBeMadeIsAnAlarmAndIsTriedAgain) {
  stage().sinks_that_fail = 1;
  begin();
  ASSERT_TRUE(becomes_ready());
  ASSERT_TRUE(happens("acknowledged"));  // the source runs meanwhile, and its events wait in the spool
  EXPECT_EQ(status()["lanes"][0]["state"], "alarm");
  EXPECT_TRUE(happens("delivered"));
}

TEST_F(SupervisorTest, ASourceThatCannotBeMadeIsAnAlarmAndTheOthersRun) {
  stage().sources_that_fail = 1;
  begin({"", std::nullopt}, "s: { type: fake }, t: { type: fake }");
  ASSERT_TRUE(becomes_ready());
  ASSERT_TRUE(happens("delivered"));
  EXPECT_EQ(status()["sources"][0]["state"], "alarm");
  EXPECT_TRUE(happens("delivered", 2));
}

TEST_F(SupervisorTest, WhileTheSpoolIsFullTheSourcesArePausedAlsoThoseThatStartLater) {
  stage().sink_hangs = true;
  stage().large_events = 40;
  stage().sources_that_fail = 1;
  begin({"", std::nullopt}, "s: { type: fake }, t: { type: fake }");
  ASSERT_TRUE(happens("source paused", 2));
  EXPECT_EQ(stage().count("source started"), 2u);
  EXPECT_EQ(stage().count("source resumed"), 0u);
  stage().sink_hangs = false;
  EXPECT_TRUE(happens("source resumed", 2));
  EXPECT_TRUE(happens("delivered", 82));
}

TEST_F(SupervisorTest, AThrowingHandlerDoesNotEndTheNetworkThread) {
  stage().throws_on_network = true;
  begin();
  ASSERT_TRUE(becomes_ready());
  EXPECT_TRUE(wait_until(within(30s), [&] {
    return admin_call(admin, "GET", "/metrics")->body.find("tidegate_network_failures_total 1") != std::string::npos;
  }));
}

TEST_F(SupervisorTest, ASecondGatewayOnTheSameDirectoryIsRefused) {
  begin();
  ASSERT_TRUE(becomes_ready());
  Config other = config;
  other.gateway.admin.listen.path = (dir / "other.sock").string();
  Supervisor second(other, clock, {"", std::nullopt});
  const Status refused = second.run();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::refused);
  EXPECT_EQ(admin_call(admin, "GET", "/readyz")->status, 200);
}

TEST_F(SupervisorTest, WaitsForADataDirectoryThatCannotBeUsedYet) {
  std::ofstream(dir / "data") << "in the way";
  begin();
  ASSERT_TRUE(wait_until(within(30s), [&] {
    const json now = status();
    return now.is_object() && now["health"].contains("spool") && now["health"]["spool"]["state"] == "alarm";
  }));
  EXPECT_EQ(admin_call(admin, "GET", "/readyz")->status, 503);
  EXPECT_EQ(admin_call(admin, "GET", "/v1/dead")->status, 503);
  std::filesystem::remove(dir / "data");
  EXPECT_TRUE(becomes_ready());
}

TEST_F(SupervisorTest, TellsTheServiceManagerThatItIsReadyAliveAndStopping) {
  NotifySocket manager(dir / "notify");
  begin({manager.path(), 100ms});
  EXPECT_TRUE(manager.hears("READY=1"));
  EXPECT_TRUE(manager.hears("WATCHDOG=1", 5));
  EXPECT_TRUE(manager.hears("STATUS=0 events pending"));
  end();
  EXPECT_TRUE(manager.hears("STOPPING=1"));
}

TEST_F(SupervisorTest, IsReadyForTheServiceManagerAlsoWhileTheSpoolWaits) {
  std::ofstream(dir / "data") << "in the way";
  NotifySocket manager(dir / "notify");
  begin({manager.path(), 100ms});
  EXPECT_TRUE(manager.hears("READY=1"));
  EXPECT_TRUE(manager.hears("WATCHDOG=1", 3));
}

TEST_F(SupervisorTest, TheWatchdogIsNotToldThatACommitterIsAliveThatIsNot) {
  NotifySocket manager(dir / "notify");
  stage().receipts_hang = true;
  begin({manager.path(), 20ms});
  ASSERT_TRUE(happens("in a receipt"));
  // One more round may have begun; after it, and one that sends the probe, none says that all is well.
  const std::size_t rounds = manager.count("STATUS=");
  const std::size_t alive = manager.count("WATCHDOG=1");
  ASSERT_TRUE(manager.hears("STATUS=", rounds + 10));
  EXPECT_LE(manager.count("WATCHDOG=1"), alive + 4);
  stage().receipts_hang = false;
  EXPECT_TRUE(manager.hears("WATCHDOG=1", alive + 10));
}

/// What happens to a process of which a part does not come to its end.
using SupervisorDeathTest = SupervisorTest;

TEST_F(SupervisorDeathTest, AStopThatGetsStuckEndsTheProcessAllTheSame) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto stop_with_a_stuck_sink = [this] {
    stage().sink_hangs = true;
    hurried = true;
    begin();
    happens("connecting");
    supervisor->stop();
    main.join();
  };
  EXPECT_EXIT(stop_with_a_stuck_sink(), ::testing::ExitedWithCode(1), "stopping takes too long");
}

TEST_F(SupervisorTest, ALaneThatIsStuckInItsSinkIsAnAlarmUntilItIsBack) {
  const auto worker = [this] {
    return status()["health"].value("worker of lane r/k", json::object()).value("state", "");
  };
  NotifySocket manager(dir / "notify");
  stage().sink_hangs = true;
  begin({manager.path(), 20ms});
  ASSERT_TRUE(happens("connecting"));
  ASSERT_TRUE(becomes_ready());
  // A connect may take its time, and is late only after that.
  clock.skip(limits::kStuckAfter + 1s);
  ASSERT_TRUE(manager.hears("STATUS=", manager.count("STATUS=") + 2));
  EXPECT_EQ(worker(), "");
  clock.skip(limits::kConnectTimeout);
  EXPECT_TRUE(wait_until(within(30s), [&] { return worker() == "alarm"; })) << status();
  stage().sink_hangs = false;
  EXPECT_TRUE(happens("delivered"));
  EXPECT_TRUE(wait_until(within(30s), [&] { return worker() == "ok"; })) << status();
}

TEST_F(SupervisorTest, ALaneCanBeResumedByName) {
  begin();
  ASSERT_TRUE(becomes_ready());
  EXPECT_EQ(admin_call(admin, "POST", "/v1/lanes/r/k/resume")->status, 200);
  const auto unknown = admin_call(admin, "POST", "/v1/lanes/r/x/resume");
  EXPECT_EQ(unknown->status, 404);
  EXPECT_NE(unknown->body.find("r/k"), std::string::npos);
}

}  // namespace
}  // namespace tidegate
