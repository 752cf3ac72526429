#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connectors/auth/aws_auth.h"
#include "connectors/http/service.h"
#include "connectors/http/sink.h"
#include "tests/support/files/temp_dir.h"
#include "tests/support/receiver/receiver.h"

namespace tidegate::auth {

/// Stands still unless the test moves it.
class StillClock final : public Clock {
 public:
  [[nodiscard]] SteadyTime steady() const noexcept override { return steady_ + shift; }
  [[nodiscard]] WallTime wall() const noexcept override { return wall_ + shift + wrong; }
  /// What the rest of the world calls now.
  [[nodiscard]] WallTime true_wall() const noexcept { return wall_ + shift; }
  milliseconds shift{0};
  milliseconds wrong{0};  ///< how far the gateway's clock is off

 private:
  SteadyTime steady_ = SystemClock().steady();
  WallTime wall_ = SystemClock().wall();
};

/// Posts the ids of its events to /service.
class IdService final : public http::Service {
 public:
  explicit IdService(std::string url) : url_(std::move(url)) {}
  [[nodiscard]] SinkLimits limits() const noexcept override { return {10, 1u << 20, 8}; }
  [[nodiscard]] const std::string& url() const noexcept override { return url_; }
  void write(http::Events events, http::Request& request, http::Written& written) override;

 private:
  std::string url_;
};

/// A sink with AWS keys, and on loopback all that AWS would be: the service, STS, agents, the instance, AWS IoT.
class AwsRig : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// `yaml`: the section `credentials`; {url} in it is where AWS is.
  void open(std::string yaml);
  /// What becomes of one event.
  Settled send();
  /// As its reason says, or "delivered".
  std::string outcome() { return words(send()); }
  static std::string words(const Settled& settled);

  /// What a target other than /service answers; those without an answer get 404.
  void answer(const std::string& target, const std::string& body, unsigned status = 200);
  [[nodiscard]] testing::ReceivedRequest last(const std::string& target) const;
  [[nodiscard]] std::size_t requests_to(const std::string& target) const;
  /// The access key id of the last request to the service, and its session token.
  [[nodiscard]] std::string keys_used() const;

  [[nodiscard]] std::string expiration(milliseconds from_now) const;
  [[nodiscard]] std::string document(const std::string& id, milliseconds life = std::chrono::hours{1}) const;
  [[nodiscard]] std::string role_document(const std::string& id, milliseconds life = std::chrono::hours{1}) const;
  void serve_instance(const std::string& id, milliseconds life = std::chrono::hours{1});

  StillClock clock_;
  std::map<std::string, std::string> environment_;
  test::TempDir dir_;
  std::unique_ptr<testing::Receiver> cloud_;
  std::unique_ptr<Sink> sink_;
  /// Answers of the service; by default 200.
  std::function<testing::Answer(const testing::ReceivedRequest&)> service_;
  bool checks_time_ = false;  ///< the service and STS refuse what was not signed within 5 minutes

 private:
  testing::Answer respond(const testing::ReceivedRequest& request);
  [[nodiscard]] bool is_late(const testing::ReceivedRequest& request) const;

  mutable std::mutex mutex_;
  std::map<std::string, testing::Answer> answers_;
  ConnectorContext context_;
};

testing::Answer answer_of(unsigned status, std::string body);

}  // namespace tidegate::auth
