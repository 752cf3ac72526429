#include "connectors/http/judge.h"

#include <gtest/gtest.h>

#include "connectors/http/limits.h"

namespace tidegate::http {
namespace {

constexpr WallTime kNow{milliseconds{1'760'000'000'000}};  // Thu, 09 Oct 2025 08:53:20 GMT

Reply answered(long status) {
  Reply reply;
  reply.request_sent = true;
  reply.status = status;
  return reply;
}

Reply failed(CURLcode code, bool sent) {
  Reply reply;
  reply.code = code;
  reply.request_sent = sent;
  return reply;
}

TEST(Judge, EveryStatusHasItsFateAndCause) {
  struct Case {
    long status;
    Fate of_many, of_one;
    Cause cause;
  };
  const Case cases[] = {
      {200, Fate::delivered, Fate::delivered, Cause::none},
      {202, Fate::delivered, Fate::delivered, Cause::none},
      {204, Fate::delivered, Fate::delivered, Cause::none},
      {301, Fate::retry, Fate::retry, Cause::peer_down},
      {308, Fate::retry, Fate::retry, Cause::peer_down},
      {400, Fate::retry, Fate::rejected, Cause::poison_suspected},
      {401, Fate::retry, Fate::retry, Cause::unauthorized},
      {403, Fate::retry, Fate::retry, Cause::unauthorized},
      {404, Fate::retry, Fate::rejected, Cause::poison_suspected},
      {407, Fate::retry, Fate::retry, Cause::unauthorized},
      {408, Fate::retry, Fate::retry, Cause::peer_down},
      {410, Fate::retry, Fate::retry, Cause::gone},
      {413, Fate::retry, Fate::rejected, Cause::too_large},
      {422, Fate::retry, Fate::rejected, Cause::poison_suspected},
      {425, Fate::retry, Fate::retry, Cause::peer_down},
      {429, Fate::retry, Fate::retry, Cause::throttled},
      {500, Fate::retry, Fate::retry, Cause::peer_down},
      {501, Fate::retry, Fate::retry, Cause::peer_down},
      {502, Fate::unknown, Fate::unknown, Cause::peer_down},
      {503, Fate::retry, Fate::retry, Cause::peer_down},
      {504, Fate::unknown, Fate::unknown, Cause::peer_down},
      {599, Fate::retry, Fate::retry, Cause::peer_down},
  };
  for (const Case& c : cases) {
    const Verdict many = judge(answered(c.status), 2, kNow);
    EXPECT_EQ(many.outcome.fate, c.of_many) << c.status;
    EXPECT_EQ(many.cause, c.cause) << c.status;
    const Verdict one = judge(answered(c.status), 1, kNow);
    EXPECT_EQ(one.outcome.fate, c.of_one) << c.status;
    EXPECT_EQ(one.cause, c.cause) << c.status;
  }
}

TEST(Judge, FailureBeforeSendingIsRetryAndAfterItUnknown) {
  for (const CURLcode code : {CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_PEER_FAILED_VERIFICATION,
                              CURLE_OPERATION_TIMEDOUT, CURLE_RECV_ERROR}) {
    const Verdict unsent = judge(failed(code, false), 2, kNow);
    EXPECT_EQ(unsent.outcome.fate, Fate::retry);
    EXPECT_EQ(unsent.cause, Cause::peer_down);
    const Verdict sent = judge(failed(code, true), 1, kNow);
    EXPECT_EQ(sent.outcome.fate, Fate::unknown);
    EXPECT_EQ(sent.cause, Cause::peer_down);
    EXPECT_FALSE(sent.outcome.reason.empty());
  }
}

TEST(Judge, AcceptanceThatBrokeOffIsUnknownButARefusalCounts) {
  Reply reply = answered(200);
  reply.code = CURLE_PARTIAL_FILE;
  EXPECT_EQ(judge(reply, 1, kNow).outcome.fate, Fate::unknown);
  reply.status = 413;
  reply.code = CURLE_SEND_ERROR;
  EXPECT_EQ(judge(reply, 2, kNow).cause, Cause::too_large);
}

TEST(Judge, RetryAfterIsSecondsOrADate) {
  EXPECT_EQ(parse_retry_after("120", kNow), milliseconds(120'000));
  EXPECT_EQ(parse_retry_after("0", kNow), milliseconds(0));
  EXPECT_EQ(parse_retry_after("Thu, 09 Oct 2025 08:54:20 GMT", kNow), milliseconds(60'000));
  EXPECT_EQ(parse_retry_after("Thu, 09 Oct 2025 08:00:00 GMT", kNow), milliseconds(0));
  EXPECT_EQ(parse_retry_after("99999999999999999999999", kNow), milliseconds(limits::kHttpRetryAfterMax));
  EXPECT_EQ(parse_retry_after("soon", kNow), std::nullopt);
  EXPECT_EQ(parse_retry_after("-1", kNow), std::nullopt);
  EXPECT_EQ(parse_retry_after("", kNow), std::nullopt);
  Reply reply = answered(503);
  reply.retry_after = "7";
  EXPECT_EQ(judge(reply, 1, kNow).retry_after, milliseconds(7000));
}

TEST(Judge, RedirectNamesTheTargetWithoutItsQuery) {
  Reply reply = answered(302);
  reply.location = "https://elsewhere.example/login?token=s3cret";
  const std::string reason = judge(reply, 1, kNow).outcome.reason;
  EXPECT_NE(reason.find("https://elsewhere.example/login"), std::string::npos);
  EXPECT_EQ(reason.find("s3cret"), std::string::npos);
}

TEST(Judge, ReasonQuotesALimitedCleanPieceOfTheBody) {
  Reply reply = answered(422);
  const std::string body = "line\r\nbreak \x1b[31m" + std::string(2000, 'x');
  reply.body = body;
  const std::string reason = judge(reply, 1, kNow).outcome.reason;
  EXPECT_TRUE(reason.starts_with("HTTP 422: line break [31mxxx")) << reason;
  EXPECT_LE(reason.size(), limits::kHttpExcerptBytesMax + 16);
  EXPECT_EQ(excerpt("a\xC3\xA9\xC3\xA9", 4), "a\xC3\xA9");
  EXPECT_EQ(excerpt("a\xff\xfe", 10), "a??");
}

TEST(Judge, RefusalOfACredentialQuotesNothing) {
  Reply reply = answered(401);
  reply.body = "bad token abc";
  EXPECT_EQ(judge(reply, 1, kNow).outcome.reason, "HTTP 401");
}

}  // namespace
}  // namespace tidegate::http
