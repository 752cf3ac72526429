#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/influxdb/influxdb.h"
#include "store_rig.h"

namespace tidegate::influxdb {
namespace {

using stores::told;
using ::testing::HasSubstr;

class InfluxAnswers : public ::testing::Test {
 protected:
  InfluxAnswers() {
    for (int i = 0; i < 3; ++i) rig_.event("{\"v\":1}");
  }
  std::string answered(unsigned status, std::string body = {}) {
    rig_.answer(status, std::move(body));
    return told(rig_.send());
  }

  stores::StoreRig rig_{
      *influxdb_sink_options(), make_influxdb_sink,
      "{ token: s3cret-token, bucket: plant, org: acme, measurement: m, fields: { v: '${data.v}' } }"};
};

TEST_F(InfluxAnswers, ABatchIsOneRequestOfLines) {
  EXPECT_EQ(answered(204), "delivered\nnone");
  const auto request = rig_.last();
  EXPECT_EQ(request.target, "/base/api/v2/write?org=acme&bucket=plant&precision=ms");
  EXPECT_EQ(request.headers.at("authorization"), "Token s3cret-token");
  EXPECT_EQ(request.body, "m v=1 1767225601005\nm v=1 1767225602005\nm v=1 1767225603005\n");
}

TEST_F(InfluxAnswers, OnlyTheAnswerOfInfluxCounts) {
  EXPECT_THAT(answered(200, "<html>please log in</html>"), HasSubstr("unknown: HTTP 200: <html>please log in"));
  EXPECT_THAT(answered(200), HasSubstr("not an answer of the service"));
}

TEST_F(InfluxAnswers, AnEventThatMakesNoPointIsADeadLetterAndTheOthersGo) {
  rig_.answer(204);
  const Settled settled = rig_.send({rig_.event("{\"v\":1}"), rig_.event("{}"), rig_.event("{\"v\":2}")});
  EXPECT_EQ(told(settled), "delivered\nrejected: field v: data.v is missing\ndelivered\nnone");
}

TEST_F(InfluxAnswers, APartialWriteOfVersion1IsSplit) {
  const std::string body =
      R"({"error":"partial write: field type conflict: input field \"v\" on measurement \"m\" is type string, already exists as type float dropped=1"})";
  EXPECT_THAT(answered(400, body), HasSubstr("retry: HTTP 400: partial write: field type conflict"));
  EXPECT_THAT(answered(400, body), HasSubstr("\npoison_suspected"));
  rig_.answer(400, body);
  EXPECT_THAT(told(rig_.send({rig_.event("{\"v\":1}")})), HasSubstr("rejected: HTTP 400: partial write"));
}

TEST_F(InfluxAnswers, WhenAllPointsWereDroppedNoneIsSentAgain) {
  const std::string told = answered(400, R"({"error":"partial write: points beyond retention policy dropped=3"})");
  EXPECT_EQ(told,
            "rejected: HTTP 400: partial write: points beyond retention policy dropped=3\n"
            "rejected: HTTP 400: partial write: points beyond retention policy dropped=3\n"
            "rejected: HTTP 400: partial write: points beyond retention policy dropped=3\nnone");
}

TEST_F(InfluxAnswers, LinesThatVersion3NamesAreRejectedAndTheOthersWereTaken) {
  EXPECT_EQ(answered(400, R"({"error":"partial write of line protocol occurred","data":[)"
                          R"({"original_line":"m v=1","line_number":2,"error_message":"invalid column type"}]})"),
            "delivered\nrejected: HTTP 400: invalid column type\ndelivered\nnone");
}

TEST_F(InfluxAnswers, ALineThatVersion2NamesIsRejectedAndTheOthersAreSentAgain) {
  EXPECT_EQ(answered(400, R"({"code":"invalid","message":"unable to parse points","line":1})"),
            "rejected: HTTP 400: unable to parse points\nretry: HTTP 400: unable to parse points\n"
            "retry: HTTP 400: unable to parse points\nnone");
}

TEST_F(InfluxAnswers, ALineThatIsNotThereIsNotBelieved) {
  for (const char* line : {"0", "4", "99999999999999999999"}) {
    EXPECT_THAT(answered(400, std::string(R"({"message":"no","line":)") + line + "}"), HasSubstr("poison_suspected"))
        << line;
  }
  EXPECT_THAT(answered(400, R"({"data":[{"line_number":"1"},5]})"), HasSubstr("poison_suspected"));
}

TEST_F(InfluxAnswers, AMissingBucketIsNoEventsFault) {
  EXPECT_EQ(answered(404, R"({"code":"not found","message":"bucket \"plant\" not found"})"),
            "retry: HTTP 404: bucket \"plant\" not found\npeer_down");
}

TEST_F(InfluxAnswers, ARefusedCredentialPausesAndIsNotQuoted) {
  const std::string told = answered(401, R"({"error":"no rights for s3cret-token"})");
  EXPECT_EQ(told, "retry: HTTP 401: no rights for ***\nunauthorized");
}

TEST_F(InfluxAnswers, LoadIsWaitedFor) {
  EXPECT_THAT(answered(429), HasSubstr("\nthrottled"));
  EXPECT_THAT(answered(503), HasSubstr("\npeer_down"));
  EXPECT_THAT(answered(413), HasSubstr("\ntoo_large"));
}

TEST_F(InfluxAnswers, TheProbeTellsWhatIsWrong) {
  rig_.answer(204);
  EXPECT_TRUE(rig_.connect());
  EXPECT_EQ(rig_.last().body, "# a comment, and no point\n");
  rig_.answer(400, R"({"code":"invalid","message":"writing requires points"})");
  EXPECT_TRUE(rig_.connect());
  rig_.answer(401, R"({"message":"unauthorized access"})");
  EXPECT_EQ(rig_.connect().error().message, "HTTP 401: unauthorized access");
  rig_.answer(404, R"({"message":"bucket \"plant\" not found"})");
  EXPECT_EQ(rig_.connect().error().code, ErrorCode::not_found);
  rig_.answer(200, "hello");
  EXPECT_THAT(rig_.connect().error().message, HasSubstr("not an answer of the service"));
}

TEST(InfluxRow, CasesKnowItsAnswers) {
  PeerAnswer answer;
  answer.name = "404";
  answer.events = 2;
  EXPECT_EQ(judge_influxdb_answer(answer)->cause, Cause::peer_down);
  answer.name = "204";
  EXPECT_EQ(judge_influxdb_answer(answer)->outcomes.at(0).fate, Fate::delivered);
  answer.name = "maybe";
  EXPECT_FALSE(judge_influxdb_answer(answer));
}

}  // namespace
}  // namespace tidegate::influxdb
