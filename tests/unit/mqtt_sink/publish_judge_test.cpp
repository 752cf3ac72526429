#include "connectors/mqtt/publish_judge.h"
#include "connectors/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate::mqtt {
namespace {

TEST(PublishJudge, KnowsEveryReasonOfAnAcknowledgement) {
  struct Row {
    Reason reason;
    Fate fate;
    Cause cause;
  };
  // MQTT 5, sections 3.4.2.1 and 3.5.2.1, then codes that a broker should not send here.
  const Row rows[] = {
      {Reason::success, Fate::delivered, Cause::none},
      {Reason::no_matching_subscribers, Fate::delivered, Cause::none},
      {Reason::unspecified_error, Fate::retry, Cause::none},
      {Reason::implementation_specific_error, Fate::retry, Cause::none},
      {Reason::not_authorized, Fate::rejected, Cause::none},
      {Reason::topic_name_invalid, Fate::rejected, Cause::none},
      {Reason::packet_identifier_in_use, Fate::retry, Cause::none},
      {Reason::quota_exceeded, Fate::retry, Cause::throttled},
      {Reason::payload_format_invalid, Fate::rejected, Cause::none},
      {Reason::packet_too_large, Fate::rejected, Cause::none},
      {Reason::server_busy, Fate::retry, Cause::throttled},
      {static_cast<Reason>(0xF0), Fate::retry, Cause::none},
  };
  for (const Row& row : rows) {
    const PublishVerdict verdict = judge_answer(row.reason);
    EXPECT_EQ(verdict.outcome.fate, row.fate) << name_of(row.reason);
    EXPECT_EQ(verdict.cause, row.cause) << name_of(row.reason);
    EXPECT_EQ(verdict.outcome.reason.empty(), row.fate == Fate::delivered) << name_of(row.reason);
  }
}

TEST(PublishJudge, TellsARefusedCredentialFromABrokerThatIsDown) {
  for (const Reason reason : {Reason::bad_user_name_or_password, Reason::not_authorized, Reason::banned,
                              Reason::client_identifier_not_valid, Reason::bad_authentication_method})
    EXPECT_EQ(cause_of({reason, false, ""}), Cause::unauthorized) << name_of(reason);
  for (const Reason reason : {Reason::server_unavailable, Reason::server_busy, Reason::quota_exceeded,
                              Reason::connection_rate_exceeded, Reason::server_moved, Reason::unspecified_error})
    EXPECT_EQ(cause_of({reason, false, ""}), Cause::peer_down) << name_of(reason);
  EXPECT_EQ(cause_of({std::nullopt, false, ""}), Cause::peer_down);
}

TEST(PublishJudge, NothingIsDeliveredAfterAnEarlierEventOfItsTopicThatComesAgain) {
  std::vector<OutEvent> events(6);
  const char* subjects[] = {"a", "b", "a", "a", "b", "c"};
  std::vector<const OutEvent*> batch;
  for (std::size_t i = 0; i < events.size(); ++i) {
    events[i].event.subject = subjects[i];
    batch.push_back(&events[i]);
  }
  std::vector<Outcome> outcomes(6, {Fate::delivered, ""});
  outcomes[0] = {Fate::retry, "quota"};
  outcomes[1] = {Fate::rejected, "no"};
  outcomes[3] = {Fate::rejected, "no"};
  keep_order(batch, outcomes);
  std::vector<Fate> fates;
  for (const Outcome& outcome : outcomes) fates.push_back(outcome.fate);
  EXPECT_THAT(fates, ::testing::ElementsAre(Fate::retry, Fate::rejected, Fate::unknown, Fate::rejected, Fate::delivered,
                                            Fate::delivered));
}

}  // namespace
}  // namespace tidegate::mqtt
