#include <gmock/gmock.h>

#include "connectors/aws_kinesis/service.h"
#include "gateway/event/json_text.h"
#include "tests/unit/aws/aws_fixture.h"

namespace tidegate::aws_kinesis {
namespace {

using aws::event_of;
using aws::write;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

StreamService service_of(const std::string& yaml) {
  return StreamService(aws::options_of(sink_table(), "region: eu-central-1\n" + yaml));
}

std::string data_of(const nlohmann::json& record) {
  std::string bytes;
  EXPECT_TRUE(append_from_base64(record["Data"].get<std::string>(), bytes));
  return bytes;
}

TEST(AwsKinesis, ABatchIsOnePutRecordsKeyedBySubject) {
  StreamService service = service_of("stream: plant");
  const auto wrote = write(service, {event_of("id-1"), event_of("id-2", "{}", "site/b"), event_of("id-3", "{}", "")});
  EXPECT_EQ(wrote.header("X-Amz-Target"), "Kinesis_20131202.PutRecords");
  const auto json = wrote.json();
  EXPECT_EQ(json["StreamName"], "plant");
  EXPECT_EQ(json["Records"][0]["PartitionKey"], "site/a");
  EXPECT_EQ(json["Records"][1]["PartitionKey"], "site/b");
  EXPECT_EQ(json["Records"][2]["PartitionKey"], "id-3") << "without a subject, the id spreads the records";
  EXPECT_EQ(nlohmann::json::parse(data_of(json["Records"][1]))["id"], "id-2");
}

TEST(AwsKinesis, AStreamIsNamedByItsArnToo) {
  StreamService service = service_of("stream: arn:aws:kinesis:eu-central-1:123456789012:stream/plant");
  EXPECT_EQ(write(service, {event_of("1")}).json()["StreamARN"],
            "arn:aws:kinesis:eu-central-1:123456789012:stream/plant");
}

TEST(AwsKinesis, APartitionKeyIsFilledAndALongOneHashed) {
  StreamService service = service_of("stream: plant\nformat: raw\npartition_key: \"${data.k}\"");
  const std::string bytes("{\"k\":\"x\"}");
  const auto wrote = write(
      service, {event_of("1", bytes), event_of("2", R"({"k":")" + std::string(257, 'k') + "\"}"), event_of("3", "{}")});
  const auto records = wrote.json()["Records"];
  EXPECT_EQ(records[0]["PartitionKey"], "x");
  EXPECT_EQ(data_of(records[0]), bytes);
  EXPECT_EQ(records[1]["PartitionKey"].get<std::string>().size(), 64u);
  ASSERT_EQ(wrote.written.unfits().size(), 1u);
  EXPECT_EQ(wrote.written.unfits()[0].reason, "partition_key: data.k is missing");
}

TEST(AwsKinesis, ARecordAboveTheLimitIsUnfitAndARequestAboveItIsTooLarge) {
  StreamService service = service_of("stream: plant\nformat: raw");
  EXPECT_TRUE(write(service, {event_of("1", std::string((1u << 20) - 6, 'x'))}).written.unfits().empty());
  const auto alone = write(service, {event_of("1", std::string((1u << 20) - 5, 'x'))});
  ASSERT_EQ(alone.written.unfits().size(), 1u);
  EXPECT_EQ(alone.written.unfits()[0].reason,
            "the record has 1048577 bytes, and the stream takes 1048576 (max_record)");
  StreamService large = service_of("stream: plant\nformat: raw\nmax_record: 10MiB");
  EXPECT_TRUE(write(large, {event_of("1", std::string((10u << 20) - 6, 'x'))}).written.unfits().empty());
  const auto together = write(service, std::vector<OutEvent>(11, event_of("1", std::string(1'000'000, 'x'))));
  EXPECT_THAT(together.written.too_large_reason(), HasSubstr("Kinesis takes 10485760 in a request"));
}

TEST(AwsKinesis, AFullShardThrottlesOnlyItsRecords) {
  StreamService service = service_of("stream: plant");
  EXPECT_TRUE(service.limits().takes_out_of_order) << "or a later record of a key would overtake";
  const Settled answer = aws::judge(
      service,
      aws::reply_of(200, R"({"FailedRecordCount":1,"Records":[{"ErrorCode":"ProvisionedThroughputExceededException"},
                             {"SequenceNumber":"1","ShardId":"s"}]})"),
      2);
  EXPECT_THAT(aws::fates_of(answer), ElementsAre(Fate::retry, Fate::delivered));
  EXPECT_EQ(answer.cause, Cause::throttled);
}

TEST(AwsKinesis, TheProbeIsARecordThatNoShardCanTake) {
  StreamService service = service_of("stream: plant");
  http::Request request;
  ASSERT_TRUE(service.write_probe(request));
  EXPECT_EQ(nlohmann::json::parse(request.body)["Records"].size(), 1u);
  EXPECT_EQ(aws::probe(service, 400, R"({"__type":"InvalidArgumentException"})"), "");
  EXPECT_THAT(
      aws::probe(service, 400,
                 R"({"__type":"ResourceNotFoundException","message":"Stream plant under account 1 not found."})"),
      HasSubstr("not found.; check its name"));
  EXPECT_THAT(aws::probe(service, 200, "{}"), HasSubstr("endpoint"));
}

}  // namespace
}  // namespace tidegate::aws_kinesis
