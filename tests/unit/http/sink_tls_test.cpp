#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include "tests/support/receiver/test_certs.h"
#include "tests/unit/http/sink_fixture.h"

extern char** environ;

namespace tidegate::http {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using testing::make_test_certs;
using testing::ReceiverOptions;
using testing::TestCerts;

ReceiverOptions https_with(const TestCerts& certs) {
  ReceiverOptions options;
  options.tls_cert = certs.server_cert;
  options.tls_key = certs.server_key;
  return options;
}

std::string tls_yaml(const std::string& url, const std::string& tls) {
  return "url: " + url + "\ntls: {" + tls + "}\n";
}

TEST(HttpSinkTls, DeliversToAPeerOfATrustedAuthority) {
  const TempDir dir;
  const auto certs = make_test_certs(dir.path());
  ASSERT_TRUE(certs) << certs.error().message;
  const auto receiver = start_receiver(https_with(*certs));
  const SinkUnderTest sink(tls_yaml(receiver->url(), "ca_file: " + certs->ca_cert.string()));
  EXPECT_TRUE(sink->connect(sink.in(kPatience), {}));
  EXPECT_EQ(sink.send(numbered_events(3)).outcomes.at(0).fate, Fate::delivered);
}

TEST(HttpSinkTls, RefusesAnUnknownAuthority) {
  const TempDir dir;
  const auto certs = make_test_certs(dir.path() / "a");
  const auto others = make_test_certs(dir.path() / "b");
  const auto receiver = start_receiver(https_with(*certs));
  for (const std::string& tls : {std::string(), "ca_file: " + others->ca_cert.string()}) {
    const SinkUnderTest sink(tls_yaml(receiver->url(), tls));
    const Status connected = sink->connect(sink.in(kPatience), {});
    ASSERT_FALSE(connected);
    EXPECT_THAT(connected.error().message, HasSubstr("certificate"));
    const Settled settled = sink.send(numbered_events(1));
    EXPECT_EQ(settled.outcomes.at(0).fate, Fate::retry);
    EXPECT_THAT(settled.outcomes.at(0).reason, HasSubstr("certificate"));
  }
  EXPECT_EQ(receiver->summary().requests, 0u);
}

TEST(HttpSinkTls, RefusesACertificateForAnotherHost) {
  const TempDir dir;
  const auto certs = make_test_certs(dir.path(), "DNS:other.example");
  const auto receiver = start_receiver(https_with(*certs));
  const SinkUnderTest sink(tls_yaml(receiver->url(), "ca_file: " + certs->ca_cert.string()));
  EXPECT_EQ(sink.send(numbered_events(1)).outcomes.at(0).fate, Fate::retry);
  EXPECT_EQ(receiver->summary().requests, 0u);
}

TEST(HttpSinkTls, TakesAnyCertificateOnlyWhenToldSo) {
  const TempDir dir;
  const auto certs = make_test_certs(dir.path(), "DNS:other.example");
  const auto receiver = start_receiver(https_with(*certs));
  const SinkUnderTest sink(tls_yaml(receiver->url(), "insecure_skip_verify: true"));
  EXPECT_EQ(sink.send(numbered_events(1)).outcomes.at(0).fate, Fate::delivered);
}

TEST(HttpSinkTls, ShowsItsCertificate) {
  const TempDir dir;
  const auto certs = make_test_certs(dir.path());
  ReceiverOptions options = https_with(*certs);
  options.client_ca = certs->ca_cert;
  const auto receiver = start_receiver(options);
  const std::string ca = "ca_file: " + certs->ca_cert.string();
  const SinkUnderTest with(tls_yaml(receiver->url(), ca + ", cert_file: " + certs->client_cert.string() +
                                                         ", key_file: " + certs->client_key.string()));
  EXPECT_EQ(with.send(numbered_events(1)).outcomes.at(0).fate, Fate::delivered);
  EXPECT_EQ(receiver->requests().at(0).client_name, "tidegate-test-client");
  const Settled without = SinkUnderTest(tls_yaml(receiver->url(), ca)).send(numbered_events(1));
  EXPECT_THAT(without.outcomes.at(0).fate, AnyOf(Fate::retry, Fate::unknown));
  EXPECT_EQ(receiver->summary().requests, 1u);
}

/// Debian's nghttpd on a port that was free a moment ago.
class Nghttpd {
 public:
  Nghttpd(const TempDir& dir, const TestCerts& certs) : log_(dir.path() / "nghttpd.log") {
    const int probe = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(probe, reinterpret_cast<sockaddr*>(&address), size);
    getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(probe);
    port_ = std::to_string(ntohs(address.sin_port));

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, log_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    std::string key = certs.server_key, cert = certs.server_cert, name = "nghttpd", echo = "--echo-upload",
                verbose = "--verbose", where = "--address=127.0.0.1";
    char* arguments[] = {name.data(),  verbose.data(), echo.data(), where.data(),
                         port_.data(), key.data(),     cert.data(), nullptr};
    started_ = posix_spawnp(&pid_, "nghttpd", &actions, nullptr, arguments, environ) == 0;
    posix_spawn_file_actions_destroy(&actions);
  }
  ~Nghttpd() {
    if (!started_) return;
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }
  Nghttpd(const Nghttpd&) = delete;
  Nghttpd& operator=(const Nghttpd&) = delete;

  [[nodiscard]] bool started() const noexcept { return started_; }
  [[nodiscard]] std::string url() const { return "https://localhost:" + port_ + "/events"; }
  [[nodiscard]] std::string log() const {
    std::stringstream all;
    all << std::ifstream(log_).rdbuf();
    return all.str();
  }

 private:
  std::filesystem::path log_;
  std::string port_;
  pid_t pid_ = 0;
  bool started_ = false;
};

TEST(HttpSinkTls, SpeaksHttp2) {
  const TempDir dir;
  const auto certs = make_test_certs(dir.path());
  const Nghttpd server(dir, *certs);
  if (!server.started()) GTEST_SKIP() << "nghttpd is not installed (Debian: nghttp2-server)";
  for (const char* version : {"auto", "2"}) {
    const SinkUnderTest sink(tls_yaml(server.url(), "ca_file: " + certs->ca_cert.string()) +
                             "http_version: " + version);
    const Deadline deadline = sink.in(kPatience);
    while (!sink->connect(deadline, {}) && SystemClock().steady() < deadline.at) std::this_thread::yield();
    const auto events = numbered_events(3);
    for (std::uint64_t id = 1; id <= 4; ++id) sink->submit(batch_of(events, id));
    for (const Settled& settled : sink.settled(4)) {
      EXPECT_EQ(settled.outcomes.at(0).fate, Fate::delivered) << settled.outcomes.at(0).reason;
    }
  }
  EXPECT_THAT(server.log(), HasSubstr(":method: POST"));
  EXPECT_THAT(server.log(), HasSubstr("idempotency-key: "));
}

}  // namespace
}  // namespace tidegate::http
