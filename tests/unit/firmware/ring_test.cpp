#include "reading_ring.h"

#include <gmock/gmock.h>

#include <optional>
#include <string>
#include <vector>

namespace tidegate::test {
namespace {

using ::testing::ElementsAre;

struct Sent {
  std::string text;
  std::uint16_t packet_id = 0;
  bool again = false;
};

class Ring : public ::testing::Test {
 protected:
  Ring() { ring_init(&ring_); }

  /// The ring as it is after `number` readings came and went.
  void age(std::uint32_t number) { ring_.first = ring_.next = ring_.fresh = ring_.end = number; }
  void push(int from, int to) {
    for (int n = from; n < to; ++n) {
      const std::string text = std::to_string(n);
      ASSERT_TRUE(ring_push(&ring_, text.data(), text.size()));
    }
  }
  std::optional<Sent> send() {
    Sent sent;
    const Reading* reading = ring_send_next(&ring_, &sent.packet_id, &sent.again);
    if (reading == nullptr) return std::nullopt;
    sent.text.assign(reading->bytes, reading->length);
    return sent;
  }
  std::vector<std::string> send_all() {
    std::vector<std::string> texts;
    while (const auto sent = send()) texts.push_back(sent->text);
    return texts;
  }

  ReadingRing ring_{};
};

TEST_F(Ring, GivesReadingsOldestFirstAndEachOnce) {
  push(0, 3);
  EXPECT_THAT(send_all(), ElementsAre("0", "1", "2"));
  EXPECT_EQ(ring_in_flight(&ring_), 3u);
  EXPECT_EQ(ring_held(&ring_), 3u);
}

TEST_F(Ring, KeepsAReadingUntilItIsAcknowledged) {
  push(0, 2);
  const auto first = send();
  EXPECT_TRUE(ring_acknowledge(&ring_, first->packet_id));
  EXPECT_EQ(ring_held(&ring_), 1u);
  EXPECT_FALSE(ring_acknowledge(&ring_, first->packet_id)) << "a second time";
  EXPECT_EQ(ring_held(&ring_), 1u);
}

TEST_F(Ring, DoesNotTakeAnAcknowledgementForWhatItHasNotSent) {
  push(0, 2);
  const auto first = send();
  EXPECT_FALSE(ring_acknowledge(&ring_, static_cast<std::uint16_t>(first->packet_id + 1)));
  EXPECT_FALSE(ring_acknowledge(&ring_, 0));
  EXPECT_FALSE(ring_acknowledge(&ring_, 0x8000 + 1));
  EXPECT_FALSE(ring_acknowledge(&ring_, 0xffff));
  EXPECT_EQ(ring_held(&ring_), 2u);
}

TEST_F(Ring, IdZeroIsNotTheIdBesideIt) {
  age(0x7fff);
  push(0, 1);
  ASSERT_EQ(send()->packet_id, 0x8000);
  EXPECT_FALSE(ring_acknowledge(&ring_, 0));
}

TEST_F(Ring, AfterARewindWhatIsNotAcknowledgedGoesAgainUnderTheSameIdAndTheRestIsNew) {
  push(0, 3);
  const auto zero = send();
  const auto one = send();
  EXPECT_FALSE(zero->again);
  ASSERT_TRUE(ring_acknowledge(&ring_, zero->packet_id));
  ring_rewind(&ring_);
  const auto again = send();
  EXPECT_EQ(again->text, "1");
  EXPECT_EQ(again->packet_id, one->packet_id);
  EXPECT_TRUE(again->again);
  const auto two = send();
  EXPECT_EQ(two->text, "2");
  EXPECT_FALSE(two->again);
}

TEST_F(Ring, AcknowledgementsMayComeInAnyOrderAndNoneIsSentAgain) {
  push(0, 4);
  send();
  const auto one = send();
  send();
  ASSERT_TRUE(ring_acknowledge(&ring_, one->packet_id));
  EXPECT_EQ(ring_held(&ring_), 4u) << "0 is older and keeps its place";
  ring_rewind(&ring_);
  EXPECT_THAT(send_all(), ElementsAre("0", "2", "3"));
}

TEST_F(Ring, WhenItIsFullTheOldestGivesWayAndIsCounted) {
  push(0, kRingReadings + 2);
  EXPECT_EQ(ring_.overwritten, 2u);
  EXPECT_EQ(ring_held(&ring_), static_cast<std::uint32_t>(kRingReadings));
  const auto oldest = send();
  EXPECT_EQ(oldest->text, "2");
  EXPECT_FALSE(oldest->again) << "no reading was ever sent";
}

TEST_F(Ring, AnAcknowledgementForAnOverwrittenReadingIsForNone) {
  push(0, kRingReadings);
  const auto zero = send();
  const auto one = send();
  push(kRingReadings, kRingReadings + 1);
  EXPECT_FALSE(ring_acknowledge(&ring_, zero->packet_id));
  EXPECT_TRUE(ring_acknowledge(&ring_, one->packet_id));
  EXPECT_EQ(send()->text, "2");
}

TEST_F(Ring, OverwritingTakesTheAcknowledgedOnesBehindItAlong) {
  push(0, kRingReadings);
  send();
  ASSERT_TRUE(ring_acknowledge(&ring_, send()->packet_id));
  push(kRingReadings, kRingReadings + 1);
  EXPECT_EQ(ring_.overwritten, 1u) << "1 had arrived";
  EXPECT_EQ(ring_held(&ring_), kRingReadings - 1u);
  EXPECT_EQ(ring_in_flight(&ring_), 0u);
}

TEST_F(Ring, WhatIsNewStaysNewWhenOlderOnesAreOverwritten) {
  push(0, kRingReadings);
  send();
  ring_rewind(&ring_);
  push(kRingReadings, kRingReadings + 1);
  const auto one = send();
  EXPECT_EQ(one->text, "1");
  EXPECT_FALSE(one->again) << "only 0 had been sent";
}

TEST_F(Ring, RefusesAReadingThatIsTooLongAndStaysAsItWas) {
  const std::string longest(kReadingBytesMax, 'x');
  EXPECT_TRUE(ring_push(&ring_, longest.data(), longest.size()));
  EXPECT_FALSE(ring_push(&ring_, longest.data(), longest.size() + 1));
  EXPECT_EQ(send_all(), std::vector{longest});
}

class RingWrap : public Ring, public ::testing::WithParamInterface<std::uint32_t> {};

TEST_P(RingWrap, NumbersAndPacketIdsMayWrap) {
  age(GetParam());
  push(0, kRingReadings);
  std::vector<std::uint16_t> ids;
  while (const auto sent = send()) {
    EXPECT_NE(sent->packet_id, 0);
    EXPECT_FALSE(sent->again);
    ids.push_back(sent->packet_id);
  }
  ASSERT_EQ(ids.size(), static_cast<std::size_t>(kRingReadings));
  ring_rewind(&ring_);
  while (const auto sent = send()) EXPECT_TRUE(sent->again);
  for (const std::uint16_t id : ids) EXPECT_TRUE(ring_acknowledge(&ring_, id));
  EXPECT_EQ(ring_held(&ring_), 0u);
  push(0, 1);
  EXPECT_FALSE(send()->again);
}
INSTANTIATE_TEST_SUITE_P(Numbers, RingWrap, ::testing::Values(0x7fffu - 100, 0xffffu - 100, 0xffffffffu - 100));

}  // namespace
}  // namespace tidegate::test
