#include "gateway/admin/server.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "gateway/admin/client.h"
#include "gateway/admin/limits.h"
#include "tests/unit/admin/fake_backend.h"

namespace tidegate {
namespace {

namespace asio = boost::asio;

/// A server on a network thread of its own.
class AdminServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    worker.start();
    network = std::thread([this] { net.run(); });
  }
  void TearDown() override {
    worker.stop();
    if (server) server->stop();
    net.stop();
    network.join();
  }
  void serve(const std::string& listen) {
    server = AdminServer::create({*ListenAddress::parse(listen), net, backend, worker, health});
    server->start();
  }
  /// The address once it listens.
  ListenAddress bound() {
    for (;;) {
      const ListenAddress at = server->bound();
      if (at.unix_socket ? std::filesystem::exists(at.path) && state() == HealthState::ok : at.port != 0) return at;
      std::this_thread::yield();
    }
  }
  HealthState state() { return health.entries()["admin"].state; }
  std::string raw(const ListenAddress& at, const std::string& text) {
    asio::io_context context;
    asio::ip::tcp::socket socket(context);
    socket.connect({asio::ip::make_address(at.host), at.port});
    boost::system::error_code error;
    asio::write(socket, asio::buffer(text), error);
    std::string answer;
    asio::read(socket, asio::dynamic_buffer(answer), error);
    return answer;
  }

  SystemClock clock;
  Health health{clock};
  FakeBackend backend;
  Worker worker{limits::kAdminJobsMax};
  asio::io_context net{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard{net.get_executor()};
  std::unique_ptr<AdminServer> server;
  std::thread network;
};

TEST_F(AdminServerTest, AnswersOverTcp) {
  serve("127.0.0.1:0");
  const ListenAddress at = bound();
  EXPECT_EQ(admin_call(at, "GET", "/healthz")->body, "ok\n");
  EXPECT_EQ(admin_call(at, "POST", "/v1/dead/retry", R"({"numbers":[1,2]})")->body, R"({"retried":2})");
  EXPECT_EQ(admin_call(at, "GET", "/nothing")->status, 404);
}

TEST_F(AdminServerTest, AnswersOverAUnixSocketThatOthersCannotOpen) {
  const std::string path = ::testing::TempDir() + "tidegate-admin-" + std::to_string(getpid()) + ".sock";
  serve("unix:" + path);
  EXPECT_EQ(admin_call(bound(), "GET", "/v1/status")->status, 200);
  struct stat found {};
  ASSERT_EQ(stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0660u);
  server->stop();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(AdminServerTest, ADiskCallDoesNotHoldUpTheNetworkThread) {
  std::promise<void> entered, leave;
  backend.before_disk = [&, first = true]() mutable {
    if (!std::exchange(first, false)) return;
    entered.set_value();
    leave.get_future().wait();
  };
  serve("127.0.0.1:0");
  const ListenAddress at = bound();
  auto slow = std::async(std::launch::async, [&] { return admin_call(at, "GET", "/v1/dead")->status; });
  entered.get_future().wait();
  EXPECT_EQ(admin_call(at, "GET", "/healthz")->status, 200);
  leave.set_value();
  EXPECT_EQ(slow.get(), 200);
}

TEST_F(AdminServerTest, OversizeAndMalformedRequestsAreRefused) {
  serve("127.0.0.1:0");
  const ListenAddress at = bound();
  const std::string body(limits::kAdminRequestBytesMax + 1, ' ');
  EXPECT_EQ(admin_call(at, "POST", "/v1/dead/drop", body)->status, 413);
  EXPECT_EQ(raw(at, "nonsense\r\n\r\n").substr(0, 12), "HTTP/1.1 400");
  const std::string header = "GET / HTTP/1.1\r\nX: " + std::string(limits::kAdminHeaderBytesMax, 'x') + "\r\n\r\n";
  EXPECT_EQ(raw(at, header).substr(0, 12), "HTTP/1.1 431");
  const std::string chunked = "POST /v1/dead/drop HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(raw(at, chunked + "0\r\n)~~\r]\r\n").substr(0, 12), "HTTP/1.1 411");
  EXPECT_EQ(admin_call(at, "GET", "/healthz")->status, 200);
}

TEST_F(AdminServerTest, ATakenPortIsAnAlarmAndNotTheEnd) {
  asio::io_context context;
  asio::ip::tcp::acceptor squatter(context, {asio::ip::address_v4::loopback(), 0});
  serve("127.0.0.1:" + std::to_string(squatter.local_endpoint().port()));
  while (state() != HealthState::alarm) std::this_thread::yield();
  EXPECT_EQ(server->bound().port, 0);
}

TEST_F(AdminServerTest, ASocketFileLeftByADeadGatewayIsReplacedAndALiveOneIsNot) {
  const std::string path = ::testing::TempDir() + "tidegate-stale-" + std::to_string(getpid()) + ".sock";
  {
    asio::io_context context;
    asio::local::stream_protocol::acceptor dead(context, path);
  }
  ASSERT_TRUE(std::filesystem::exists(path));
  serve("unix:" + path);
  bound();
  auto second = AdminServer::create({*ListenAddress::parse("unix:" + path), net, backend, worker, health});
  second->start();
  while (state() != HealthState::alarm) std::this_thread::yield();
  second->stop();
  EXPECT_EQ(admin_call(*ListenAddress::parse("unix:" + path), "GET", "/healthz")->status, 200);
}

TEST(AdminCall, SaysThatNobodyListens) {
  const auto reply = admin_call(*ListenAddress::parse("unix:/nonexistent/admin.sock"), "GET", "/healthz");
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace tidegate
