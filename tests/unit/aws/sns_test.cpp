#include <gmock/gmock.h>

#include <map>

#include "connectors/aws_sns/service.h"
#include "tests/unit/aws/aws_fixture.h"

namespace tidegate::aws_sns {
namespace {

using aws::event_of;
using aws::write;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TopicService service_of(const std::string& topic, const std::string& yaml = "") {
  return TopicService(aws::options_of(
      sink_table(), "region: eu-central-1\ntopic_arn: arn:aws:sns:eu-central-1:123456789012:" + topic + "\n" + yaml));
}

/// The fields of a form, decoded.
std::map<std::string, std::string> form_of(const std::string& body) {
  std::map<std::string, std::string> fields;
  const auto decoded = [](std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '%') {
        plain += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
        i += 2;
      } else {
        plain += text[i];
      }
    }
    return plain;
  };
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t end = std::min(body.find('&', at), body.size());
    const std::string_view pair = std::string_view(body).substr(at, end - at);
    const std::size_t equals = pair.find('=');
    fields[decoded(pair.substr(0, equals))] = decoded(pair.substr(equals + 1));
    at = end + 1;
  }
  return fields;
}

TEST(AwsSns, ABatchIsOnePublishBatch) {
  TopicService service =
      service_of("alarms", "subject: \"Alarm at ${captures.site}\"\nattributes: {v: \"${data.value}\"}");
  const auto wrote = write(service, {event_of("id-1"), event_of("id-2", R"({"value":"a&b=c"})")});
  EXPECT_EQ(wrote.request.url, "https://sns.eu-central-1.amazonaws.com/");
  EXPECT_EQ(wrote.header("Content-Type"), "application/x-www-form-urlencoded");
  auto form = form_of(wrote.request.body);
  EXPECT_EQ(form["Action"], "PublishBatch");
  EXPECT_EQ(form["Version"], "2010-03-31");
  EXPECT_EQ(form["TopicArn"], "arn:aws:sns:eu-central-1:123456789012:alarms");
  const std::string second = "PublishBatchRequestEntries.member.2.";
  EXPECT_EQ(form[second + "Id"], "1");
  EXPECT_EQ(nlohmann::json::parse(form[second + "Message"])["id"], "id-2");
  EXPECT_EQ(form[second + "Subject"], "Alarm at a");
  EXPECT_EQ(form[second + "MessageAttributes.entry.1.Name"], "v");
  EXPECT_EQ(form[second + "MessageAttributes.entry.1.Value.DataType"], "String");
  EXPECT_EQ(form[second + "MessageAttributes.entry.1.Value.StringValue"], "a&b=c");
  EXPECT_EQ(form.count(second + "MessageGroupId"), 0u);
}

TEST(AwsSns, AFifoTopicGetsGroupsAndIds) {
  TopicService service = service_of("alarms.fifo");
  auto form = form_of(write(service, {event_of("id-1")}).request.body);
  EXPECT_EQ(form["PublishBatchRequestEntries.member.1.MessageGroupId"], "site/a");
  EXPECT_EQ(form["PublishBatchRequestEntries.member.1.MessageDeduplicationId"], "id-1");
}

TEST(AwsSns, ASubjectThatIsNoneIsUnfit) {
  TopicService service = service_of("alarms", "subject: \"${data.s}\"");
  const auto wrote = write(service, {event_of("1", R"({"s":"a\nb"})"), event_of("2", R"({"s":"fine"})"),
                                     event_of("3", R"({"s":")" + std::string(100, 's') + "\"}")});
  ASSERT_EQ(wrote.written.unfits().size(), 2u);
  EXPECT_THAT(wrote.written.unfits()[0].reason, HasSubstr("one line"));
  EXPECT_THAT(wrote.written.unfits()[1].reason, HasSubstr("subject"));
  auto form = form_of(wrote.request.body);
  EXPECT_EQ(form["PublishBatchRequestEntries.member.1.Subject"], "fine") << "what is unfit leaves no gap";
}

TEST(AwsSns, TheLimitIsTheTopics) {
  TopicService service = service_of("alarms", "format: raw");
  const auto alone = write(service, {event_of("1", std::string((256u << 10) + 1, 'x'))});
  ASSERT_EQ(alone.written.unfits().size(), 1u);
  EXPECT_EQ(alone.written.unfits()[0].reason, "the message has 262145 bytes, and the topic takes 262144 (max_message)");
  const auto together = write(service, std::vector<OutEvent>(2, event_of("1", std::string(200'000, 'x'))));
  EXPECT_THAT(together.written.too_large_reason(), HasSubstr("the topic takes 262144 in a batch"));
  TopicService large = service_of("alarms", "format: raw\nmax_message: 1MiB");
  EXPECT_TRUE(write(large, {event_of("1", std::string(1u << 20, 'x'))}).written.unfits().empty());
}

TEST(AwsSns, AnswersAreJudgedEntryByEntry) {
  TopicService service = service_of("alarms");
  const Settled answer = aws::judge(
      service,
      aws::reply_of(200,
                    "<PublishBatchResponse><PublishBatchResult><Failed><member><Id>0</Id><Code>InternalError</Code>"
                    "</member></Failed><Successful><member><Id>1</Id></member></Successful></PublishBatchResult>"
                    "</PublishBatchResponse>"),
      2);
  EXPECT_THAT(aws::fates_of(answer), ElementsAre(Fate::retry, Fate::delivered));
}

TEST(AwsSns, TheProbeTellsWhatIsWrong) {
  TopicService service = service_of("alarms");
  const auto error = [](const std::string& code) {
    return "<ErrorResponse><Error><Type>Sender</Type><Code>" + code +
           "</Code><Message>m</Message></Error></ErrorResponse>";
  };
  EXPECT_EQ(aws::probe(service, 400, error("EmptyBatchRequest")), "");
  EXPECT_EQ(aws::probe(service, 400, error("ValidationError")), "");
  EXPECT_THAT(aws::probe(service, 404, error("NotFound")), HasSubstr("check its name"));
  EXPECT_THAT(aws::probe(service, 403, error("InvalidClientTokenId")), HasSubstr("access key id"));
  EXPECT_THAT(aws::probe(service, 403, error("AuthorizationError")), HasSubstr("policy"));
  EXPECT_THAT(aws::probe(service, 403, error("SignatureDoesNotMatch")), HasSubstr("secret access key"));
}

}  // namespace
}  // namespace tidegate::aws_sns
