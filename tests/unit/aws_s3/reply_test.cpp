#include "connectors/aws_s3/reply.h"

#include <gtest/gtest.h>

#include "connectors/aws_s3/aws_s3.h"
#include "tests/support/sink/sink_under_test.h"

namespace tidegate::aws_s3 {
namespace {

const Place kPlace{"archive", "eu-central-1"};

std::string error_text(const std::string& code, const std::string& message, const std::string& more = "") {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>" + code + "</Code><Message>" + message +
         "</Message>" + more + "<RequestId>4442587FB7D0A2F9</RequestId></Error>";
}

http::Reply reply_of(long status, std::string_view body) {
  http::Reply reply;
  reply.request_sent = true;
  reply.status = status;
  reply.body = body;
  return reply;
}

struct Case {
  long status;
  std::string body;
  std::size_t events;
  Fate fate;
  Cause cause;
  std::string reason;
};

TEST(S3Reply, ErrorsAreJudgedByTheirCodes) {
  const std::vector<Case> cases = {
      {503, error_text("SlowDown", "Please reduce your request rate."), 2, Fate::retry, Cause::throttled,
       "HTTP 503: SlowDown: Please reduce your request rate."},
      {503, error_text("ServiceUnavailable", "later"), 1, Fate::retry, Cause::peer_down,
       "HTTP 503: ServiceUnavailable: later"},
      {500, error_text("InternalError", "oops"), 1, Fate::retry, Cause::peer_down, "HTTP 500: InternalError: oops"},
      {400, error_text("RequestTimeout", "slow"), 1, Fate::retry, Cause::peer_down, "HTTP 400: RequestTimeout: slow"},
      {404, error_text("NoSuchBucket", "none"), 1, Fate::retry, Cause::peer_down,
       "HTTP 404: NoSuchBucket: none; bucket archive: make the bucket, or name another"},
      {403, error_text("AccessDenied", "Access Denied"), 1, Fate::retry, Cause::unauthorized,
       "HTTP 403: AccessDenied: Access Denied; bucket archive: the policy must allow s3:PutObject (and the use of a "
       "key "
       "of KMS)"},
      {400, error_text("ExpiredToken", "expired"), 1, Fate::retry, Cause::unauthorized,
       "HTTP 400: ExpiredToken: expired"},
      {400, error_text("InvalidToken", "bad"), 1, Fate::retry, Cause::unauthorized,
       "HTTP 400: InvalidToken: bad; bucket archive: the session token is not of these keys"},
      {403, error_text("RequestTimeTooSkewed", "clock"), 1, Fate::retry, Cause::unauthorized,
       "HTTP 403: RequestTimeTooSkewed: clock"},
      {301, error_text("PermanentRedirect", "elsewhere", "<Endpoint>archive.s3.eu-west-1.amazonaws.com</Endpoint>"), 1,
       Fate::retry, Cause::peer_down,
       "HTTP 301: PermanentRedirect: elsewhere; bucket archive: set region to the bucket's"},
      {400,
       error_text("AuthorizationHeaderMalformed", "the region is wrong; expecting 'eu-west-1'",
                  "<Region>eu-west-1</Region>"),
       1, Fate::retry, Cause::unauthorized,
       "HTTP 400: AuthorizationHeaderMalformed: the region is wrong; expecting 'eu-west-1'; bucket archive is in the "
       "region eu-west-1: set region to that"},
      {400, error_text("EntityTooLarge", "big"), 2, Fate::retry, Cause::too_large, "HTTP 400: EntityTooLarge: big"},
      {400, error_text("EntityTooLarge", "big"), 1, Fate::rejected, Cause::too_large, "HTTP 400: EntityTooLarge: big"},
      {413, "", 1, Fate::rejected, Cause::too_large, "HTTP 413"},
      {400, error_text("InvalidStorageClass", "what"), 1, Fate::retry, Cause::peer_down,
       "HTTP 400: InvalidStorageClass: what; bucket archive: set another storage_class"},
      {400, error_text("InvalidArgument", "what"), 1, Fate::retry, Cause::peer_down, "HTTP 400: InvalidArgument: what"},
      {400, error_text("BadDigest", "what"), 2, Fate::retry, Cause::peer_down, "HTTP 400: BadDigest: what"},
      {400, "<html>a proxy</html>", 1, Fate::retry, Cause::peer_down, "HTTP 400"},
      {410, "", 1, Fate::retry, Cause::peer_down, "HTTP 410"},
      {403, "", 1, Fate::retry, Cause::unauthorized, "HTTP 403"},
      {504, "", 1, Fate::unknown, Cause::peer_down, "HTTP 504"},
      {200, "<html>hello</html>", 1, Fate::unknown, Cause::peer_down, "HTTP 200 without an ETag: not an answer of S3"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.reason);
    const Settled settled = judge_put(reply_of(one.status, one.body), one.events, kPlace, WallTime{});
    ASSERT_EQ(settled.outcomes.size(), 1u);
    EXPECT_EQ(settled.outcomes.front().fate, one.fate);
    EXPECT_EQ(settled.cause, one.cause);
    EXPECT_EQ(settled.outcomes.front().reason, one.reason);
  }
}

TEST(S3Reply, ACompletionIsJudgedByItsBodyAlsoWhenItsStatusIs200) {
  const auto judge = [](unsigned status, const std::string& body) {
    return judge_complete(reply_of(status, body), 1, kPlace, WallTime{});
  };
  EXPECT_EQ(
      judge(200, "<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>").outcomes[0].fate,
      Fate::delivered);
  EXPECT_EQ(judge(200, error_text("InternalError", "oops")).cause, Cause::peer_down);
  EXPECT_EQ(judge(200, error_text("InternalError", "oops")).outcomes[0].fate, Fate::retry);
  EXPECT_EQ(judge(200, error_text("SlowDown", "oops")).cause, Cause::throttled);
  EXPECT_EQ(judge(200, "<html>hello</html>").outcomes[0].fate, Fate::unknown);
  EXPECT_EQ(judge(404, error_text("NoSuchUpload", "gone")).cause, Cause::undone);
  EXPECT_EQ(judge(400, error_text("InvalidPart", "gone")).cause, Cause::undone);
  EXPECT_EQ(judge(403, error_text("AccessDenied", "no")).cause, Cause::unauthorized);
}

TEST(S3Reply, WhatS3QuotesOfARequestIsNotQuotedAgain) {
  const std::string body = error_text("SignatureDoesNotMatch", "The signature does not match.",
                                      "<StringToSign>AWS4-HMAC the-secret-token</StringToSign>");
  const Settled settled = judge_put(reply_of(403, body), 1, kPlace, WallTime{});
  EXPECT_EQ(settled.cause, Cause::unauthorized);
  EXPECT_EQ(settled.outcomes.front().reason.find("the-secret-token"), std::string::npos);
}

TEST(S3Reply, TheProbeTellsWhatIsWrong) {
  EXPECT_TRUE(judge_probe(reply_of(404, error_text("NoSuchUpload", "none")), kPlace, WallTime{}));
  EXPECT_TRUE(judge_probe(reply_of(200, error_text("NoSuchUpload", "none")), kPlace, WallTime{}));
  EXPECT_TRUE(judge_probe(reply_of(400, error_text("MalformedXML", "not so")), kPlace, WallTime{}))
      << "bucket and key are good";
  EXPECT_TRUE(judge_probe(reply_of(500, error_text("InternalError", "s3rver says so")), kPlace, WallTime{}));
  const auto fault = [](long status, const std::string& body) {
    const Status judged = judge_probe(reply_of(status, body), kPlace, WallTime{});
    EXPECT_FALSE(judged);
    return judged ? Error{} : judged.error();
  };
  EXPECT_NE(fault(404, error_text("NoSuchBucket", "none")).message.find("make the bucket"), std::string::npos);
  EXPECT_EQ(fault(403, error_text("AccessDenied", "no")).code, ErrorCode::refused);
  EXPECT_EQ(fault(503, error_text("SlowDown", "no")).code, ErrorCode::unavailable);
  EXPECT_EQ(fault(500, "").code, ErrorCode::unavailable);
  EXPECT_EQ(fault(200, "<html>").message, "HTTP 200, and not in the words of S3; check endpoint");
  EXPECT_EQ(fault(404, "not found").message, "HTTP 404, and not in the words of S3; check endpoint");
  const Error elsewhere = fault(400, error_text("AuthorizationHeaderMalformed", "wrong", "<Region>us-west-2</Region>"));
  EXPECT_NE(elsewhere.message.find("is in the region us-west-2: set region to that"), std::string::npos);
}

TEST(S3Reply, ARegionThatIsNoneIsNotNamed) {
  const std::string body = error_text("PermanentRedirect", "x", "<Region>../etc\n</Region>");
  EXPECT_NE(
      judge_put(reply_of(301, body), 1, kPlace, WallTime{}).outcomes.front().reason.find("set region to the bucket's"),
      std::string::npos);
}

TEST(S3Trial, AnswersOfTestCasesAreKnownByStatusAndCode) {
  EXPECT_EQ(judge_aws_s3_answer(testing::answer_named("200"))->outcomes.front().fate, Fate::delivered);
  EXPECT_EQ(judge_aws_s3_answer(testing::answer_named("SlowDown"))->cause, Cause::throttled);
  EXPECT_EQ(judge_aws_s3_answer(testing::answer_named("NoSuchBucket"))->cause, Cause::peer_down);
  EXPECT_EQ(judge_aws_s3_answer(testing::answer_named("413", 2))->cause, Cause::too_large);
  EXPECT_FALSE(judge_aws_s3_answer(testing::answer_named("NoSuchThing")));
}

}  // namespace
}  // namespace tidegate::aws_s3
