#include <gmock/gmock.h>

#include "connectors/aws_lambda/service.h"
#include "tests/unit/aws/aws_fixture.h"

namespace tidegate::aws_lambda {
namespace {

using aws::event_of;
using aws::write;
using ::testing::HasSubstr;

FunctionService service_of(const std::string& yaml) {
  return FunctionService(aws::options_of(sink_table(), "region: eu-central-1\n" + yaml));
}

TEST(AwsLambda, AnEventIsOneInvocation) {
  FunctionService service = service_of("function: arn:aws:lambda:eu-central-1:1:function:f\nqualifier: live");
  const auto wrote = write(service, {event_of("id-1")});
  EXPECT_EQ(wrote.request.url,
            "https://lambda.eu-central-1.amazonaws.com/2015-03-31/functions/"
            "arn%3Aaws%3Alambda%3Aeu-central-1%3A1%3Afunction%3Af/invocations?Qualifier=live");
  EXPECT_EQ(wrote.header("X-Amz-Invocation-Type"), "Event");
  EXPECT_EQ(wrote.json()["id"], "id-1");
  EXPECT_EQ(service.limits().batch_events_max, 1u);
  EXPECT_FALSE(service.limits().takes_out_of_order);
}

TEST(AwsLambda, ABatchIsAnArray) {
  FunctionService service = service_of("function: f\nformat: cloudevents_batch\ninvocation: request_response");
  const auto wrote = write(service, {event_of("id-1"), event_of("id-2")});
  EXPECT_EQ(wrote.header("X-Amz-Invocation-Type"), "RequestResponse");
  EXPECT_EQ(wrote.json()[1]["id"], "id-2");
  EXPECT_GT(service.limits().batch_events_max, 1u);
}

TEST(AwsLambda, APayloadIsAlwaysJson) {
  FunctionService service = service_of("function: f\nformat: raw");
  EXPECT_EQ(write(service, {event_of("1", R"({"a": 1})")}).request.body, R"({"a": 1})");
  EXPECT_EQ(write(service, {event_of("1", "\xff")}).request.body, R"({"data_base64":"/w=="})");
  EXPECT_EQ(write(service, {event_of("1", "")}).request.body, "null");
}

TEST(AwsLambda, ThePayloadsLimitIsThatOfTheInvocation) {
  FunctionService queued = service_of("function: f\nformat: raw");
  const std::vector<OutEvent> large{event_of("1", '"' + std::string(1u << 20, 'x') + '"')};
  EXPECT_EQ(write(queued, large).written.too_large_reason(),
            "the payload has 1048578 bytes, and Lambda takes 1048576 in an invocation of type Event");
  FunctionService waited = service_of("function: f\nformat: raw\ninvocation: request_response");
  EXPECT_EQ(write(waited, large).written.too_large_reason(), "");
}

TEST(AwsLambda, OnlyTheStatusOfItsKindOfInvocationIsADelivery) {
  FunctionService queued = service_of("function: f");
  EXPECT_EQ(aws::judge(queued, aws::reply_of(202, ""), 1).outcomes[0].fate, Fate::delivered);
  EXPECT_EQ(aws::judge(queued, aws::reply_of(200, "<html>"), 1).outcomes[0].fate, Fate::unknown);
  FunctionService waited = service_of("function: f\ninvocation: request_response");
  EXPECT_EQ(aws::judge(waited, aws::reply_of(200, "null"), 1).outcomes[0].fate, Fate::delivered);
}

TEST(AwsLambda, RefusalsAreJudgedByTheirCode) {
  FunctionService service = service_of("function: f");
  const auto judged = [&](long status, const std::string& body) {
    return aws::judge(service, aws::reply_of(status, body), 1);
  };
  EXPECT_EQ(
      judged(
          429,
          R"({"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."})")
          .cause,
      Cause::throttled);
  EXPECT_EQ(judged(404, R"({"__type":"ResourceNotFoundException","Message":"Function not found"})").cause,
            Cause::peer_down);
  EXPECT_EQ(judged(400, R"({"__type":"InvalidRequestContentException"})").outcomes[0].fate, Fate::rejected);
}

TEST(AwsLambda, TheProbeIsADryRun) {
  FunctionService service = service_of("function: f");
  http::Request request;
  ASSERT_TRUE(service.write_probe(request));
  EXPECT_EQ(request.headers.at(1).second, "DryRun");
  EXPECT_EQ(aws::probe(service, 204, ""), "");
  EXPECT_THAT(aws::probe(service, 404, R"({"__type":"ResourceNotFoundException","message":"Function not found"})"),
              HasSubstr("Function not found; check its name"));
  EXPECT_THAT(aws::probe(service, 200, ""), HasSubstr("endpoint"));
}

}  // namespace
}  // namespace tidegate::aws_lambda
