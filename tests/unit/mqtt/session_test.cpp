#include "connectors/mqtt/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "connectors/mqtt/limits.h"
#include "tests/unit/mqtt/session_peer.h"

namespace tidegate::mqtt {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Session, PubackLeavesOnlyAfterTheReceipt) {
  Peer peer;
  peer.connect(false);
  peer.publish(1, "x");
  EXPECT_THAT(peer.sent(), IsEmpty());
  peer.commit();
  EXPECT_THAT(peer.sent(), ElementsAre("PUBACK 1"));
}

TEST(Session, Qos2IsRecordedReleasedAndCompletedEachAfterItsCommit) {
  Peer peer;
  peer.connect(false);
  peer.publish(7, "x", 2);
  EXPECT_THAT(peer.sent(), IsEmpty());
  peer.commit();
  EXPECT_THAT(peer.sent(), ElementsAre("PUBREC 7"));
  EXPECT_EQ(peer.state_with("q2/"), 1u);
  peer.release(7);
  EXPECT_THAT(peer.sent(), IsEmpty());
  peer.commit();
  EXPECT_THAT(peer.sent(), ElementsAre("PUBCOMP 7"));
  EXPECT_EQ(peer.state_with("q2/"), 0u);
}

TEST(Session, MessagesOfOneReadShareOneSubmission) {
  Peer peer;
  peer.connect(false);
  peer.commit();
  std::string wire;
  for (std::uint16_t id = 1; id <= 5; ++id) encode(wire, Version::v5, Publish{false, 1, false, "a", id, {}, "x"});
  peer.give(wire);
  ASSERT_EQ(peer.waiting.size(), 1u);
  EXPECT_EQ(peer.waiting[0].second.events.size(), 5u);
}

TEST(Session, ARedeliveryAfterALostAckIsAcknowledgedAndNotStored) {
  Peer peer;
  peer.connect(false);
  peer.publish(1, "x");
  peer.commit();
  peer.sent();  // lost with the connection
  peer.connect(true);
  peer.publish(1, "x", 1, true);
  EXPECT_THAT(peer.sent(), ElementsAre("PUBACK 1"));
  peer.commit();
  EXPECT_THAT(peer.stored, ElementsAre("x"));
  EXPECT_EQ(peer.repeats, 1u);
}

TEST(Session, ARedeliveryAfterACrashIsAcknowledgedAndNotStored) {
  Peer before;
  before.connect(false);
  before.publish(1, "x");
  before.publish(2, "y", 2);
  before.commit();
  Peer after(10, before.state);
  after.connect(true);
  after.publish(1, "x", 1, true);
  after.publish(2, "y", 2, true);
  EXPECT_THAT(after.sent(), ElementsAre("PUBACK 1", "PUBREC 2"));
  after.commit();
  EXPECT_THAT(after.stored, IsEmpty());
  EXPECT_EQ(after.repeats, 2u);
  after.release(2);
  after.commit();
  EXPECT_THAT(after.sent(), ElementsAre("PUBCOMP 2"));
}

TEST(Session, AnEventWhoseCommitWasLostInACrashIsStoredWhenItComesAgain) {
  Peer before;
  before.connect(false);
  before.commit();
  before.publish(1, "x");
  Peer after(10, before.state);
  after.connect(true);
  after.publish(1, "x", 1, true);
  EXPECT_THAT(after.sent(), IsEmpty());
  after.commit();
  EXPECT_THAT(after.stored, ElementsAre("x"));
  EXPECT_THAT(after.sent(), ElementsAre("PUBACK 1"));
}

TEST(Session, ARedeliveryDuringTheCommitIsNotStoredTwiceAndIsAcknowledgedOnce) {
  Peer peer;
  peer.connect(false);
  peer.publish(1, "x");
  peer.publish(2, "y", 2);
  peer.connect(true);
  peer.publish(1, "x", 1, true);
  peer.publish(2, "y", 2, true);
  peer.commit();
  EXPECT_THAT(peer.sent(), ElementsAre("PUBACK 1", "PUBREC 2"));
  EXPECT_THAT(peer.stored, ElementsAre("x", "y"));
}

TEST(Session, AReceiptThatComesAfterAReconnectAcknowledgesNothingUntilTheRedelivery) {
  Peer peer;
  peer.connect(false);
  peer.publish(1, "x");
  peer.connect(true);
  peer.commit();
  EXPECT_THAT(peer.sent(), IsEmpty());
  peer.publish(1, "x", 1, true);
  EXPECT_THAT(peer.sent(), ElementsAre("PUBACK 1"));
  EXPECT_THAT(peer.stored, ElementsAre("x"));
}

TEST(Session, TheSameContentUnderAReusedPacketIdIsANewEvent) {
  Peer peer;
  peer.connect(false);
  for (int i = 0; i < 3; ++i) {
    peer.publish(1, "same");
    peer.commit();
  }
  EXPECT_EQ(peer.stored.size(), 3u);
}

TEST(Session, OtherContentMarkedDupIsStored) {
  Peer peer;
  peer.connect(false);
  peer.publish(1, "x");
  peer.publish(2, "y", 2);
  peer.commit();
  peer.connect(true);
  peer.publish(1, "other", 1, true);
  peer.publish(2, "another", 2, true);
  peer.commit();
  EXPECT_THAT(peer.stored, ElementsAre("x", "y", "other", "another"));
}

TEST(Session, WithoutASessionAtTheBrokerNothingIsRemembered) {
  Peer peer;
  peer.connect(false);
  peer.publish(1, "x");
  peer.publish(2, "y", 2);
  peer.commit();
  peer.connect(false);
  peer.commit();
  EXPECT_EQ(peer.state_with("q"), 0u);
  peer.publish(1, "x", 1, true);
  peer.commit();
  EXPECT_EQ(peer.stored.size(), 3u);
}

TEST(Session, AnAnsweredPingClearsTheJournal) {
  Peer peer;
  peer.connect(false, Version::v3_1_1);
  for (std::uint16_t id = 1; id <= 5; ++id) peer.publish(id, "x");
  peer.commit();
  peer.sent();
  EXPECT_GT(peer.state_with("q1/"), 0u);
  peer.clock.advance(50s);
  peer.session.tick();
  EXPECT_THAT(peer.sent(), ElementsAre("PINGREQ"));
  peer.pingresp();
  peer.commit();
  EXPECT_EQ(peer.state_with("q1/"), 0u);
}

TEST(Session, PingsBoundTheJournal) {
  Peer peer;
  peer.connect(false);
  std::size_t pings = 0;
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    peer.publish(static_cast<std::uint16_t>(i % 60'000 + 1), "x" + std::to_string(i));
    peer.commit();
    for (const auto& packet : peer.sent()) {
      if (packet != "PINGREQ") continue;
      ++pings;
      peer.pingresp();
    }
    ASSERT_LE(peer.state_with("q1/"), limits::kUnprovenAcksMax + 2);
  }
  EXPECT_GE(pings, 4u);
}

TEST(Session, DropNewestIsAcknowledgedWithQuotaExceeded) {
  Peer peer;
  peer.connect(false);
  peer.commit();
  peer.publish(1, "x");
  peer.publish(2, "y", 2);
  peer.commit(Admission::refused_full);
  EXPECT_THAT(peer.sent(), ElementsAre("PUBACK 1 quota exceeded", "PUBREC 2 quota exceeded"));
  EXPECT_EQ(peer.session.unreceipted_bytes(), 0u);
}

TEST(Session, AReleaseRefusedTogetherWithEventsIsSubmittedAgainAlone) {
  Peer peer;
  peer.connect(false);
  peer.publish(1, "x", 2);
  peer.commit();
  peer.sent();
  std::string wire;
  encode(wire, Version::v5, Ack{PacketType::pubrel, 1, Reason::success, {}});
  encode(wire, Version::v5, Publish{false, 1, false, "a", 2, {}, "y"});
  peer.give(wire);
  peer.commit(Admission::refused_full);
  EXPECT_THAT(peer.sent(), ElementsAre("PUBACK 2 quota exceeded"));
  ASSERT_EQ(peer.waiting.size(), 1u);
  EXPECT_TRUE(peer.waiting[0].second.events.empty());
  peer.commit();
  EXPECT_THAT(peer.sent(), ElementsAre("PUBCOMP 1"));
}

TEST(Session, WhenTheGatewayStopsNothingIsAcknowledged) {
  Peer peer;
  peer.connect(false);
  peer.publish(1, "x");
  peer.commit(Admission::stopping);
  EXPECT_THAT(peer.sent(), IsEmpty());
}

TEST(Session, AfterAnInvalidGroupMessagesAreFetchedAgainOneByOne) {
  Peer peer;
  peer.connect(false);
  peer.commit();
  std::string wire;
  for (std::uint16_t id = 1; id <= 2; ++id) encode(wire, Version::v5, Publish{false, 1, false, "a", id, {}, "x"});
  peer.give(wire);
  peer.commit(Admission::refused_invalid);
  EXPECT_THAT(peer.sent(), IsEmpty());
  ASSERT_TRUE(peer.session.ended());
  peer.connect(true);
  peer.commit();
  wire.clear();
  for (std::uint16_t id = 1; id <= 2; ++id) encode(wire, Version::v5, Publish{true, 1, false, "a", id, {}, "x"});
  peer.give(wire);
  peer.give("");
  ASSERT_EQ(peer.waiting.size(), 2u);
  peer.commit(Admission::refused_invalid);
  EXPECT_THAT(peer.sent(),
              ElementsAre("PUBACK 1 implementation specific error", "PUBACK 2 implementation specific error"));
  EXPECT_EQ(peer.session.refused_messages(), 2u);
}

TEST(Session, PubrelForAnUnknownIdIsAnsweredAtOnce) {
  Peer peer;
  peer.connect(true);
  peer.release(9);
  EXPECT_THAT(peer.sent(), ElementsAre("PUBCOMP 9 packet identifier not found"));
}

}  // namespace
}  // namespace tidegate::mqtt
