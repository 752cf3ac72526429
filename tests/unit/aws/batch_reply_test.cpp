#include "connectors/aws/batch_reply.h"

#include <gmock/gmock.h>

#include "tests/unit/aws/aws_fixture.h"

namespace tidegate::aws {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

Settled by_id(const std::string& body, std::size_t events) {
  return judge_by_id(reply_of(200, body), events, WallTime{});
}
Settled by_position(const std::string& body, std::size_t events) {
  return judge_by_position(reply_of(200, body), events, "Records", WallTime{});
}
Settled by_xml(const std::string& inside, std::size_t events) {
  return judge_by_id_xml(reply_of(200, "<PublishBatchResponse xmlns=\"x\"><PublishBatchResult>" + inside +
                                           "</PublishBatchResult></PublishBatchResponse>"),
                         events, WallTime{});
}

TEST(AwsBatchReply, OnlyTheEntriesThatFailedAreSentAgain) {
  const Settled answer = by_id(
      R"({"Failed":[{"Id":"1","Code":"InternalError","Message":"oops","SenderFault":false}],
          "Successful":[{"Id":"0","MessageId":"a"},{"Id":"2","MessageId":"b"}]})",
      3);
  EXPECT_THAT(fates_of(answer), ElementsAre(Fate::delivered, Fate::retry, Fate::delivered));
  EXPECT_EQ(answer.outcomes[1].reason, "InternalError: oops");
  EXPECT_EQ(answer.cause, Cause::peer_down);
}

TEST(AwsBatchReply, TheSendersFaultIsADeadLetter) {
  const Settled answer = by_id(
      R"({"Failed":[{"Id":"0","Code":"Strange","SenderFault":true},{"Id":"1","Code":"InvalidMessageContents"}]})", 2);
  EXPECT_THAT(fates_of(answer), ElementsAre(Fate::rejected, Fate::rejected));
  EXPECT_EQ(answer.cause, Cause::none);
}

TEST(AwsBatchReply, AnEntryOfWhichNothingOrTwoThingsAreSaidMayHaveBeenTaken) {
  const Settled answer = by_id(
      R"({"Successful":[{"Id":"0"},{"Id":"7"},{"Id":"x"},{"Id":"1"},{"Id":"1"}],"Failed":[{"Id":"-1","Code":"A"}]})",
      3);
  EXPECT_THAT(fates_of(answer), ElementsAre(Fate::delivered, Fate::unknown, Fate::unknown));
  EXPECT_EQ(answer.cause, Cause::peer_down);
}

TEST(AwsBatchReply, AnAnswerThatIsNoneLeavesAllUnknown) {
  for (const char* body : {"", "{}", "<html>login</html>", R"({"Successful":7})", R"({"Successful":[)", "[]"}) {
    EXPECT_THAT(fates_of(by_id(body, 2)), ElementsAre(Fate::unknown)) << body;
    EXPECT_THAT(fates_of(by_position(body, 2)), ElementsAre(Fate::unknown)) << body;
    EXPECT_THAT(fates_of(judge_by_id_xml(reply_of(200, body), 2, WallTime{})), ElementsAre(Fate::unknown)) << body;
  }
  http::Reply cut = reply_of(200, R"({"Records":[]})");
  cut.cut = true;
  EXPECT_THAT(fates_of(judge_by_position(cut, 2, "Records", WallTime{})), ElementsAre(Fate::unknown));
  http::Reply broken = reply_of(200, R"({"Records":[]})");
  broken.code = CURLE_PARTIAL_FILE;
  EXPECT_THAT(fates_of(judge_by_position(broken, 2, "Records", WallTime{})), ElementsAre(Fate::unknown));
}

TEST(AwsBatchReply, FatesGoByThePlace) {
  const Settled answer = by_position(
      R"({"FailedRecordCount":1,"Records":[{"SequenceNumber":"1","ShardId":"s"},
          {"ErrorCode":"ProvisionedThroughputExceededException","ErrorMessage":"Rate exceeded for shard s"},{"SequenceNumber":"2"}]})",
      4);
  EXPECT_THAT(fates_of(answer), ElementsAre(Fate::delivered, Fate::retry, Fate::delivered, Fate::unknown));
  EXPECT_EQ(answer.cause, Cause::peer_down) << "an answer that forgets a record matters more than a full shard";
}

TEST(AwsBatchReply, ARefusedPermissionMattersMoreThanAFullShard) {
  const Settled answer =
      by_position(R"({"Records":[{"ErrorCode":"ThrottlingException"},{"ErrorCode":"AccessDeniedException"},{}]})", 3);
  EXPECT_EQ(answer.cause, Cause::unauthorized);
  EXPECT_THAT(fates_of(answer), ElementsAre(Fate::retry, Fate::retry, Fate::delivered));
}

TEST(AwsBatchReply, XmlNamesEntriesToo) {
  const Settled answer = by_xml(
      "<Failed><member><Id>1</Id><Code>InvalidParameter</Code><Message>a &lt; "
      "b</Message><SenderFault>true</SenderFault>"
      "</member></Failed><Successful><member><Id>0</Id><MessageId>m</MessageId></member>"
      "<member><MessageId>n</MessageId><Id>2</Id></member></Successful>",
      3);
  EXPECT_THAT(fates_of(answer), ElementsAre(Fate::delivered, Fate::rejected, Fate::delivered));
  EXPECT_EQ(answer.outcomes[1].reason, "InvalidParameter: a < b");
  EXPECT_THAT(fates_of(by_xml("<Failed/><Successful><member><Id>0</Id></member></Successful>", 1)),
              ElementsAre(Fate::delivered));
}

TEST(AwsBatchReply, ARefusalIsAboutTheWholeBatch) {
  const http::Reply refused = reply_of(400, R"({"__type":"ThrottlingException"})");
  for (const Settled& answer : {judge_by_id(refused, 3, WallTime{}), judge_by_id_xml(refused, 3, WallTime{}),
                                judge_by_position(refused, 3, "Entries", WallTime{})}) {
    EXPECT_THAT(fates_of(answer), ElementsAre(Fate::retry));
    EXPECT_EQ(answer.cause, Cause::throttled);
  }
}

}  // namespace
}  // namespace tidegate::aws
