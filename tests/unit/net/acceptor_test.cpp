#include "gateway/net/acceptor.h"

#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <chrono>
#include <filesystem>
#include <optional>
#include <vector>

namespace tidegate {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::ip::tcp;

class AcceptorTest : public ::testing::Test {
 protected:
  ~AcceptorTest() override {
    if (acceptor_) acceptor_->close();
    net_.poll();
  }

  void open(ListenAddress at, std::size_t connections_max, std::function<bool()> make_room = {}) {
    acceptor_ = Acceptor::create({.listen = std::move(at),
                                  .net = net_,
                                  .health = health_,
                                  .component = "source door",
                                  .gone_without = "this source",
                                  .connections_max = connections_max,
                                  .make_room = std::move(make_room),
                                  .turned_away = &turned_away_,
                                  .bind_retry = 1ms});
    acceptor_->open([this](StreamSocket socket, Acceptor::Place place) {
      taken_.emplace_back(std::move(socket), std::move(place));
    });
  }

  template <class Condition>
  bool until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (!condition() && std::chrono::steady_clock::now() < deadline) net_.run_one_for(100ms);
    return condition();
  }

  tcp::socket connect() {
    tcp::socket socket(net_);
    socket.connect({asio::ip::make_address("127.0.0.1"), acceptor_->bound().port});
    return socket;
  }

  HealthState state() { return health_.entries()["source door"].state; }

  SystemClock clock_;
  Health health_{clock_};
  Counter turned_away_;
  asio::io_context net_{1};
  std::shared_ptr<Acceptor> acceptor_;
  std::vector<std::pair<StreamSocket, Acceptor::Place>> taken_;
};

TEST_F(AcceptorTest, ReportsThePortThatTheKernelChoseAndHandsOverConnections) {
  open(*ListenAddress::parse("127.0.0.1:0"), 8);
  ASSERT_NE(acceptor_->bound().port, 0);
  EXPECT_EQ(state(), HealthState::ok);
  const tcp::socket client = connect();
  ASSERT_TRUE(until([&] { return taken_.size() == 1; }));
  const auto port = std::to_string(client.local_endpoint().port());
  EXPECT_EQ(peer_text(taken_[0].first), "127.0.0.1:" + port);
}

TEST_F(AcceptorTest, ATakenPortIsAnAlarmUntilItIsFree) {
  tcp::acceptor holder(net_, {asio::ip::make_address("127.0.0.1"), 0});
  holder.listen();
  const std::uint16_t port = holder.local_endpoint().port();
  open(*ListenAddress::parse("127.0.0.1:" + std::to_string(port)), 8);
  EXPECT_EQ(state(), HealthState::alarm);
  EXPECT_EQ(acceptor_->bound().port, 0);
  holder.close();
  EXPECT_TRUE(until([&] { return acceptor_->bound().port == port; }));
  EXPECT_EQ(state(), HealthState::ok);
}

TEST_F(AcceptorTest, AConnectionTooManyIsClosedAndCounted) {
  open(*ListenAddress::parse("127.0.0.1:0"), 1);
  const tcp::socket first = connect();
  ASSERT_TRUE(until([&] { return taken_.size() == 1; }));
  tcp::socket second = connect();
  ASSERT_TRUE(until([&] { return turned_away_.value() == 1; }));
  char byte = 0;
  boost::system::error_code ended;
  asio::read(second, asio::buffer(&byte, 1), ended);
  EXPECT_TRUE(ended);

  taken_.clear();
  const tcp::socket third = connect();
  EXPECT_TRUE(until([&] { return taken_.size() == 1; })) << "a place that was given back is not given again";
}

TEST_F(AcceptorTest, TheOwnerMayMakeRoom) {
  open(*ListenAddress::parse("127.0.0.1:0"), 1, [this] {
    taken_.clear();
    return true;
  });
  const tcp::socket first = connect();
  ASSERT_TRUE(until([&] { return taken_.size() == 1; }));
  const std::string peer = peer_text(taken_[0].first);
  const tcp::socket second = connect();
  EXPECT_TRUE(until([&] { return taken_.size() == 1 && peer_text(taken_[0].first) != peer; }));
  EXPECT_EQ(turned_away_.value(), 0u);
}

TEST_F(AcceptorTest, PausedShowsInHealthWhileItListens) {
  open(*ListenAddress::parse("127.0.0.1:0"), 1);
  acceptor_->report_paused(true);
  EXPECT_EQ(state(), HealthState::paused);
  acceptor_->report_paused(false);
  EXPECT_EQ(state(), HealthState::ok);
}

TEST_F(AcceptorTest, AStaleUnixSocketIsReplacedAndRemovedAtTheEnd) {
  const std::string path = ::testing::TempDir() + "tidegate-acceptor-" + std::to_string(getpid()) + ".sock";
  {
    // Closing leaves the file, as a process that was killed does.
    asio::local::stream_protocol::acceptor stale(net_, asio::local::stream_protocol::endpoint(path));
  }
  ASSERT_TRUE(std::filesystem::exists(path));
  open(*ListenAddress::parse("unix:" + path), 1);
  EXPECT_EQ(state(), HealthState::ok);
  asio::local::stream_protocol::socket client(net_);
  client.connect(asio::local::stream_protocol::endpoint(path));
  ASSERT_TRUE(until([&] { return taken_.size() == 1; }));
  EXPECT_EQ(peer_text(taken_[0].first), "unix");
  acceptor_->close();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(AcceptorTest, TryingAnAddressTellsWhetherItIsFree) {
  open(*ListenAddress::parse("127.0.0.1:0"), 1);
  const ListenAddress at = acceptor_->bound();
  EXPECT_FALSE(try_address(at));
  acceptor_->close();
  EXPECT_TRUE(try_address(at));
}

TEST(ListenAddress, ParsesAddressesAndPaths) {
  EXPECT_EQ(ListenAddress::parse("localhost:8686")->text(), "127.0.0.1:8686");
  EXPECT_EQ(ListenAddress::parse("[::1]:0")->text(), "[::1]:0");
  EXPECT_EQ(ListenAddress::parse("unix:/run/t/a.sock")->text(), "unix:/run/t/a.sock");
  EXPECT_TRUE(ListenAddress::parse("127.0.0.1:1")->is_local());
  EXPECT_FALSE(ListenAddress::parse("0.0.0.0:1")->is_local());
  const std::string long_path(200, 'a');
  for (const std::string& bad :
       {std::string(), std::string("8686"), std::string("host:8686"), std::string("127.0.0.1:70000"),
        std::string("127.0.0.1:"), std::string("unix:"), "unix:/" + long_path})
    EXPECT_FALSE(ListenAddress::parse(bad)) << bad;
}

}  // namespace
}  // namespace tidegate
