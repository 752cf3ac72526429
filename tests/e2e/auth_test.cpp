// Credentials that are fetched or computed, through the real program.

#include <gmock/gmock.h>

#include <fmt/format.h>

#include <deque>
#include <mutex>
#include <set>

#include "connectors/auth/standard_webhooks.h"
#include "tests/e2e/site.h"
#include "tests/support/http/http_client.h"

namespace tidegate::e2e {
namespace {

using testing::Answer;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ReceivedRequest;

constexpr const char* kLane = "lane all/cloud";

Answer answer(unsigned status, std::string body = {}) {
  Answer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

/// Everything that the gateway keeps or says, but its config.
std::string all_it_says(Site& site) {
  std::string all = site.gateway.log() + site.status().dump();
  for (const auto& file : std::filesystem::recursive_directory_iterator(site.gateway.data_dir())) {
    if (file.is_regular_file()) all += test::read_file(file.path());
  }
  return all;
}

/// A token endpoint that does what it is told. *Threads*: safe from any.
class TokenEndpoint {
 public:
  explicit TokenEndpoint(std::uint16_t port) {
    testing::ReceiverOptions options;
    options.port = port;
    options.respond = [this](const ReceivedRequest& request) { return respond(request); };
    auto started = testing::Receiver::start(std::move(options));
    EXPECT_TRUE(started) << started.error().message;
    if (started) receiver_ = *std::move(started);
  }
  /// Answers for the next requests; after them tokens are granted, or not.
  void script(std::vector<Answer> answers) {
    const std::lock_guard lock(mutex_);
    script_.assign(std::make_move_iterator(answers.begin()), std::make_move_iterator(answers.end()));
  }
  void refuse(bool refuse) {
    const std::lock_guard lock(mutex_);
    refuse_ = refuse;
  }
  int granted() const {
    const std::lock_guard lock(mutex_);
    return granted_;
  }

 private:
  Answer respond(const ReceivedRequest& request) {
    const std::lock_guard lock(mutex_);
    if (!script_.empty()) {
      Answer next = std::move(script_.front());
      script_.pop_front();
      return next;
    }
    const bool known = request.headers.contains("authorization") && !refuse_;
    if (!known) return answer(401, R"({"error":"invalid_client","error_description":"s3cret-of-plant-7 is no good"})");
    return answer(200, fmt::format(R"({{"access_token":"access-token-{}","token_type":"Bearer","expires_in":3600}})",
                                   ++granted_));
  }

  mutable std::mutex mutex_;  ///< guards everything below
  std::deque<Answer> script_;
  bool refuse_ = false;
  int granted_ = 0;
  std::unique_ptr<testing::Receiver> receiver_;
};

/// No event is lost whatever the token endpoint does: not there, garbage, half an answer, an error, a refusal.
TEST(Auth, ATokenIsWaitedForAndReplacedOnceItIsRefused) {
  const std::uint16_t port = test::free_port();
  Site site;
  SiteConfig config;
  config.sink = fmt::format(
      "    auth: {{ type: oauth2, token_url: \"http://127.0.0.1:{}/token\", client_id: plant-7, client_secret_file: {} "
      "}}\n",
      port, site.dir.write("secret", "s3cret-of-plant-7").string());
  site.start(config);
  site.publish(50, 1, 1);
  ASSERT_TRUE(test::wait_until(test::within(kPatience), [&] {
    return site.gateway.detail_of(kLane).find("no credential") != std::string::npos;
  })) << site.gateway.detail_of(kLane);

  TokenEndpoint endpoint(port);
  Answer cut = answer(200, R"({"access_token":"half-a-token","token_type":"Bearer","expires_in":3600})");
  cut.action = Answer::Action::cut;
  endpoint.script({answer(200, "<html>Log in</html>"), cut, answer(503)});
  site.expect_arrived(50);
  EXPECT_EQ(endpoint.granted(), 1);

  site.receiver->script({answer(401)});
  site.publish(50, 1, 2);
  site.expect_arrived(100);
  EXPECT_EQ(endpoint.granted(), 2);
  EXPECT_EQ(site.receiver->requests().back().headers.at("authorization"), "Bearer access-token-2");

  endpoint.refuse(true);
  site.receiver->answer_by_default(answer(401));
  site.publish(50, 1, 3);
  ASSERT_TRUE(site.wait_state(kLane, "paused")) << site.gateway.log();
  EXPECT_THAT(site.gateway.detail_of(kLane), HasSubstr("invalid_client"));
  EXPECT_EQ(site.gateway.books("pending"), 50u);
  EXPECT_THAT(all_it_says(site), Not(HasSubstr("s3cret-of-plant-7")));
  EXPECT_THAT(all_it_says(site), Not(HasSubstr("access-token-")));
  endpoint.refuse(false);
  site.receiver->answer_by_default(answer(200));
  EXPECT_EQ(test::http_over_unix(site.gateway.admin(), "POST", "/v1/lanes/all/cloud/resume").status / 100, 2);
  site.expect_arrived(150);
  site.expect_clean_end();
}

/// A receiver of webhooks that knows one secret at a time. *Threads*: safe from any.
class WebhookReceiver {
 public:
  explicit WebhookReceiver(std::string secret) : secret_(std::move(secret)) {}
  void know(const std::string& secret) {
    const std::lock_guard lock(mutex_);
    secret_ = secret;
  }
  std::size_t distinct() const {
    const std::lock_guard lock(mutex_);
    return ids_.size();
  }
  int refused() const {
    const std::lock_guard lock(mutex_);
    return refused_;
  }
  Answer take(const ReceivedRequest& request) {
    const std::lock_guard lock(mutex_);
    const auto key = auth::webhook_key(secret_);
    const std::string right = auth::webhook_signature(key->reveal(), request.headers.at("webhook-id"),
                                                      request.headers.at("webhook-timestamp"), request.body);
    if ((" " + request.headers.at("webhook-signature") + " ").find(" " + right + " ") == std::string::npos) {
      ++refused_;
      return answer(400, "bad signature, " + secret_ + " expected");
    }
    for (const auto& event : nlohmann::json::parse(request.body)) ids_.insert(event["id"].get<std::string>());
    return answer(204);
  }

 private:
  mutable std::mutex mutex_;  ///< guards everything below
  std::string secret_;
  std::set<std::string> ids_;
  int refused_ = 0;
};

TEST(Auth, WebhookSecretsRotateUnderLoad) {
  const std::string first = "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB",
                    second = "whsec_AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
  WebhookReceiver webhooks(first);
  testing::ReceiverOptions options;
  options.respond = [&](const ReceivedRequest& request) { return webhooks.take(request); };
  Site site(std::move(options));
  SiteConfig config;
  config.sink = fmt::format("    auth: {{ type: standard_webhooks, secrets_file: {} }}\n",
                            site.dir.write("secrets", first + "\n").string());
  site.start(config);
  const auto arrived = [&](std::size_t count) {
    return test::wait_until(test::within(kPatience), [&] { return webhooks.distinct() == count; });
  };
  site.publish(200, 1, 1);
  ASSERT_TRUE(arrived(200)) << site.gateway.log();
  EXPECT_EQ(webhooks.refused(), 0);

  // The receiver rotates before anybody tells the gateway: the lane pauses, and goes on by itself once the file has it.
  webhooks.know(second);
  site.publish(200, 1, 2);
  ASSERT_TRUE(site.wait_state(kLane, "paused")) << site.gateway.log();
  EXPECT_THAT(site.gateway.detail_of(kLane), HasSubstr("HTTP 400, taken for a refused credential"));
  test::write_file(site.dir / "secrets", first + "\n" + second + "\n");
  ASSERT_TRUE(arrived(400)) << site.gateway.log();
  EXPECT_THAT(all_it_says(site), Not(HasSubstr(first.substr(6))));
  site.expect_clean_end();
  EXPECT_EQ(site.gateway.books("dead").value_or(0), 0u);
}

/// An endpoint of AWS that knows one access key at a time. *Threads*: safe from any.
class AwsEndpoint {
 public:
  explicit AwsEndpoint(std::string key) : key_(std::move(key)) {}
  void know(const std::string& key) {
    const std::lock_guard lock(mutex_);
    key_ = key;
  }
  std::size_t distinct() const {
    const std::lock_guard lock(mutex_);
    return ids_.size();
  }
  Answer take(const ReceivedRequest& request) {
    const std::lock_guard lock(mutex_);
    const std::string& proof = request.headers.at("authorization");
    if (!proof.starts_with("AWS4-HMAC-SHA256 Credential=" + key_ + "/")) {
      return answer(403, R"({"message":"The security token is invalid, unlike )" + key_ + "\"}");
    }
    for (const auto& event : nlohmann::json::parse(request.body)) ids_.insert(event["id"].get<std::string>());
    return answer(200);
  }

 private:
  mutable std::mutex mutex_;  ///< guards everything below
  std::string key_;
  std::set<std::string> ids_;
};

TEST(Auth, AwsKeysRotateUnderLoad) {
  AwsEndpoint endpoint("AKIAFIRST");
  testing::ReceiverOptions options;
  options.respond = [&](const ReceivedRequest& request) { return endpoint.take(request); };
  Site site(std::move(options));
  SiteConfig config;
  config.sink = fmt::format(
      "    auth:\n      type: aws_sigv4\n      region: eu-central-1\n      service: execute-api\n      credentials: {{ "
      "access_key_id_file: {}, secret_access_key_file: {} }}\n",
      site.dir.write("id", "AKIAFIRST\n").string(), site.dir.write("key", "first-s3cret\n").string());
  site.start(config);
  const auto arrived = [&](std::size_t count) {
    return test::wait_until(test::within(kPatience), [&] { return endpoint.distinct() == count; });
  };
  site.publish(200, 1, 1);
  ASSERT_TRUE(arrived(200)) << site.gateway.log();

  endpoint.know("AKIASECOND");
  site.publish(200, 1, 2);
  ASSERT_TRUE(site.wait_state(kLane, "paused")) << site.gateway.log();
  EXPECT_EQ(site.gateway.books("pending"), 200u);
  test::write_file(site.dir / "key", "second-s3cret\n");
  test::write_file(site.dir / "id", "AKIASECOND\n");
  ASSERT_TRUE(arrived(400)) << site.gateway.log();
  EXPECT_THAT(all_it_says(site), Not(HasSubstr("-s3cret")));
  site.expect_clean_end();
  EXPECT_EQ(site.gateway.books("dead").value_or(0), 0u);
}

/// Receivers of other people's making (tests/node/receivers.mjs), when `./dev test` could install them.
class NodeReceivers : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::filesystem::path folder = std::filesystem::path(TIDEGATE_SOURCE_DIR) / "tests/node";
    if (!exists(folder / "node_modules/standardwebhooks"))
      GTEST_SKIP() << "npm packages are missing: in tests/node, run npm ci --ignore-scripts";
    const auto output = site_.dir / "receivers.json";
    auto started = test::Process::spawn(
        {{"/usr/bin/env", "node", (folder / "receivers.mjs").string(), "plant-7", "s:3/cret", secret_},
         {},
         output,
         site_.dir / "receivers.log"});
    ASSERT_TRUE(started) << started.error().message;
    process_.emplace(*std::move(started));
    ASSERT_TRUE(test::wait_until(test::within(kPatience), [&] { return test::read_file(output).ends_with('\n'); }))
        << test::read_file(site_.dir / "receivers.log");
    const auto where = nlohmann::json::parse(test::read_file(output));
    token_url_ = where["token_url"];
    url_ = where["url"];
    port_ = static_cast<std::uint16_t>(std::stoi(url_.substr(url_.rfind(':') + 1)));
  }

  nlohmann::json stats() const {
    test::HttpClient client(port_);
    client.send("GET /stats HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    return nlohmann::json::parse(client.reply().body);
  }

  static std::size_t distinct(const nlohmann::json& ids) {
    return std::set<std::string>(ids.begin(), ids.end()).size();
  }

  const std::string secret_ = "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB";
  Site site_;
  std::optional<test::Process> process_;
  std::string token_url_, url_;
  std::uint16_t port_ = 0;
};

TEST_F(NodeReceivers, VerifyEveryTokenAndEverySignature) {
  site_.gateway.configure(site_.gateway.preamble() + fmt::format(R"(sources:
  plant-floor: {{ type: mqtt, broker: {}, subscribe: [ {{ topic: "sensors/#", qos: 1 }} ] }}
sinks:
  engine:
    type: http
    url: {}/events
    batch: {{ max_events: 50, max_wait: 20ms }}
    auth: {{ type: oauth2, token_url: "{}", client_id: plant-7, client_secret: "s:3/cret" }}
  partner:
    type: http
    url: {}/webhooks
    batch: {{ max_events: 1 }}
    auth: {{ type: standard_webhooks, secrets: {} }}
routes:
  all: {{ topic: "sensors/#", to: [ engine, partner ] }}
)",
                                                                 site_.broker->uri(), url_, token_url_, url_, secret_));
  site_.restart();
  ASSERT_TRUE(site_.wait_state("source plant-floor", "ok")) << site_.gateway.log();
  // Tokens live four seconds: on and on, until three have been used one after the other.
  std::size_t published = 0;
  const Deadline deadline = test::within(kPatience);
  for (std::uint32_t round = 1; stats()["tokens_seen"] < 3 && SystemClock().steady() < deadline.at; ++round) {
    site_.publish(20, 1, round);
    published += 20;
    ASSERT_TRUE(site_.wait_books("pending", 0)) << site_.status().dump(2);
  }
  const auto seen = stats();
  EXPECT_GE(seen["tokens_seen"], 3);
  EXPECT_EQ(distinct(seen["event_ids"]), published);
  EXPECT_EQ(distinct(seen["webhook_ids"]), published);
  EXPECT_EQ(seen["refused_clients"], 0);
  EXPECT_EQ(seen["refused_tokens"], 0) << "each was replaced ahead of its end";
  EXPECT_EQ(seen["refused_webhooks"], 0);
  site_.expect_clean_end();
}

}  // namespace
}  // namespace tidegate::e2e
