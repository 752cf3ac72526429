// The source in front of a queue that the test plays.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/aws_sqs/aws_sqs.h"
#include "connectors/aws_sqs/limits.h"
#include "gateway/config/option_table.h"
#include "tests/support/aws/fake_sqs.h"
#include "tests/support/broker/fake_intake.h"
#include "tests/support/broker/source_rig.h"

namespace tidegate::aws_sqs {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using ::testing::AllOf;
using testing::Answer;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::FakeSqs;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::sqs_error;

constexpr const char* kReceive = "ReceiveMessage";
constexpr const char* kDelete = "DeleteMessageBatch";
constexpr const char* kChange = "ChangeMessageVisibilityBatch";

class SqsSource : public ::testing::Test {
 protected:
  explicit SqsSource(bool fifo = false) : queue_(fifo) {}
  void TearDown() override { source_.reset(); }

  void make(const std::string& more = "") {
    const auto options =
        parse_text(*aws_sqs_source_options(),
                   fmt::format("queue_url: {}\nregion: eu-central-1\nendpoint: {}\nvisibility_timeout: 30s\n"
                               "credentials: {{access_key_id: AKIDEXAMPLE, secret_access_key: its-secret}}\n{}",
                               queue_.queue_url(), queue_.url(), more));
    ASSERT_TRUE(options) << options.error().message;
    auto source = make_aws_sqs_source(rig_.context(), *options);
    ASSERT_TRUE(source) << source.error().message;
    source_ = *std::move(source);
  }
  void start(const std::string& more = "") {
    make(more);
    ASSERT_TRUE(source_->start(intake_));
  }
  bool eventually(const std::function<bool()>& condition) {
    return intake_.wait({SteadyTime::clock::now() + 30s}, condition);
  }
  bool eventually_deleted(std::size_t count) {
    return eventually([&] { return queue_.deleted().size() == count; });
  }
  std::vector<std::string> stored() const {
    std::vector<std::string> all;
    for (const Event& event : intake_.committed()) all.push_back(event.data);
    return all;
  }
  /// Of every entry of every such request.
  std::vector<json> entries(const char* action, const char* member) const {
    std::vector<json> all;
    for (const json& request : queue_.requests(action)) {
      for (const json& entry : request["Entries"]) all.push_back(entry[member]);
    }
    return all;
  }
  Status probe() {
    make();
    return source_->probe({SteadyTime::clock::now() + 2s});
  }

  test::SourceRig rig_;
  test::FakeIntake intake_;
  FakeSqs queue_;
  std::unique_ptr<Source> source_;
};

class SqsFifoSource : public SqsSource {
 protected:
  SqsFifoSource() : SqsSource(true) {}
};

TEST_F(SqsSource, AFullQueueIsEmptiedAndDeletedTenAtATime) {
  for (int i = 0; i < 95; ++i) queue_.put(std::to_string(i));
  start();
  ASSERT_TRUE(eventually_deleted(95));
  EXPECT_EQ(intake_.committed_count(), 95u);
  for (const json& request : queue_.requests(kDelete)) EXPECT_LE(request["Entries"].size(), 10u);
  EXPECT_EQ(rig_.count("tidegate_sqs_received_messages_total"), 95u);
  EXPECT_TRUE(eventually([&] { return rig_.count("tidegate_sqs_deleted_messages_total") == 95; }));
}

TEST_F(SqsSource, ItsFirstQuestionIsAnsweredAtOnceAndLaterOnesWait) {
  start("wait_time: 7s");
  ASSERT_TRUE(eventually([&] { return queue_.requests(kReceive).size() >= 3; }));
  const auto receives = queue_.requests(kReceive);
  EXPECT_EQ(receives[0]["WaitTimeSeconds"], 0);
  EXPECT_EQ(receives[1]["WaitTimeSeconds"], 7);
  EXPECT_EQ(rig_.health().state, HealthState::ok);
}

TEST_F(SqsSource, OfADeleteThatFailedInPartTheRestIsDeletedAgain) {
  queue_.put("a");
  queue_.put("b");
  Answer partly;
  partly.body = R"({"Successful":[{"Id":"0"}],"Failed":[{"Id":"1","Code":"InternalError","SenderFault":false}]})";
  queue_.script(kDelete, {partly});
  start();
  ASSERT_TRUE(eventually([&] { return queue_.requests(kDelete).size() == 2; }));
  EXPECT_THAT(entries(kDelete, "ReceiptHandle"), ElementsAre("handle-1", "handle-2", "handle-2"));
}

TEST_F(SqsSource, ADeleteWithoutAnAnswerIsMadeAgain) {
  queue_.put("a");
  Answer cut;
  cut.action = Answer::Action::cut;
  cut.body = R"({"Successful":[{"Id":"0"}],"Failed":[]})";
  Answer silent;
  silent.action = Answer::Action::close_read;
  queue_.script(kDelete, {silent, cut, sqs_error(500, "InternalFailure")});
  start();
  EXPECT_TRUE(eventually_deleted(1));
  EXPECT_EQ(intake_.committed_count(), 1u);
}

TEST_F(SqsSource, AnAnswerThatBreaksOffStoresAndDeletesNothing) {
  Answer cut;
  cut.action = Answer::Action::cut;
  cut.body = R"({"Messages":[{"MessageId":"m1","ReceiptHandle":"h1","Body":"lost"}]})";
  Answer odd;
  odd.body = R"({"Messages":[{"MessageId":"m1","ReceiptHandle":"h1","Body":"lost"},{"MessageId":"m2"}]})";
  Answer page;
  page.body = "<html>portal</html>";
  queue_.script(kReceive, {cut, odd, page});
  start();
  ASSERT_TRUE(eventually([&] { return queue_.requests(kReceive).size() >= 5; }));
  EXPECT_EQ(intake_.submissions(), 0u);
  EXPECT_THAT(queue_.requests(kDelete), IsEmpty());
}

TEST_F(SqsSource, AMessageThatComesAgainWhileItWaitsIsOneEvent) {
  start();
  intake_.hold(true);
  queue_.put("x");
  ASSERT_TRUE(eventually([&] { return intake_.held_events() == 1; }));
  queue_.pass(60s);
  ASSERT_TRUE(eventually([&] { return rig_.count("tidegate_sqs_again_messages_total") == 1; }));
  intake_.hold(false);
  intake_.commit();
  ASSERT_TRUE(eventually_deleted(1));
  EXPECT_THAT(stored(), ElementsAre("x"));
  EXPECT_THAT(entries(kDelete, "ReceiptHandle"), ElementsAre("handle-2"));
}

TEST_F(SqsSource, WhatWasStoredButNotDeletedBeforeARestartIsDeletedAndNotStoredAgain) {
  Answer silent;
  silent.action = Answer::Action::hang;
  queue_.script(kDelete, {silent});
  queue_.put("x");
  start();
  ASSERT_TRUE(eventually([&] { return queue_.requests(kDelete).size() == 1; }));
  source_.reset();
  queue_.pass(60s);
  start();
  ASSERT_TRUE(eventually_deleted(1));
  EXPECT_THAT(stored(), ElementsAre("x"));
  EXPECT_EQ(intake_.repeats(), 1u);
}

TEST_F(SqsSource, TwoMessagesWithOneEventWaitForTheSameCommit) {
  start();
  intake_.hold(true);
  const std::string event = R"({"specversion":"1.0","id":"7","source":"/s","type":"t","data":1})";
  queue_.put(event);
  ASSERT_TRUE(eventually([&] { return intake_.held_events() == 1; }));
  queue_.put(event);
  ASSERT_TRUE(eventually([&] { return intake_.submissions() == 2; }));
  EXPECT_THAT(queue_.deleted(), IsEmpty()) << "the second one relies on the first";
  intake_.hold(false);
  intake_.commit();
  ASSERT_TRUE(eventually_deleted(2));
  EXPECT_EQ(intake_.committed_count(), 1u);
  EXPECT_EQ(intake_.repeats(), 1u);
}

TEST_F(SqsSource, WhatWaitsForItsReceiptIsKeptFromOthers) {
  start();
  intake_.hold(true);
  queue_.put("x");
  ASSERT_TRUE(eventually([&] { return intake_.held_events() == 1; }));
  EXPECT_THAT(queue_.requests(kChange), IsEmpty());
  for (int round = 1; round <= 3; ++round) {
    queue_.pass(16s);
    rig_.skip(16s);
    source_->resume();  // looks at the time again
    ASSERT_TRUE(eventually([&] { return entries(kChange, "VisibilityTimeout").size() == std::size_t(round); }));
  }
  EXPECT_THAT(entries(kChange, "VisibilityTimeout"), Each(30));
  EXPECT_EQ(queue_.given_out(), 1u);
  intake_.commit();
  EXPECT_TRUE(eventually_deleted(1));
  EXPECT_EQ(rig_.count("tidegate_sqs_received_messages_total"), 1u);
}

TEST_F(SqsSource, StopGivesBackWhatIsNotStored) {
  start();
  intake_.hold(true);
  queue_.put("x");
  ASSERT_TRUE(eventually([&] { return intake_.held_events() == 1; }));
  source_->stop();
  EXPECT_THAT(queue_.deleted(), IsEmpty());
  EXPECT_THAT(entries(kChange, "VisibilityTimeout"), ElementsAre(0));
  EXPECT_EQ(queue_.given_out(), 0u);
}

TEST_F(SqsSource, StopDeletesWhatIsStored) {
  start();
  intake_.hold(true);
  queue_.put("x");
  ASSERT_TRUE(eventually([&] { return intake_.held_events() == 1; }));
  intake_.commit();
  source_->stop();
  EXPECT_THAT(queue_.deleted(), ElementsAre("x"));
}

TEST_F(SqsSource, WhileItIsPausedNothingIsHandedOver) {
  start();
  ASSERT_TRUE(eventually([&] { return rig_.health().state == HealthState::ok; }));
  source_->pause();
  ASSERT_TRUE(eventually([&] { return rig_.health().state == HealthState::paused; }));
  queue_.put("x");
  source_->stop();
  EXPECT_EQ(intake_.submissions(), 0u);
  EXPECT_EQ(queue_.given_out(), 0u);
}

TEST_F(SqsSource, ReceivingEndsWhereTooMuchWaitsForItsReceipt) {
  for (std::size_t i = 0; i < limits::kSqsHeldMax + 200; ++i) queue_.put("x");
  start();
  intake_.hold(true);
  ASSERT_TRUE(eventually([&] { return intake_.held_events() + 100 > limits::kSqsHeldMax; }));
  EXPECT_LE(queue_.given_out(), limits::kSqsHeldMax);
  intake_.hold(false);
  intake_.commit();
  ASSERT_TRUE(eventually_deleted(limits::kSqsHeldMax + 200));
  EXPECT_EQ(intake_.committed_count(), limits::kSqsHeldMax + 200);
}

TEST_F(SqsSource, WhatCanBeNoEventStaysInTheQueueAndIsAnAlarm) {
  start("format: cloudevents");
  queue_.put("no event");
  queue_.put(R"({"specversion":"1.0","id":"7","source":"/s","type":"t","data":1})");
  ASSERT_TRUE(eventually_deleted(1));
  EXPECT_THAT(stored(), ElementsAre("1"));
  EXPECT_EQ(queue_.given_out(), 1u) << "with its timeout as it was";
  EXPECT_THAT(queue_.requests(kChange), IsEmpty());
  EXPECT_EQ(rig_.count("tidegate_sqs_refused_messages_total"), 1u);
  ASSERT_TRUE(eventually([&] { return rig_.health().state == HealthState::alarm; }));
  EXPECT_THAT(rig_.health().detail, AllOf(HasSubstr("no CloudEvent"), ::testing::Not(HasSubstr("no event stays"))));
  rig_.skip(11min);
  source_->resume();
  EXPECT_TRUE(eventually([&] { return rig_.health().state == HealthState::ok; }));
}

TEST_F(SqsFifoSource, NothingOvertakesAnEarlierMessageOfItsGroup) {
  queue_.redrive_after(3);
  const auto event = [](int n) {
    return fmt::format(R"({{"specversion":"1.0","id":"{0}","source":"/s","type":"t","data":{0}}})", n);
  };
  queue_.put("no event", "a");
  queue_.put(event(1), "a");
  queue_.put(event(2), "b");
  start("format: cloudevents");
  ASSERT_TRUE(eventually_deleted(1));
  EXPECT_THAT(stored(), ElementsAre("2"));
  const std::size_t asked = queue_.requests(kReceive).size();
  for (int round = 0; round < 2; ++round) {
    const std::uint64_t refused = rig_.count("tidegate_sqs_refused_messages_total");
    queue_.pass(60s);
    ASSERT_TRUE(eventually([&] { return rig_.count("tidegate_sqs_refused_messages_total") > refused; }));
    EXPECT_THAT(stored(), ElementsAre("2"));
  }
  EXPECT_EQ(queue_.requests(kReceive).at(asked + 1)["MaxNumberOfMessages"], 1)
      << "else those behind it would go to the dead letter queue with it";
  queue_.pass(60s);
  ASSERT_TRUE(eventually_deleted(2));
  EXPECT_EQ(queue_.dead(), 1u);
  EXPECT_THAT(stored(), ElementsAre("2", "1"));
}

TEST_F(SqsFifoSource, AReceiveWithoutAnAnswerIsMadeAgainUnderItsName) {
  Answer silent;
  silent.action = Answer::Action::close_read;
  queue_.script(kReceive, {silent, silent});
  start();
  ASSERT_TRUE(eventually([&] { return queue_.requests(kReceive).size() >= 4; }));
  const auto receives = queue_.requests(kReceive);
  EXPECT_EQ(receives[0]["ReceiveRequestAttemptId"], receives[1]["ReceiveRequestAttemptId"]);
  EXPECT_EQ(receives[1]["ReceiveRequestAttemptId"], receives[2]["ReceiveRequestAttemptId"]);
  EXPECT_NE(receives[2]["ReceiveRequestAttemptId"], receives[3]["ReceiveRequestAttemptId"]);
}

TEST_F(SqsFifoSource, EveryGroupHasItsTopic) {
  queue_.put("1", "pump/7");
  start();
  ASSERT_TRUE(eventually_deleted(1));
  EXPECT_EQ(intake_.committed().front().subject, "sqs/test/pump_7");
  EXPECT_EQ(intake_.committed().front().id, "message-1");
}

TEST_F(SqsSource, ARefusedKeyIsAnAlarmThatEnds) {
  queue_.answer_all(sqs_error(403, "InvalidClientTokenId"));
  start();
  ASSERT_TRUE(eventually([&] { return rig_.health().state == HealthState::alarm; }));
  EXPECT_THAT(rig_.health().detail, AllOf(HasSubstr("receive"), HasSubstr("does not know the access key id")));
  queue_.answer_all(std::nullopt);
  EXPECT_TRUE(eventually([&] { return rig_.health().state == HealthState::ok; }));
}

TEST_F(SqsSource, AQueueThatDoesNotExistIsAnAlarmAndThrottlingIsNone) {
  queue_.answer_all(sqs_error(400, "QueueDoesNotExist"));
  start();
  ASSERT_TRUE(eventually([&] { return rig_.health().state == HealthState::alarm; }));
  Answer throttled = sqs_error(400, "RequestThrottled");
  queue_.answer_all(throttled);
  EXPECT_TRUE(eventually([&] { return rig_.health().state == HealthState::waiting; }));
}

TEST_F(SqsSource, APermissionThatLacksForDeletesIsAnAlarm) {
  queue_.script(kDelete, std::vector<Answer>(2, sqs_error(403, "AccessDenied")));
  queue_.put("x");
  start();
  ASSERT_TRUE(eventually([&] { return rig_.health().state == HealthState::alarm; }));
  EXPECT_THAT(rig_.health().detail, AllOf(HasSubstr("delete"), HasSubstr("policy does not allow")));
  EXPECT_TRUE(eventually_deleted(1));
}

TEST_F(SqsSource, AWrongClockCostsOneRequest) {
  Answer skewed = sqs_error(403, "RequestTimeTooSkewed");
  skewed.headers.emplace_back("Date", "Fri, 01 Jan 2027 00:00:00 GMT");
  queue_.script(kReceive, {skewed});
  start();
  ASSERT_TRUE(eventually([&] { return rig_.health().state == HealthState::ok; }));
  EXPECT_EQ(queue_.requests(kReceive)[1]["WaitTimeSeconds"], 0);
}

TEST_F(SqsSource, AProbeTakesNoMessage) {
  queue_.put("x");
  const Status probed = probe();
  EXPECT_TRUE(probed) << probed.error().message;
  EXPECT_EQ(queue_.given_out(), 0u);
}

TEST_F(SqsSource, AProbeTellsWhatIsWrong) {
  queue_.answer_all(sqs_error(400, "QueueDoesNotExist"));
  EXPECT_THAT(probe().error().message, HasSubstr("QueueDoesNotExist"));
  queue_.answer_all(sqs_error(403, "InvalidClientTokenId"));
  EXPECT_THAT(probe().error().message, HasSubstr("does not know the access key id"));
  queue_.answer_all(std::nullopt);
  queue_.script(kReceive, {sqs_error(403, "AccessDenied")});
  const Status receiving = probe();
  ASSERT_FALSE(receiving) << "deleting alone is not enough";
  EXPECT_THAT(receiving.error().message, HasSubstr("policy does not allow"));
  Answer hang;
  hang.action = Answer::Action::hang;
  queue_.answer_all(hang);
  EXPECT_EQ(probe().error().code, ErrorCode::timeout);
}

}  // namespace
}  // namespace tidegate::aws_sqs
