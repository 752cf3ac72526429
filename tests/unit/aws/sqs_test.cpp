#include <gmock/gmock.h>

#include "connectors/aws_sqs/limits.h"
#include "connectors/aws_sqs/service.h"
#include "tests/unit/aws/aws_fixture.h"

namespace tidegate::aws_sqs {
namespace {

using aws::event_of;
using aws::write;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kStandard =
    "region: eu-central-1\nqueue_url: https://sqs.eu-central-1.amazonaws.com/123456789012/orders\n";
const std::string kFifo =
    "region: eu-central-1\nqueue_url: https://sqs.eu-central-1.amazonaws.com/123456789012/orders.fifo\n";

QueueService service_of(const std::string& yaml) { return QueueService(aws::options_of(sink_table(), yaml)); }

TEST(AwsSqs, ABatchIsOneSendMessageBatch) {
  QueueService service = service_of(kStandard);
  const auto wrote = write(service, {event_of("id-1"), event_of("id-2")});
  EXPECT_EQ(wrote.request.url, "https://sqs.eu-central-1.amazonaws.com/");
  EXPECT_EQ(wrote.header("X-Amz-Target"), "AmazonSQS.SendMessageBatch");
  EXPECT_EQ(wrote.header("Content-Type"), "application/x-amz-json-1.0");
  const auto json = wrote.json();
  EXPECT_EQ(json["QueueUrl"], "https://sqs.eu-central-1.amazonaws.com/123456789012/orders");
  ASSERT_EQ(json["Entries"].size(), 2u);
  EXPECT_EQ(json["Entries"][1]["Id"], "1");
  EXPECT_FALSE(json["Entries"][1].contains("MessageGroupId"));
  EXPECT_FALSE(json["Entries"][1].contains("MessageDeduplicationId"));
  const auto event = nlohmann::json::parse(json["Entries"][1]["MessageBody"].get<std::string>());
  EXPECT_EQ(event["id"], "id-2");
  EXPECT_EQ(event["data"]["value"], 7);
}

TEST(AwsSqs, AFifoQueueGetsTheSubjectAsGroupAndTheIdAgainstRepeats) {
  QueueService service = service_of(kFifo);
  const auto json = write(service, {event_of("id-1"), event_of("id 2", "{}", "s\xc3\xa4")}).json();
  EXPECT_EQ(json["Entries"][0]["MessageGroupId"], "site/a");
  EXPECT_EQ(json["Entries"][0]["MessageDeduplicationId"], "id-1");
  EXPECT_EQ(json["Entries"][1]["MessageGroupId"].get<std::string>().size(), 64u);
  EXPECT_EQ(json["Entries"][1]["MessageDeduplicationId"].get<std::string>().size(), 64u);
}

TEST(AwsSqs, TextsAreFilledByTheEvent) {
  QueueService service = service_of(kStandard +
                                    "group_id: \"g-${captures.site}-${data.value}\"\n"
                                    "attributes: {site: \"${captures.site}\", unit: \"${data.unit?}\"}");
  const auto entry = write(service, {event_of("id-1")}).json()["Entries"][0];
  EXPECT_EQ(entry["MessageGroupId"], "g-a-7");
  EXPECT_EQ(entry["MessageAttributes"]["site"]["StringValue"], "a");
  EXPECT_EQ(entry["MessageAttributes"]["site"]["DataType"], "String");
  EXPECT_FALSE(entry["MessageAttributes"].contains("unit"));
}

TEST(AwsSqs, AnEventThatCannotBeAMessageLeavesTheOthersInPlace) {
  QueueService service = service_of(kStandard + "format: raw\ngroup_id: \"${data.g}\"");
  const auto wrote = write(service, {event_of("1", R"({"g":"x"})"), event_of("2", "{}"), event_of("3", "\x01"),
                                     event_of("4", ""), event_of("5", R"({"g":"y"})")});
  ASSERT_EQ(wrote.written.unfits().size(), 3u);
  EXPECT_EQ(wrote.written.unfits()[0].index, 1u);
  EXPECT_THAT(wrote.written.unfits()[0].reason, HasSubstr("group_id: data.g is missing"));
  EXPECT_THAT(wrote.written.unfits()[1].reason, HasSubstr("no text"));
  EXPECT_THAT(wrote.written.unfits()[2].reason, HasSubstr("empty"));
  const auto entries = wrote.json()["Entries"];
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[1]["Id"], "1") << "answers count what was sent";
  EXPECT_EQ(entries[1]["MessageBody"], R"({"g":"y"})");
}

TEST(AwsSqs, OneMessageAboveTheLimitIsUnfitAndABatchAboveItIsTooLarge) {
  QueueService service = service_of(kStandard + "format: raw\nmax_message: 256KiB");
  const auto alone = write(service, {event_of("1", std::string((256u << 10) + 1, 'x')), event_of("2")});
  ASSERT_EQ(alone.written.unfits().size(), 1u);
  EXPECT_EQ(alone.written.unfits()[0].reason, "the message has 262145 bytes, and the queue takes 262144 (max_message)");
  const auto together = write(service, std::vector<OutEvent>(5, event_of("1", std::string(250'000, 'x'))));
  EXPECT_EQ(together.written.too_large_reason(), "the messages have 1250000 bytes, and SQS takes 1048576 in a batch");
  EXPECT_EQ(write(service, {event_of("1", std::string(256u << 10, 'x'))}).written.unfits().size(), 0u);
}

TEST(AwsSqs, AttributesCountTowardsTheSize) {
  QueueService service = service_of(kStandard + "format: raw\nmax_message: 1KiB\nattributes: {a: \"${subject}\"}");
  EXPECT_TRUE(write(service, {event_of("1", std::string(1024 - 1 - 6 - 6, 'x'))}).written.unfits().empty());
  EXPECT_FALSE(write(service, {event_of("1", std::string(1024 - 1 - 6 - 5, 'x'))}).written.unfits().empty());
}

TEST(AwsSqs, AtMostOneEventOfAKeyIsInABatchWhereTheLaneKeepsAnOrder) {
  const QueueService service = service_of(kStandard);
  EXPECT_TRUE(service.limits().takes_out_of_order);
  EXPECT_EQ(service.limits().batch_events_max, 10u);
}

TEST(AwsSqs, TheProbeTellsWhatIsWrong) {
  QueueService service = service_of(kStandard);
  http::Request request;
  ASSERT_TRUE(service.write_probe(request));
  EXPECT_TRUE(nlohmann::json::parse(request.body)["Entries"].empty());
  EXPECT_EQ(aws::probe(service, 400, R"({"__type":"com.amazonaws.sqs#EmptyBatchRequest"})"), "");
  EXPECT_EQ(aws::probe(service, 400, R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"No."})"),
            "HTTP 400: QueueDoesNotExist: No.; check its name, its account and the region");
  EXPECT_THAT(aws::probe(service, 403, R"({"__type":"com.amazon.coral.service#InvalidClientTokenId"})"),
              HasSubstr("does not know the access key id"));
  EXPECT_THAT(aws::probe(service, 404, "<html>"), HasSubstr("none of AWS"));
  EXPECT_EQ(service.judge_probe(aws::reply_of(503, "{}"), WallTime{}).error().code, ErrorCode::unavailable);
  EXPECT_EQ(service.judge_probe(aws::reply_of(400, R"({"__type":"QueueDoesNotExist"})"), WallTime{}).error().code,
            ErrorCode::refused);
}

TEST(AwsSqs, AnswersAreJudgedEntryByEntry) {
  QueueService service = service_of(kStandard);
  const Settled answer = aws::judge(
      service, aws::reply_of(200, R"({"Successful":[{"Id":"1"}],"Failed":[{"Id":"0","Code":"ThrottlingException"}]})"),
      2);
  EXPECT_THAT(aws::fates_of(answer), ElementsAre(Fate::retry, Fate::delivered));
}

}  // namespace
}  // namespace tidegate::aws_sqs
