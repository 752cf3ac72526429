// A server that computes the signature of each request on its own, in another language, where it is at hand.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "connectors/auth/aws_sigv4.h"
#include "connectors/http/http.h"
#include "gateway/config/option_table.h"
#include "gateway/delivery/options.h"
#include "tests/support/http/http_client.h"
#include "tests/support/process/process.h"
#include "tests/support/signing/signing_server.h"

namespace tidegate::auth {
namespace {

using namespace std::chrono_literals;

class SigningServerTest : public test::SigningServerTest {
 protected:
  [[nodiscard]] test::HttpReply send(SigV4Scope scope, const std::string& method, const std::string& target,
                                     const std::string& body, std::vector<HeaderField> headers = {}) const {
    return send(std::move(scope), method, target, body, std::move(headers), keys_);
  }
  [[nodiscard]] test::HttpReply send(SigV4Scope scope, const std::string& method, const std::string& target,
                                     const std::string& body, std::vector<HeaderField> headers, const AwsKeys& keys,
                                     std::chrono::minutes off = 0min, const std::string& sent_body_end = "") const {
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
    test::HttpClient client(server_->port());
    return client.send(text) ? client.reply() : test::HttpReply{};
  }

  /// What becomes of an event that the http sink sends.
  [[nodiscard]] Settled deliver(const std::string& target, const std::string& credentials) const {
    DeliveryOptions delivery;
    delivery.batch.max_events = 1;
    const SystemClock clock;
    ConnectorContext context;
    context.clock = &clock;
    context.delivery = &delivery;
    const auto options =
        parse_text(*http_sink_options(),
                   fmt::format("{{url: '{}{}', headers: {{X-Tag: '  a   b '}}, compression: gzip, auth: {{type: "
                               "aws_sigv4, region: eu-central-1, service: execute-api, credentials: {}}}}}",
                               url(), target, credentials));
    EXPECT_TRUE(options) << options.error().message;
    const auto sink = make_http_sink(context, *options);
    EXPECT_TRUE(sink) << sink.error().message;
    OutEvent event;
    event.event.id = "id-1";
    event.event.source = "/plant";
    event.event.type = "reading";
    event.event.data = R"({"value":21.5})";
    (*sink)->submit({BatchId{1}, {&event}});
    for (const Deadline deadline = test::within(30s); clock.steady() < deadline.at;) {
      auto ended = (*sink)->wait(deadline, {});
      if (!ended.empty()) return std::move(ended.front());
    }
    return {};
  }
};

TEST_F(SigningServerTest, AcceptsWhatIsSigned) {
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

TEST_F(SigningServerTest, RefusesAnotherSecretAChangedBodyAndAWrongClock) {
  const auto scope = SigV4Scope::of("eu-central-1", "sqs");
  AwsKeys other = keys_;
  other.secret_access_key = Secret("another");
  EXPECT_NE(send(scope, "POST", "/", "{}", {}, other).body.find("SignatureDoesNotMatch"), std::string::npos);
  EXPECT_NE(send(scope, "POST", "/", "{}", {}, keys_, 0min, " ").body.find("SignatureDoesNotMatch"), std::string::npos);
  EXPECT_NE(send(scope, "POST", "/", "{}", {}, keys_, 10min).body.find("RequestTimeTooSkewed"), std::string::npos);
}

TEST_F(SigningServerTest, AcceptsWhatTheHttpSinkSends) {
  for (const char* target : {"", "/", "/prod/events", "/a//./b/../c%20d/?when=12:00&b=2&a=1&flag&path=a/b%2fc"}) {
    const Settled settled = deliver(target, credentials());
    ASSERT_EQ(settled.outcomes.size(), 1u);
    EXPECT_EQ(settled.outcomes[0].fate, Fate::delivered) << target << ' ' << settled.outcomes[0].reason;
  }
  const Settled refused = deliver("/", credentials("wrong"));
  ASSERT_EQ(refused.outcomes.size(), 1u);
  EXPECT_EQ(refused.outcomes[0].fate, Fate::retry);
  EXPECT_EQ(refused.cause, Cause::unauthorized);
}

}  // namespace
}  // namespace tidegate::auth
