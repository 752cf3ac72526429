// The sinks as the registry makes them: signed requests over a real connection.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/support/aws/fake_aws.h"
#include "tests/unit/aws/aws_fixture.h"

namespace tidegate::aws {
namespace {

using testing::Answer;
using testing::FakeAws;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::chrono::seconds kPatience{30};
constexpr const char* kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

class AwsSinks : public ::testing::Test {
 protected:
  std::unique_ptr<Sink> make(std::string_view type, const std::string& yaml) {
    const auto& all = connector_types();
    const auto row = std::find_if(all.begin(), all.end(), [&](const ConnectorType& one) { return one.name == type; });
    context_.name = "cloud";
    context_.clock = &clock_;
    auto options = parse_text(
        *row->sink_options(),
        fmt::format(
            "{}\nregion: eu-central-1\nendpoint: {}\n"
            "credentials: {{access_key_id: AKIDEXAMPLE, secret_access_key: {}, session_token: a-session-token}}",
            yaml, aws_.url(), kSecret));
    EXPECT_TRUE(options) << options.error().message;
    auto made = row->make_sink(context_, *options);
    EXPECT_TRUE(made) << made.error().message;
    return *std::move(made);
  }
  std::unique_ptr<Sink> sqs(const std::string& more = "") {
    return make("aws_sqs", "queue_url: https://sqs.eu-central-1.amazonaws.com/123456789012/orders\n" + more);
  }
  std::unique_ptr<Sink> lambda(const std::string& more) { return make("aws_lambda", "function: f\n" + more); }

  Settled send(Sink& sink, const std::vector<OutEvent>& events) {
    Batch batch{BatchId{1}, {}};
    for (const OutEvent& event : events) batch.events.push_back(&event);
    sink.submit(std::move(batch));
    const Deadline deadline{clock_.steady() + kPatience};
    std::vector<Settled> ended;
    while (ended.empty() && clock_.steady() < deadline.at) ended = sink.wait(deadline, {});
    EXPECT_EQ(ended.size(), 1u);
    return ended.empty() ? Settled{{}, {Outcome{}}, Cause::none, {}} : ended.front();
  }

  static Answer answer(unsigned status, std::string body,
                       std::vector<std::pair<std::string, std::string>> headers = {}) {
    Answer made;
    made.status = status;
    made.body = std::move(body);
    made.headers = std::move(headers);
    return made;
  }

  SystemClock clock_;
  ConnectorContext context_;
  FakeAws aws_;
};

TEST_F(AwsSinks, RequestsAreSignedForTheServiceAndItsRegion) {
  struct Case {
    const char* type;
    const char* yaml;
    const char* service;
  };
  for (const Case& one : {Case{"aws_sqs", "queue_url: https://sqs.eu-central-1.amazonaws.com/1/q", "sqs"},
                          Case{"aws_eventbridge", "bus: b", "events"}, Case{"aws_kinesis", "stream: s", "kinesis"},
                          Case{"aws_sns", "topic_arn: arn:aws:sns:eu-central-1:1:t", "sns"},
                          Case{"aws_firehose", "stream: s", "firehose"}, Case{"aws_lambda", "function: f", "lambda"}}) {
    const auto sink = make(one.type, one.yaml);
    EXPECT_EQ(send(*sink, {event_of("id-1")}).outcomes.front().fate, Fate::delivered) << one.type;
    const auto headers = aws_.requests().back().headers;
    EXPECT_THAT(headers.at("authorization"), StartsWith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")) << one.type;
    EXPECT_THAT(headers.at("authorization"), HasSubstr(fmt::format("/eu-central-1/{}/aws4_request", one.service)));
    EXPECT_EQ(headers.at("x-amz-security-token"), "a-session-token");
  }
}

TEST_F(AwsSinks, AnAnswerThatBreaksOffMayHaveBeenASuccess) {
  Answer cut = answer(200, R"({"Successful":[{"Id":"0","MessageId":"m"}]})");
  cut.action = Answer::Action::cut;
  aws_.script({cut});
  const Settled ended = send(*sqs(), {event_of("id-1")});
  EXPECT_EQ(ended.outcomes.front().fate, Fate::unknown);
  EXPECT_EQ(ended.cause, Cause::peer_down);
}

TEST_F(AwsSinks, AnAnswerThatNeverEndsIsNotBelieved) {
  aws_.script({answer(200, std::string(2u << 20, ' '))});
  const Settled ended = send(*sqs(), {event_of("id-1")});
  EXPECT_EQ(ended.outcomes.front().fate, Fate::unknown);
  EXPECT_THAT(ended.outcomes.front().reason, HasSubstr("too long"));
}

TEST_F(AwsSinks, WhatTheServiceQuotesOfTheKeysIsBlanked) {
  aws_.script({answer(
      400, fmt::format(R"({{"__type":"ValidationException","message":"you sent {} and a-session-token"}})", kSecret))});
  const std::string reason = send(*sqs(), {event_of("id-1")}).outcomes.front().reason;
  EXPECT_THAT(reason, HasSubstr("you sent *** and ***"));
}

TEST_F(AwsSinks, ARefusedSignatureIsNoDeadLetter) {
  aws_.script({answer(403, R"({"__type":"InvalidSignatureException","message":"It does not match."})")});
  const Settled ended = send(*sqs(), {event_of("id-1")});
  EXPECT_EQ(ended.outcomes.front().fate, Fate::retry);
  EXPECT_EQ(ended.cause, Cause::unauthorized);
}

TEST_F(AwsSinks, AnUnfitEventBetweenTwoThatFailAndSucceedKeepsItsPlace) {
  aws_.script({answer(200, R"({"Failed":[{"Id":"0","Code":"InternalError"}],"Successful":[{"Id":"1"}]})")});
  const auto sink = sqs("format: raw");
  const Settled ended = send(*sink, {event_of("1"), event_of("2", "\x01"), event_of("3")});
  EXPECT_EQ(fates_of(ended), (std::vector<Fate>{Fate::retry, Fate::rejected, Fate::delivered}));
}

TEST_F(AwsSinks, AFunctionThatFailsRejectsItsEvent) {
  const auto failure = answer(200, R"({"errorMessage":"no such order","errorType":"KeyError"})",
                              {{"X-Amz-Function-Error", "Unhandled"}});
  const std::string waits = "invocation: request_response\n";
  aws_.script({failure, failure, failure});
  const Settled alone = send(*lambda(waits), {event_of("id-1")});
  EXPECT_EQ(alone.outcomes.front().fate, Fate::rejected);
  EXPECT_THAT(alone.outcomes.front().reason, HasSubstr("the function failed (Unhandled): {\"errorMessage\":\"no such"));
  const Settled together = send(*lambda(waits + "format: cloudevents_batch"), {event_of("id-1"), event_of("id-2")});
  EXPECT_EQ(together.outcomes.front().fate, Fate::retry);
  EXPECT_EQ(together.cause, Cause::poison_suspected) << "the lane looks for the one that is to blame";
  const Settled patient = send(*lambda(waits + "on_function_error: retry"), {event_of("id-1")});
  EXPECT_EQ(patient.outcomes.front().fate, Fate::retry);
  EXPECT_EQ(patient.cause, Cause::peer_down);
}

TEST_F(AwsSinks, ACodeInAHeaderCounts) {
  aws_.script({answer(429, R"({"Reason":"CallerRateLimitExceeded"})",
                      {{"x-amzn-ErrorType", "TooManyRequestsException"}, {"Retry-After", "3"}})});
  const Settled ended = send(*lambda(""), {event_of("id-1")});
  EXPECT_EQ(ended.cause, Cause::throttled);
  EXPECT_EQ(ended.retry_after, milliseconds(3000));
}

TEST_F(AwsSinks, CheckConnectTellsKeyQueueAndNetworkApart) {
  const auto sink = sqs();
  const auto tried = [&]() -> std::string {
    const Status status = sink->connect({clock_.steady() + kPatience}, {});
    return status ? "" : status.error().message;
  };
  EXPECT_EQ(tried(), "");
  aws_.script({answer(400, R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"No such queue."})"),
               answer(403, R"({"__type":"InvalidClientTokenId","message":"The security token is invalid."})"),
               answer(403, R"({"__type":"SignatureDoesNotMatch",
                               "message":"Credential should be scoped to a valid region, not 'eu-central-1'."})")});
  EXPECT_THAT(tried(), HasSubstr("No such queue.; check its name, its account and the region"));
  EXPECT_THAT(tried(), HasSubstr("AWS does not know the access key id"));
  EXPECT_THAT(tried(), HasSubstr("the endpoint is in another region"));
  EXPECT_TRUE(aws_.arrived().empty());
}

}  // namespace
}  // namespace tidegate::aws
