#include <gmock/gmock.h>

#include "connectors/aws_firehose/service.h"
#include "gateway/event/json_text.h"
#include "tests/unit/aws/aws_fixture.h"

namespace tidegate::aws_firehose {
namespace {

using aws::event_of;
using aws::write;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

DeliveryStreamService service_of(const std::string& yaml) {
  return DeliveryStreamService(aws::options_of(sink_table(), "region: eu-central-1\nstream: lake\n" + yaml));
}

std::string data_of(const nlohmann::json& record) {
  std::string bytes;
  EXPECT_TRUE(append_from_base64(record["Data"].get<std::string>(), bytes));
  return bytes;
}

TEST(AwsFirehose, ABatchIsOnePutRecordBatchOfLines) {
  DeliveryStreamService service = service_of("");
  const auto wrote = write(service, {event_of("id-1"), event_of("id-2")});
  EXPECT_EQ(wrote.header("X-Amz-Target"), "Firehose_20150804.PutRecordBatch");
  EXPECT_EQ(wrote.json()["DeliveryStreamName"], "lake");
  const std::string record = data_of(wrote.json()["Records"][1]);
  EXPECT_EQ(record.back(), '\n');
  EXPECT_EQ(nlohmann::json::parse(record)["id"], "id-2");
}

TEST(AwsFirehose, APayloadGoesAsItIs) {
  DeliveryStreamService service = service_of("format: raw\nnewline: false");
  const auto wrote = write(service, {event_of("1", "a\xff"), event_of("2", "")});
  EXPECT_EQ(data_of(wrote.json()["Records"][0]), "a\xff");
  ASSERT_EQ(wrote.written.unfits().size(), 1u);
  EXPECT_EQ(wrote.written.unfits()[0].index, 1u);
}

TEST(AwsFirehose, ARecordAboveTheLimitIsUnfitAndARequestAboveItIsTooLarge) {
  DeliveryStreamService service = service_of("format: raw");
  EXPECT_TRUE(write(service, {event_of("1", std::string(1'023'999, 'x'))}).written.unfits().empty());
  const auto alone = write(service, {event_of("1", std::string(1'024'000, 'x'))});
  ASSERT_EQ(alone.written.unfits().size(), 1u);
  EXPECT_EQ(alone.written.unfits()[0].reason, "the record has 1024001 bytes, and Firehose takes 1024000");
  const auto together = write(service, std::vector<OutEvent>(5, event_of("1", std::string(1'000'000, 'x'))));
  EXPECT_THAT(together.written.too_large_reason(), HasSubstr("Firehose takes 4194304 in a request"));
}

TEST(AwsFirehose, OnlyTheRecordsThatFailedAreSentAgain) {
  DeliveryStreamService service = service_of("");
  const Settled answer =
      aws::judge(service, aws::reply_of(200, R"({"FailedPutCount":1,"RequestResponses":[{"RecordId":"1"},
                             {"ErrorCode":"ServiceUnavailableException","ErrorMessage":"Slow down."}]})"),
                 2);
  EXPECT_THAT(aws::fates_of(answer), ElementsAre(Fate::delivered, Fate::retry));
  EXPECT_EQ(answer.outcomes[1].reason, "ServiceUnavailable: Slow down.");
}

TEST(AwsFirehose, TheProbeIsABatchOfNothing) {
  DeliveryStreamService service = service_of("");
  http::Request request;
  ASSERT_TRUE(service.write_probe(request));
  EXPECT_TRUE(nlohmann::json::parse(request.body)["Records"].empty());
  EXPECT_EQ(aws::probe(service, 400, R"({"__type":"ValidationException"})"), "");
  EXPECT_THAT(aws::probe(service, 400, R"({"__type":"UnrecognizedClientException"})"), HasSubstr("access key id"));
}

}  // namespace
}  // namespace tidegate::aws_firehose
