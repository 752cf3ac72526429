#include <gmock/gmock.h>

#include "tests/unit/spool/spool_box.h"

namespace tidegate::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Spool, WhatWasAppendedIsReadBackWhole) {
  SpoolBox box;
  box.open();
  Event event = event_of("x");
  event.id = "0198c5a2-7f3e-7abc-8def-0123456789ab";
  event.data = std::string("\0\xff binary", 9);
  event.attributes = {{"qos", "2"}, {"unit", ""}, {"unit", "again"}};
  event.time = WallTime{milliseconds{-5}};
  ASSERT_EQ(box.append({event, event_of("second")}), Admission::durable);
  auto read = box.spool->read(box.lane(), Seq{0}, 10, 1000);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->events.size(), 2u);
  EXPECT_EQ(read->events[0].event, event);
  EXPECT_EQ(read->events[0].seq, Seq{1});
  EXPECT_EQ(read->scanned_to, Seq{2});
}

TEST(Spool, EventsSurviveAReopen) {
  SpoolBox box;
  box.open();
  EXPECT_TRUE(box.opening.created);
  ASSERT_EQ(box.append({event_of("a"), event_of("b")}), Admission::durable);
  box.reopen();
  EXPECT_FALSE(box.opening.created);
  EXPECT_THAT(box.read_all(), ElementsAre("a", "b"));
  EXPECT_EQ(box.ledger().pending, 2u);
  ASSERT_EQ(box.append({event_of("c")}), Admission::durable);
  EXPECT_THAT(box.read_all(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(box.faults(), "");
}

TEST(Spool, ALaneReadsOnlyItsOwnEvents) {
  SpoolBox box;
  box.open();
  box.append({event_of("both")}, {0, 1});
  box.append({event_of("first")}, {0});
  box.append({event_of("second"), event_of("second too")}, {1});
  EXPECT_THAT(box.read_all(0), ElementsAre("both", "first"));
  EXPECT_THAT(box.read_all(1), ElementsAre("both", "second", "second too"));
  EXPECT_THAT(box.read_all(1, 3), ElementsAre("second too"));
}

TEST(Spool, AReadStopsAtItsLimitsAndGoesOnWhereItStopped) {
  SpoolBox box;
  box.open();
  std::vector<Event> events;
  for (int i = 0; i < 10; ++i) events.push_back(event_of(std::string(100, static_cast<char>('a' + i))));
  box.append(events);
  auto first = box.spool->read(box.lane(), Seq{0}, 3, 1u << 20);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->events.size(), 3u);
  EXPECT_EQ(first->scanned_to, Seq{3});
  EXPECT_FALSE(first->at_end);
  auto one = box.spool->read(box.lane(), Seq{3}, 100, 1);
  ASSERT_TRUE(one);
  ASSERT_EQ(one->events.size(), 1u);
  EXPECT_EQ(one->events[0].event.data, std::string(100, 'd'));
  auto again = box.spool->read(box.lane(), Seq{1}, 100, 1u << 20);
  ASSERT_TRUE(again);
  ASSERT_EQ(again->events.size(), 9u);
  EXPECT_EQ(again->events[0].event.data, std::string(100, 'b'));
  EXPECT_TRUE(again->at_end);
}

TEST(Spool, SettlementsMoveTheBooksAndSurviveAReopen) {
  SpoolBox box;
  box.open();
  box.append({event_of("a"), event_of("b"), event_of("c"), event_of("d")});
  ASSERT_TRUE(box.deliver({1, 3}, 1));
  EXPECT_EQ(box.ledger().delivered, 2u);
  EXPECT_EQ(box.ledger().pending, 2u);
  box.reopen();
  const LaneState state = box.spool->lane_state(box.lane());
  EXPECT_EQ(state.cursor, Seq{1});
  EXPECT_THAT(state.settled_ahead, ElementsAre(Seq{3}));
  ASSERT_TRUE(box.deliver({2, 4}, 4));
  EXPECT_EQ(box.ledger().pending, 0u);
  EXPECT_THAT(box.spool->lane_state(box.lane()).settled_ahead, IsEmpty());
  EXPECT_EQ(box.faults(), "");
}

TEST(Spool, AnEventIsCountedOnceHoweverOftenItIsSettled) {
  SpoolBox box;
  box.open();
  box.append({event_of("a"), event_of("b")});
  ASSERT_TRUE(box.deliver({2}, 0));
  ASSERT_TRUE(box.deliver({2, 2}, 0));
  ASSERT_TRUE(box.deliver({1, 2}, 2));
  ASSERT_TRUE(box.deliver({1, 2}, 2));
  EXPECT_EQ(box.ledger().delivered, 2u);
  // What was never stored cannot be settled.
  ASSERT_TRUE(box.deliver({77}, 99));
  EXPECT_EQ(box.ledger().delivered, 2u);
  EXPECT_EQ(box.spool->lane_state(box.lane()).cursor, Seq{2});
  EXPECT_EQ(box.faults(), "");
}

TEST(Spool, WhatTheCursorPassesIsCountedOnceHoweverItIsNamed) {
  SpoolBox box;
  box.open();
  box.append({event_of("a"), event_of("b"), event_of("c"), event_of("d"), event_of("e")});
  Settlement ahead;
  ahead.lane = box.lane();
  ahead.filtered = {Seq{3}};
  ASSERT_TRUE(box.settle(ahead));
  // As a sink that gathers: late, all at once, in no order; and some of it was settled otherwise.
  Settlement all;
  all.lane = box.lane();
  all.delivered = {Seq{5}, Seq{1}, Seq{3}, Seq{1}, Seq{2}, Seq{77}};
  all.filtered = {Seq{2}};
  all.cursor = Seq{3};
  ASSERT_TRUE(box.settle(all));
  EXPECT_EQ(box.ledger().delivered, 2u);
  EXPECT_EQ(box.ledger().filtered, 2u);
  EXPECT_EQ(box.ledger().pending, 1u);
  EXPECT_THAT(box.spool->lane_state(box.lane()).settled_ahead, ElementsAre(Seq{5}));
  ASSERT_TRUE(box.settle(all));
  EXPECT_EQ(box.ledger().delivered, 2u);
  EXPECT_EQ(box.faults(), "");
}

TEST(Spool, ADeferredEventThatTheCursorPassesIsSettledWithItsRow) {
  SpoolBox box;
  box.open();
  box.append({event_of("a"), event_of("b")});
  Settlement later;
  later.lane = box.lane();
  later.deferred.push_back({Seq{1}, event_of("a"), 0, {}, {}, {}, {}});
  ASSERT_TRUE(box.settle(later));
  ASSERT_TRUE(box.deliver({1, 2}, 2));
  EXPECT_EQ(box.ledger().delivered, 2u);
  EXPECT_TRUE(box.spool->read_deferred(box.lane())->empty());
  EXPECT_EQ(box.faults(), "");
}

TEST(Spool, ADeferredEventIsPendingUntilItIsSettled) {
  SpoolBox box;
  box.open();
  box.append({event_of("a"), event_of("b")});
  Settlement later;
  later.lane = box.lane();
  later.deferred.push_back({Seq{1}, event_of("a"), 3, WallTime{milliseconds{9}}, WallTime{milliseconds{7}},
                            WallTime{milliseconds{8}}, "HTTP 503"});
  later.delivered = {Seq{2}};
  later.cursor = Seq{2};
  ASSERT_TRUE(box.settle(later));
  EXPECT_EQ(box.ledger().pending, 1u);
  box.reopen();
  auto deferred = box.spool->read_deferred(box.lane());
  ASSERT_TRUE(deferred);
  ASSERT_EQ(deferred->size(), 1u);
  EXPECT_EQ(deferred->front().event, event_of("a"));
  EXPECT_EQ(deferred->front().attempts, 3u);
  EXPECT_EQ(deferred->front().retry_at, WallTime{milliseconds{9}});
  EXPECT_EQ(deferred->front().reason, "HTTP 503");
  EXPECT_EQ(box.faults(), "");
  later.deferred.front().attempts = 4;
  ASSERT_TRUE(box.settle(later));
  EXPECT_EQ(box.spool->read_deferred(box.lane())->front().attempts, 4u);
  ASSERT_TRUE(box.deliver({1}, 2));
  EXPECT_EQ(box.ledger().delivered, 2u);
  EXPECT_EQ(box.ledger().pending, 0u);
  EXPECT_TRUE(box.spool->read_deferred(box.lane())->empty());
  EXPECT_EQ(box.faults(), "");
}

Settlement death_of(const SpoolBox& box, std::uint64_t seq, DeadReason why) {
  Settlement settlement;
  settlement.lane = box.lane();
  settlement.dead.push_back({Seq{seq}, event_of("e" + std::to_string(seq)), why, "HTTP 422", 2,
                             WallTime{milliseconds{1}}, WallTime{milliseconds{2}}});
  return settlement;
}

TEST(Spool, DeadLettersAreListedRetriedAndDropped) {
  SpoolBox box;
  box.open();
  box.append({event_of("e1"), event_of("e2"), event_of("e3")});
  ASSERT_TRUE(box.settle(death_of(box, 1, DeadReason::rejected)));
  ASSERT_TRUE(box.settle(death_of(box, 2, DeadReason::expired)));
  ASSERT_TRUE(box.settle(death_of(box, 3, DeadReason::attempts)));
  ASSERT_TRUE(box.deliver({}, 3));
  EXPECT_EQ(box.ledger().dead, 2u);
  EXPECT_EQ(box.ledger().expired, 1u);
  auto letters = box.spool->dead_letters({});
  ASSERT_TRUE(letters);
  ASSERT_EQ(letters->size(), 3u);
  EXPECT_EQ((*letters)[1].dead.event, event_of("e2"));
  EXPECT_EQ((*letters)[1].lane, "temps/cloud");
  EXPECT_EQ(box.spool->dead_letters({"temps/cloud", 1, 1})->front().number, 2u);
  EXPECT_TRUE(box.spool->dead_letters({"all/archive", 0, 100})->empty());

  auto retried = box.spool->retry_dead({2, 2, 99});
  ASSERT_TRUE(retried);
  EXPECT_EQ(*retried, 1u);
  EXPECT_EQ(box.ledger().expired, 0u);
  EXPECT_EQ(box.ledger().pending, 1u);
  EXPECT_EQ(box.spool->read_deferred(box.lane())->front().seq, Seq{2});
  EXPECT_TRUE(box.spool->read(box.lane(), Seq{3}, 1, 1)->deferred_returned);
  EXPECT_FALSE(box.spool->read(box.lane(), Seq{3}, 1, 1)->deferred_returned);
  EXPECT_EQ(box.faults(), "");
  ASSERT_TRUE(box.deliver({2}, 3));

  EXPECT_EQ(*box.spool->drop_dead({1}), 1u);
  EXPECT_EQ(box.ledger().dead, 2u);
  EXPECT_EQ(box.spool->snapshot().dead_letters.at("temps/cloud"), 1u);
  EXPECT_EQ(box.faults(), "");
  // Another process sees the same.
  EXPECT_EQ(read_dead_letters(box.options.data_dir, {})->size(), 1u);
}

TEST(Spool, SourceStateIsCommittedWithTheEvents) {
  SpoolBox box;
  box.open();
  box.append({event_of("a")}, {0}, {{"p/1", "one", false}, {"p/2", std::string("\0x", 2), false}, {"q", "", false}});
  box.append({}, {}, {{"p/1", "", true}, {"p/3", "three", false}});
  box.reopen();
  const SourceId floor = box.opening.sources.at(0);
  EXPECT_THAT(box.spool->source_state(floor, "p/"),
              ElementsAre(std::pair<std::string, std::string>("p/2", std::string("\0x", 2)),
                          std::pair<std::string, std::string>("p/3", "three")));
  EXPECT_EQ(box.spool->source_state(floor, "").size(), 3u);
}

TEST(Spool, RepeatsAreCountedInTheCommitThatReportsThem) {
  SpoolBox box;
  box.open();
  std::promise<Admission> answer;
  box.spool->append({box.opening.sources.at(0), {}, {}, 3}, [&](Admission admission) { answer.set_value(admission); });
  ASSERT_EQ(answer.get_future().get(), Admission::durable);
  box.reopen();
  EXPECT_EQ(box.spool->snapshot().sources.at("floor").repeats, 3u);
}

TEST(Spool, FilteredEventsAreCountedButNotStored) {
  SpoolBox box;
  box.open();
  ASSERT_EQ(box.append({event_of("a"), event_of("b")}, {}), Admission::durable);
  const SpoolSnapshot snapshot = box.spool->snapshot();
  EXPECT_EQ(snapshot.sources.at("floor").filtered, 2u);
  EXPECT_EQ(snapshot.last, Seq{0});
  EXPECT_EQ(box.faults(), "");
}

TEST(Spool, ASubmissionThatBreaksALimitIsRefusedWhole) {
  SpoolBox box;
  box.open();
  Event big = event_of("big");
  big.attributes.assign(65, {"a", "b"});
  EXPECT_EQ(box.append({event_of("fits"), big}), Admission::refused_invalid);
  EXPECT_EQ(box.spool->snapshot().sources.at("floor").received, 0u);
  EXPECT_THAT(box.read_all(), IsEmpty());
}

TEST(Spool, WatchesRunForTheLanesThatGotEvents) {
  SpoolBox box;
  box.open();
  std::promise<Seq> seen;
  box.spool->watch(box.lane(0), [&](Seq) { FAIL() << "no event was for this lane"; });
  box.spool->watch(box.lane(1), [&](Seq evicted) { seen.set_value(evicted); });
  box.append({event_of("a")}, {1});
  EXPECT_EQ(seen.get_future().get(), Seq{0});
  box.spool->watch(box.lane(0), {});
  box.spool->watch(box.lane(1), {});
}

TEST(Spool, AfterStopNothingIsStoredAndEveryoneIsAnswered) {
  SpoolBox box;
  box.open();
  auto before = box.append_later({event_of("a")});
  box.spool->stop();
  EXPECT_EQ(before.get(), Admission::durable);
  EXPECT_EQ(box.append({event_of("b")}), Admission::stopping);
  EXPECT_EQ(box.deliver({1}, 1).error().code, ErrorCode::stopping);
  EXPECT_EQ(box.spool->retry_dead({1}).error().code, ErrorCode::stopping);
  box.spool->stop();
}

TEST(Spool, AManyBlockBacklogIsReadInOrder) {
  SpoolBox box;
  box.open();
  std::vector<std::future<Admission>> answers;
  for (int i = 0; i < 50; ++i) {
    std::vector<Event> events;
    for (int j = 0; j < 100; ++j) events.push_back(event_of(std::to_string(i * 100 + j) + std::string(1000, 'x')));
    answers.push_back(box.append_later(events, {static_cast<std::size_t>(i % 2)}));
  }
  for (auto& answer : answers) ASSERT_EQ(answer.get(), Admission::durable);
  const std::vector<std::string> odd = box.read_all(1);
  ASSERT_EQ(odd.size(), 2500u);
  EXPECT_EQ(odd.front(), "100" + std::string(1000, 'x'));
  EXPECT_EQ(odd.back(), "4999" + std::string(1000, 'x'));
  EXPECT_EQ(box.faults(), "");
}

}  // namespace
}  // namespace tidegate::testing
