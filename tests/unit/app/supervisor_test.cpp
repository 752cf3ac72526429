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

/// A gateway with fake connectors, running on a thread of its own.
class SupervisorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const MutexLock lock(stage().mutex);
    stage().said.clear();
    stage().sinks_that_fail = 0;
    stage().throws_on_network = false;
  }
  void TearDown() override {
    stage().sink_hangs = false;
    end();
  }

  void begin(ServiceNotify notify = {"", std::nullopt}) {
    const std::string text =
        "gateway: { data_dir: " + (dir / "data").string() + ", admin: { listen: 'unix:" + admin.path +
        "' } }\nsources: { s: { type: fake } }\nsinks: { k: { type: fake } }\n" + "routes: { r: { to: k } }\n";
    LoadedConfig loaded = load_config_text(text, dir / "t.yaml", staged_types(),
                                           [](const std::string&) { return std::optional<std::string>{}; });
    ASSERT_TRUE(loaded.config) << loaded.diagnostics.text();
    config = *std::move(loaded.config);
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
  const std::string name = (dir / "notify").string();
  const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  name.copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  std::string heard;
  const auto hears = [&](const char* what, std::size_t times) {
    return wait_until(within(30s), [&] {
      std::array<char, 512> buffer{};
      for (ssize_t size = 0; (size = recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT)) > 0;)
        heard += std::string(buffer.data(), static_cast<std::size_t>(size)) + "\n";
      std::size_t found = 0;
      for (std::size_t at = heard.find(what); at != std::string::npos; at = heard.find(what, at + 1)) ++found;
      return found >= times;
    });
  };
  begin({name, 100ms});
  EXPECT_TRUE(hears("READY=1", 1));
  EXPECT_TRUE(hears("WATCHDOG=1", 5)) << heard;
  EXPECT_TRUE(hears("STATUS=0 events pending", 1)) << heard;
  end();
  EXPECT_TRUE(hears("STOPPING=1", 1)) << heard;
  close(fd);
}

TEST_F(SupervisorTest, ALaneThatIsStuckInItsSinkIsAnAlarmUntilItIsBack) {
  const auto worker = [this] {
    return status()["health"].value("worker of lane r/k", json::object()).value("state", "");
  };
  stage().sink_hangs = true;
  begin({"", 20ms});
  ASSERT_TRUE(happens("connecting"));
  ASSERT_TRUE(becomes_ready());
  clock.skip(limits::kConnectTimeout);
  EXPECT_EQ(worker(), "");
  clock.skip(limits::kStuckAfter);
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
