#include "connectors/aws/error_reply.h"

#include <gmock/gmock.h>

#include "tests/unit/aws/aws_fixture.h"

namespace tidegate::aws {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

http::Verdict refusal(long status, const std::string& body, std::size_t events = 1) {
  return judge_refusal(reply_of(status, body), events, WallTime{});
}

http::Verdict coded(const std::string& code, std::size_t events = 1) {
  return refusal(400, R"({"__type":")" + code + R"(","message":"words"})", events);
}

TEST(AwsErrorReply, ACodeIsKnownHoweverItIsWritten) {
  for (const char* written :
       {"QueueDoesNotExist", "com.amazonaws.sqs#QueueDoesNotExist", "QueueDoesNotExistException",
        "QueueDoesNotExist:http://internal.amazon.com/coral/", "AWS.SimpleQueueService.QueueDoesNotExist"}) {
    EXPECT_EQ(service_error(written, "").code, "QueueDoesNotExist") << written;
  }
  EXPECT_EQ(service_error("no code at all", "").code, "");
  EXPECT_EQ(service_error(std::string(1000, 'A'), "").code, "");
}

TEST(AwsErrorReply, JsonAndXmlSayTheSame) {
  const ServiceError json = read_error(reply_of(400, R"({"__type":"a.b#AccessDeniedException","Message":"no & no"})"));
  const ServiceError xml = read_error(reply_of(403, R"(<?xml version="1.0"?>
<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type>
<Code>AccessDenied</Code><Message>no &amp; no</Message></Error><RequestId>1</RequestId></ErrorResponse>)"));
  for (const ServiceError& error : {json, xml}) {
    EXPECT_EQ(error.code, "AccessDenied");
    EXPECT_EQ(error.message, "no & no");
  }
}

TEST(AwsErrorReply, TheCopyOfTheRequestInAMessageIsLeftOut) {
  const ServiceError error = read_error(reply_of(
      403,
      R"({"__type":"InvalidSignatureException","message":"It does not match.\n\nThe Canonical String is\n'x-amz-security-token:SECRET'"})"));
  EXPECT_EQ(error.message, "It does not match.");
}

TEST(AwsErrorReply, EachKindOfErrorHasItsFate) {
  struct Case {
    const char* code;
    Fate fate;
    Cause cause;
  };
  for (const auto& [code, fate, cause] :
       std::vector<Case>{{"ThrottlingException", Fate::retry, Cause::throttled},
                         {"ProvisionedThroughputExceededException", Fate::retry, Cause::throttled},
                         {"RequestLimitExceeded", Fate::retry, Cause::throttled},
                         {"TooManyRequestsException", Fate::retry, Cause::throttled},
                         {"ExpiredTokenException", Fate::retry, Cause::unauthorized},
                         {"UnrecognizedClientException", Fate::retry, Cause::unauthorized},
                         {"InvalidSignatureException", Fate::retry, Cause::unauthorized},
                         {"SignatureDoesNotMatch", Fate::retry, Cause::unauthorized},
                         {"AccessDeniedException", Fate::retry, Cause::unauthorized},
                         {"InvalidClientTokenId", Fate::retry, Cause::unauthorized},
                         {"RequestTimeTooSkewed", Fate::retry, Cause::unauthorized},
                         {"AWS.SimpleQueueService.NonExistentQueue", Fate::retry, Cause::peer_down},
                         {"ResourceNotFoundException", Fate::retry, Cause::peer_down},
                         {"InternalFailure", Fate::retry, Cause::peer_down},
                         {"ServiceUnavailable", Fate::retry, Cause::peer_down},
                         {"ServiceException", Fate::retry, Cause::peer_down},
                         {"KMSAccessDeniedException", Fate::retry, Cause::unauthorized},
                         {"AWS.SimpleQueueService.BatchRequestTooLong", Fate::rejected, Cause::too_large},
                         {"RequestEntityTooLargeException", Fate::rejected, Cause::too_large},
                         {"ValidationException", Fate::rejected, Cause::poison_suspected},
                         {"InvalidMessageContents", Fate::rejected, Cause::poison_suspected},
                         {"SomethingNewException", Fate::rejected, Cause::poison_suspected}}) {
    const http::Verdict verdict = coded(code);
    EXPECT_EQ(verdict.outcome.fate, fate) << code;
    EXPECT_EQ(verdict.cause, cause) << code;
    EXPECT_THAT(verdict.outcome.reason, HasSubstr("HTTP 400: ")) << code;
  }
}

TEST(AwsErrorReply, NoEventOfSeveralIsCondemnedForTheOthers) {
  EXPECT_EQ(coded("ValidationException", 2).outcome.fate, Fate::retry);
  EXPECT_EQ(coded("RequestTooLargeException", 2).outcome.fate, Fate::retry);
  EXPECT_EQ(coded("RequestTooLargeException", 2).cause, Cause::too_large);
}

TEST(AwsErrorReply, WhatIsNotOfAwsCondemnsNoEvent) {
  for (const long status : {400, 404, 410, 451}) {
    const http::Verdict proxy = refusal(status, "<html>this site is blocked</html>");
    EXPECT_EQ(proxy.outcome.fate, Fate::retry) << status;
    EXPECT_EQ(proxy.cause, Cause::peer_down) << status;
    EXPECT_THAT(proxy.outcome.reason, HasSubstr("none of AWS: <html>this site is blocked"));
  }
  EXPECT_EQ(refusal(403, "<html>").cause, Cause::unauthorized);
  EXPECT_EQ(refusal(413, "").cause, Cause::too_large);
  EXPECT_EQ(refusal(502, "").outcome.fate, Fate::unknown);
}

TEST(AwsErrorReply, AnUnknownCodeIsJudgedByItsStatus) {
  const std::string body = R"({"__type":"QuiteNew","message":"?"})";
  EXPECT_EQ(refusal(500, body).cause, Cause::peer_down);
  EXPECT_EQ(refusal(504, body).outcome.fate, Fate::unknown);
  EXPECT_EQ(refusal(429, body).cause, Cause::throttled);
  EXPECT_EQ(refusal(403, body).cause, Cause::unauthorized);
  EXPECT_EQ(refusal(400, body).cause, Cause::poison_suspected);
}

TEST(AwsErrorReply, AWaitThatIsAskedForIsKept) {
  http::Reply reply = reply_of(503, R"({"__type":"ServiceUnavailable"})");
  reply.retry_after = "7";
  EXPECT_EQ(judge_refusal(reply, 1, WallTime{}).retry_after, milliseconds(7000));
}

TEST(AwsErrorReply, ReasonsSayWhatToDo) {
  EXPECT_THAT(coded("QueueDoesNotExist").outcome.reason, HasSubstr("check its name, its account and the region"));
  EXPECT_THAT(coded("InvalidClientTokenId").outcome.reason, HasSubstr("does not know the access key id"));
  EXPECT_THAT(coded("SignatureDoesNotMatch").outcome.reason, HasSubstr("does not belong to the access key id"));
  const http::Verdict region =
      refusal(403, R"({"__type":"SignatureDoesNotMatch","message":"Credential should be scoped to a valid region."})");
  EXPECT_THAT(region.outcome.reason, HasSubstr("the endpoint is in another region than `region` says"));
  EXPECT_THAT(region.outcome.reason, Not(HasSubstr("does not belong")));
}

TEST(AwsErrorReply, OfAnEntryAnUnknownCodeGoesByTheBlame) {
  EXPECT_EQ(judge_entry({"QuiteNew", ""}, true).outcome.fate, Fate::rejected);
  EXPECT_EQ(judge_entry({"QuiteNew", ""}, false).outcome.fate, Fate::retry);
  EXPECT_EQ(judge_entry({"InternalError", ""}, true).outcome.fate, Fate::retry) << "the table knows better";
}

TEST(AwsErrorReply, TestCasesNameACodeOrAStatus) {
  EXPECT_EQ(judge_answer({"ThrottlingException", 3, milliseconds(2000), ""})->cause, Cause::throttled);
  EXPECT_EQ(judge_answer({"ThrottlingException", 3, milliseconds(2000), ""})->retry_after, milliseconds(2000));
  EXPECT_EQ(judge_answer({"200", 1, {}, ""})->outcomes.front().fate, Fate::delivered);
  EXPECT_EQ(judge_answer({"503", 1, {}, ""})->cause, Cause::peer_down);
  EXPECT_THAT(judge_answer({"ValidationException", 1, {}, "too odd"})->outcomes.front().reason, HasSubstr("too odd"));
  EXPECT_FALSE(judge_answer({"Nonsense", 1, {}, ""}));
  EXPECT_FALSE(judge_answer({"99", 1, {}, ""}));
}

}  // namespace
}  // namespace tidegate::aws
