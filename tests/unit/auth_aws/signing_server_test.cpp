// A server that computes the signature of each request on its own, in another language, where it is at hand.
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "connectors/auth/aws_sigv4.h"
#include "tests/support/http/http_client.h"
#include "tests/support/process/process.h"
#include "tests/unit/auth_aws/shared_folder.h"

namespace tidegate::auth {
namespace {

using namespace std::chrono_literals;

const AwsKeys kKeys{"AKIDEXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), Secret("session/token==")};

class SigningServer : public testing::Test {
 protected:
  void SetUp() override {
    const auto script = test::shared_folder() / "data/sigv4/sigv4_server.js";
    if (!std::filesystem::exists(script)) GTEST_SKIP() << "no sigv4_server.js beside the source tree";
    if (test::run({"node", "--version"}, test::within(20s)).status != 0) GTEST_SKIP() << "no node here";
    for (int attempt = 0; attempt < 5 && !server_; ++attempt) start(script);
    ASSERT_TRUE(server_) << "the server did not start";
  }

  void start(const std::filesystem::path& script) {
    port_ = test::free_port();
    auto spawned = test::Process::spawn({{"node", script.string(), std::to_string(port_), kKeys.access_key_id,
                                          kKeys.secret_access_key.reveal(), kKeys.session_token.reveal()},
                                         {},
                                         {},
                                         {},
                                         false});
    ASSERT_TRUE(spawned);
    server_.emplace(*std::move(spawned));
    const bool up =
        test::wait_until(test::within(20s), [&] { return !server_->running() || test::accepts_connections(port_); });
    if (!up || !server_->running()) server_.reset();
  }

  test::HttpReply send(SigV4Scope scope, const std::string& method, const std::string& target, const std::string& body,
                       std::vector<HeaderField> headers = {}, const AwsKeys& keys = kKeys,
                       std::chrono::minutes off = 0min, const std::string& sent_body_end = "") {
    auto signer = SigV4Signer::create(std::move(scope));
    if (!signer) return {};
    headers.push_back({"Host", "service.example"});
    const auto added = signer->sign({method, target, headers, {body, {}}}, keys, SystemClock().wall() + off);
    if (!added) return {};
    std::string text = method + " " + target + " HTTP/1.1\r\n";
    headers.insert(headers.end(), added->begin(), added->end());
    for (const auto& [name, value] : headers) text.append(name).append(": ").append(value).append("\r\n");
    const std::string sent = body + sent_body_end;
    text += "Content-Length: " + std::to_string(sent.size()) + "\r\n\r\n" + sent;
    test::HttpClient client(port_);
    return client.send(text) ? client.reply() : test::HttpReply{};
  }

  std::uint16_t port_ = 0;
  std::optional<test::Process> server_;
};

TEST_F(SigningServer, AcceptsWhatIsSigned) {
  struct Sent {
    const char* service;
    const char* method;
    const char* target;
    std::vector<HeaderField> headers;
  };
  for (const Sent& one :
       std::vector<Sent>{{"sqs", "POST", "/", {{"Content-Type", "application/x-amz-json-1.0"}}},
                         {"events", "POST", "/?b=2&a=1&a-b=3&B=4&a=0&=&x", {}},
                         {"lambda",
                          "POST",
                          "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-central-1%3A1%3Afunction%3Af/invocations",
                          {{"X-Amz-Invocation-Type", "Event"}}},
                         {"execute-api", "GET", "/a//./b/../c%20d/?when=12:00&path=a/b%2fc+d&%zz", {}},
                         {"s3",
                          "PUT",
                          "/bucket/site=7/2026-01-02T03%3A04/a%20b+c~%7e.ndjson?x-id=PutObject",
                          {{"X-Amz-Meta-Site", "  plant   7 "}}},
                         {"iot", "POST", "/topics/a%2Fb?qos=1", {{"X-Tag", "2"}, {"X-Tag-A", "1"}, {"x-tag", "1"}}}}) {
    const auto reply =
        send(SigV4Scope::of("eu-central-1", one.service), one.method, one.target, R"({"a":1})", one.headers);
    EXPECT_EQ(reply.status, 200) << one.target << ' ' << reply.body;
  }
}

TEST_F(SigningServer, RefusesAnotherSecretAChangedBodyAndAWrongClock) {
  const auto scope = SigV4Scope::of("eu-central-1", "sqs");
  AwsKeys other = kKeys;
  other.secret_access_key = Secret("another");
  EXPECT_NE(send(scope, "POST", "/", "{}", {}, other).body.find("SignatureDoesNotMatch"), std::string::npos);
  EXPECT_NE(send(scope, "POST", "/", "{}", {}, kKeys, 0min, " ").body.find("SignatureDoesNotMatch"), std::string::npos);
  EXPECT_NE(send(scope, "POST", "/", "{}", {}, kKeys, 10min).body.find("RequestTimeTooSkewed"), std::string::npos);
}

}  // namespace
}  // namespace tidegate::auth
