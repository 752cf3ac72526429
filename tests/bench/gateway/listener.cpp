#include "tests/bench/gateway/listener.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <thread>
#include <vector>

#include "tests/support/receiver/test_certs.h"

namespace tidegate::bench {
namespace {

constexpr milliseconds kFlowLimit{300'000};
constexpr std::uint32_t kDevices = 25;  // topics of one publisher

/// A gateway that listens, and the receiver it delivers to.
class ListenerRig {
 public:
  explicit ListenerRig(const std::filesystem::path& bin) : bin_(bin), gateway_(bin / "tidegate", dir_.path()) {}

  /// `more`: of the source. `sink`: in place of the receiver.
  Status start(std::string_view more, std::string_view sink) {
    std::string to_receiver;
    if (sink.empty()) {
      if (auto up = start_receiver(to_receiver); !up) return up;
      sink = to_receiver;
    }
    port_ = test::free_port();
    gateway_.configure(gateway_.preamble() + fmt::format(R"(sources:
  devices:
    type: mqtt_listener
    listen: 127.0.0.1:{}
    allow_anonymous: true
{}sinks:
  cloud:
{}    batch: {{ max_events: 500, max_wait: 200ms }}
routes:
  all:
    topic: "sensors/#"
    to: cloud
)",
                                                         port_, more, sink));
    return gateway_.start_ready();
  }

  [[nodiscard]] test::GatewayProcess& gateway() { return gateway_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  /// `sink`: how to reach it.
  Status start_receiver(std::string& sink) {
    const auto certs = testing::make_test_certs(dir_ / "certs");
    if (!certs) return certs.error();
    receiver_ = std::make_unique<test::ReceiverProcess>(bin_ / "test_receiver", dir_.path(), certs->server_cert,
                                                        certs->server_key, false);
    if (auto up = receiver_->start(); !up) return up;
    sink = fmt::format("    type: http\n    url: {}\n    tls: {{ ca_file: {} }}\n", receiver_->url(),
                       certs->ca_cert.string());
    return {};
  }

  std::filesystem::path bin_;
  test::TempDir dir_;
  std::unique_ptr<test::ReceiverProcess> receiver_;
  test::GatewayProcess gateway_;
  std::uint16_t port_ = 0;
};

/// Everything sent and acknowledged, or why not.
Status publish_all(std::uint16_t port, std::uint64_t count) {
  std::array<test::PublisherReport, kListenerPublishers> reports;
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t i = 0; i < kListenerPublishers; ++i) {
      threads.emplace_back([&, i] {
        test::PublisherOptions options;
        options.port = port;
        options.number = i + 1;
        options.count = count / kListenerPublishers;
        options.keys = kDevices;
        options.payload_bytes = kPayloadBytes;
        reports[i] = test::publish(options, {});
      });
    }
  }
  for (const auto& report : reports)
    if (!report.trouble.empty()) return Error{ErrorCode::unavailable, report.trouble};
  return {};
}

/// A client that connects with a keep alive of an hour and waits for its CONNACK.
int idle_client(std::uint16_t port, std::uint32_t number) {
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const std::string id = fmt::format("device-{:05}", number);
  std::string hello("\x10", 1);
  hello += static_cast<char>(12 + id.size());
  hello += std::string("\x00\x04MQTT\x04\x02\x0e\x10\x00", 11);
  hello += static_cast<char>(id.size());
  hello += id;
  char answer[4];
  const bool open = connect(client, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 &&
                    send(client, hello.data(), hello.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(hello.size()) &&
                    recv(client, answer, sizeof answer, MSG_WAITALL) == sizeof answer && answer[3] == 0;
  if (open) return client;
  close(client);
  return -1;
}

}  // namespace

Result<Flow> measure_listener(const std::filesystem::path& bin, std::uint64_t count, std::string_view sink) {
  ListenerRig rig(bin);
  if (auto up = rig.start({}, sink); !up) return up.error();
  test::GatewayProcess& gateway = rig.gateway();
  const test::Usage before = test::usage_of(gateway.pid());
  const auto from = std::chrono::steady_clock::now();
  if (auto sent = publish_all(rig.port(), count); !sent) return sent.error();
  double seconds = 0;
  const bool done = test::wait_until(test::within(kFlowLimit), [&] {
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
    return !gateway.running() || gateway.books("delivered").value_or(0) >= count;
  });
  if (!done || !gateway.running()) return Error{ErrorCode::timeout, "not everything was delivered:\n" + gateway.log()};
  const test::Usage after = test::usage_of(gateway.pid());
  const auto event_bytes = static_cast<double>(test::topic_of(1, 0).size() + kPayloadBytes +
                                               std::string_view("qos1clientidpublisher-1").size());
  return flow_of(static_cast<double>(count), seconds, event_bytes, before, after);
}

Result<double> measure_idle_connections(const std::filesystem::path& bin, std::uint32_t connections) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;  // inherited by the gateway
  setrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < connections + 100)
    return Error{ErrorCode::full, fmt::format("at most {} files may be open here", files.rlim_cur)};
  ListenerRig rig(bin);
  if (auto up = rig.start(fmt::format("    max_connections: {}\n", connections), {}); !up) return up.error();
  const std::uint64_t before = test::usage_of(rig.gateway().pid()).rss_kib;
  std::vector<int> clients;
  for (std::uint32_t i = 0; i < connections; ++i) {
    clients.push_back(idle_client(rig.port(), i));
    if (clients.back() < 0) break;
  }
  const bool all = clients.size() == connections && clients.back() >= 0;
  const std::uint64_t after = test::usage_of(rig.gateway().pid()).rss_kib;
  for (const int client : clients)
    if (client >= 0) close(client);
  if (!all) return Error{ErrorCode::unavailable, fmt::format("client {} was not let in", clients.size())};
  return static_cast<double>(after - before) / connections;
}

}  // namespace tidegate::bench
