#include "connectors/aws_sqs/queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace tidegate::aws_sqs {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Pair;

SourceOptions options_of(const std::string& queue, const std::string& more = "") {
  auto parsed = source_table().parse_text("region: eu-central-1\nqueue_url: " + queue + "\n" + more);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? *parsed : SourceOptions{};
}
constexpr const char* kOrders = "https://sqs.eu-central-1.amazonaws.com/123456789012/orders";

TEST(SqsQueue, AReceiveSaysWhatItWants) {
  const Queue queue(options_of(kOrders, "visibility_timeout: 1m\nattributes: [ site, unit.* ]"));
  const http::Request request = queue.receive(7, 20s, "");
  EXPECT_EQ(request.url, "https://sqs.eu-central-1.amazonaws.com/");
  EXPECT_EQ(request.headers.at(1).second, "AmazonSQS.ReceiveMessage");
  EXPECT_EQ(json::parse(request.body),
            json::parse(R"({"QueueUrl":"https://sqs.eu-central-1.amazonaws.com/123456789012/orders",
              "MaxNumberOfMessages":7,"WaitTimeSeconds":20,"VisibilityTimeout":60,
              "MessageSystemAttributeNames":["SentTimestamp","ApproximateReceiveCount","MessageGroupId","SequenceNumber"],
              "MessageAttributeNames":["site","unit.*"]})"));
  EXPECT_EQ(queue.name(), "orders");
}

TEST(SqsQueue, AnAttemptHasItsName) {
  const Queue queue(options_of(std::string(kOrders) + ".fifo"));
  EXPECT_TRUE(queue.is_fifo());
  EXPECT_EQ(json::parse(queue.receive(10, 0s, "again").body)["ReceiveRequestAttemptId"], "again");
  EXPECT_FALSE(json::parse(queue.receive(10, 0s, "").body).contains("ReceiveRequestAttemptId"));
}

TEST(SqsQueue, DeletesAndExtensionsNameMessagesByTheirPlace) {
  const Queue queue(options_of(kOrders));
  const json removal = json::parse(queue.remove({"h\"1", "h2"}).body);
  EXPECT_EQ(removal["Entries"], json::parse(R"([{"Id":"0","ReceiptHandle":"h\"1"},{"Id":"1","ReceiptHandle":"h2"}])"));
  const json extension = json::parse(queue.keep_from_others({"h1"}, 30s).body);
  EXPECT_EQ(extension["Entries"], json::parse(R"([{"Id":"0","VisibilityTimeout":30,"ReceiptHandle":"h1"}])"));
  EXPECT_EQ(json::parse(queue.remove({}).body)["Entries"], json::array());
}

TEST(SqsQueue, MessagesAreRead) {
  const auto messages = read_messages(R"({"Messages":[
    {"MessageId":"m1","ReceiptHandle":"h1","Body":"{\"a\":1}","MD5OfBody":"x",
     "Attributes":{"SentTimestamp":"1760000000250","ApproximateReceiveCount":"2","MessageGroupId":"g","SequenceNumber":"7"},
     "MessageAttributes":{"site":{"DataType":"String","StringValue":"a"},"n":{"DataType":"Number","StringValue":"4"},
                          "raw":{"DataType":"Binary","BinaryValue":"AQI="}}},
    {"MessageId":"m2","ReceiptHandle":"h2","Body":"\u00fc"}]})");
  ASSERT_TRUE(messages) << messages.error().message;
  ASSERT_EQ(messages->size(), 2u);
  const Message& first = messages->front();
  EXPECT_EQ(first.id, "m1");
  EXPECT_EQ(first.handle, "h1");
  EXPECT_EQ(first.body, R"({"a":1})");
  EXPECT_EQ(first.sent, WallTime{milliseconds{1'760'000'000'250}});
  EXPECT_EQ(first.receive_count, "2");
  EXPECT_EQ(first.group, "g");
  EXPECT_EQ(first.sequence, "7");
  EXPECT_THAT(first.attributes, ElementsAre(Pair("site", "a"), Pair("n", "4"), Pair("raw", "AQI=")));
  EXPECT_EQ(messages->back().body, "\xc3\xbc");
  EXPECT_FALSE(messages->back().sent);
}

TEST(SqsQueue, AnEmptyQueueIsNoError) {
  for (const char* body : {"{}", R"({"Messages":[]})", R"({"Messages":null})"}) {
    const auto messages = read_messages(body);
    ASSERT_TRUE(messages) << body;
    EXPECT_TRUE(messages->empty());
  }
}

TEST(SqsQueue, OfAnAnswerThatIsNotWholeNothingCounts) {
  const std::string whole = R"({"Messages":[{"MessageId":"m1","ReceiptHandle":"h1","Body":"b"},)"
                            R"({"MessageId":"m2","ReceiptHandle":"h2","Body":"b"}]})";
  ASSERT_TRUE(read_messages(whole));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(read_messages(whole.substr(0, length))) << length;
  }
  for (const char* body :
       {"[]", "<html>", R"({"Messages":{}})", R"({"Messages":["m"]})",
        R"({"Messages":[{"MessageId":"m1","Body":"b"}]})", R"({"Messages":[{"MessageId":"m1","ReceiptHandle":"h1"}]})",
        R"({"Messages":[{"ReceiptHandle":"h1","Body":"b"}]})"}) {
    EXPECT_FALSE(read_messages(body)) << body;
  }
}

TEST(SqsQueue, MoreMessagesThanAskedForAreNotTaken) {
  json answer;
  for (int i = 0; i < 11; ++i)
    answer["Messages"].push_back({{"MessageId", "m"}, {"ReceiptHandle", "h"}, {"Body", "b"}});
  EXPECT_FALSE(read_messages(answer.dump()));
}

TEST(SqsQueue, AnImpossibleTimeIsNone) {
  for (const char* time : {"-5", "now", "99999999999999999", ""}) {
    json message = {
        {"MessageId", "m"}, {"ReceiptHandle", "h"}, {"Body", "b"}, {"Attributes", {{"SentTimestamp", time}}}};
    const auto messages = read_messages(json{{"Messages", json::array({message})}}.dump());
    ASSERT_TRUE(messages);
    EXPECT_FALSE(messages->front().sent) << time;
  }
}

}  // namespace
}  // namespace tidegate::aws_sqs
