#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <thread>

#include "gateway/base/random.h"
#include "gateway/spool/spool_limits.h"
#include "tests/unit/spool/spool_box.h"

/// What settlements bring besides fates, the log read as a whole, and lanes that leave the config.
namespace tidegate::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

std::vector<Event> events_of(std::size_t n, const std::string& stem) {
  std::vector<Event> out;
  for (std::size_t i = 0; i < n; ++i) out.push_back(event_of(fmt::format("{}{:05}", stem, i)));
  return out;
}

bool wait_until(const std::function<bool()>& condition) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

struct SpoolSettlement : ::testing::Test {
  SpoolSettlement() {
    box.open();
    settlement.lane = box.lane();
  }
  SpoolBox box;
  Settlement settlement;
};

TEST_F(SpoolSettlement, WhatARouteFiltersIsCountedOnceHoweverOftenItIsNamed) {
  ASSERT_EQ(box.append(events_of(3, "e")), Admission::durable);
  settlement.filtered = {Seq{1}, Seq{2}, Seq{2}};
  settlement.delivered = {Seq{3}};
  ASSERT_TRUE(box.settle(settlement));
  settlement.cursor = Seq{3};
  ASSERT_TRUE(box.settle(settlement));
  EXPECT_EQ(box.ledger().filtered, 2u);
  EXPECT_EQ(box.ledger().delivered, 1u);
  EXPECT_EQ(box.ledger().pending, 0u);
  EXPECT_EQ(box.faults(), "");
}

TEST_F(SpoolSettlement, ADeferredEventMayBeFilteredToo) {
  ASSERT_EQ(box.append({event_of("e")}), Admission::durable);
  settlement.deferred.push_back({Seq{1}, event_of("e"), 1, {}, {}, {}, "HTTP 503"});
  settlement.cursor = Seq{1};
  ASSERT_TRUE(box.settle(settlement));
  settlement.deferred.clear();
  settlement.filtered = {Seq{1}, Seq{1}};
  ASSERT_TRUE(box.settle(settlement));
  EXPECT_EQ(box.ledger().filtered, 1u);
  EXPECT_THAT(box.spool->read_deferred(box.lane()).value(), IsEmpty());
  EXPECT_EQ(box.faults(), "");
}

TEST_F(SpoolSettlement, ADeferredEventThatIsNamedTwiceIsSettledOnce) {
  ASSERT_EQ(box.append({event_of("e"), event_of("f")}), Admission::durable);
  settlement.deferred.push_back({Seq{1}, event_of("e"), 1, {}, {}, {}, "HTTP 503"});
  settlement.cursor = Seq{1};
  ASSERT_TRUE(box.settle(settlement));
  settlement.deferred.clear();
  settlement.delivered = {Seq{1}, Seq{1}};
  ASSERT_TRUE(box.settle(settlement));
  ASSERT_TRUE(box.settle(settlement));
  EXPECT_EQ(box.ledger().delivered, 1u);
  EXPECT_EQ(box.ledger().pending, 1u);
  EXPECT_EQ(box.faults(), "");
}

TEST_F(SpoolSettlement, StateAndEmittedEventsComeWithTheFatesAndSurviveARestart) {
  ASSERT_EQ(box.append(events_of(3, "e"), {0, 1}), Admission::durable);
  settlement.filtered = {Seq{1}, Seq{2}, Seq{3}};
  settlement.cursor = Seq{3};
  settlement.state = {{"freezer-1", "7", false}, {"freezer-2", "8", false}};
  settlement.emitted = {event_of("mean")};
  const std::uint64_t commits = box.spool->snapshot().commits;
  ASSERT_TRUE(box.settle(settlement));
  EXPECT_EQ(box.spool->snapshot().commits, commits + 1) << "all of it in one commit";
  box.reopen();
  EXPECT_THAT(box.spool->lane_state_rows(box.lane()).value(),
              ElementsAre(Pair("freezer-1", "7"), Pair("freezer-2", "8")));
  EXPECT_THAT(box.read_all(0, 3), ElementsAre("mean")) << "for its lane";
  EXPECT_THAT(box.read_all(1, 3), IsEmpty()) << "and for no other";
  const LaneRead read = box.spool->read(box.lane(), Seq{3}, 1, 1u << 20).value();
  EXPECT_EQ(read.events.at(0).source, box.opening.internal.window);
  EXPECT_EQ(box.ledger().received, 4u);
  EXPECT_EQ(box.ledger().pending, 1u);
  EXPECT_EQ(box.spool->snapshot().internal.at("(window)").routed, 1u);
  EXPECT_EQ(box.spool->snapshot().sources.size(), 1u) << "users see the sources of their config";
  settlement = {};
  settlement.lane = box.lane();
  settlement.state = {{"freezer-1", "", true}};
  ASSERT_TRUE(box.settle(settlement));
  EXPECT_THAT(box.spool->lane_state_rows(box.lane()).value(), ElementsAre(Pair("freezer-2", "8")));
  EXPECT_THAT(box.spool->lane_state_rows(box.lane(1)).value(), IsEmpty());
  EXPECT_EQ(box.faults(), "");
}

TEST_F(SpoolSettlement, AnEmittedEventWithoutAnIdIsRefusedWithAllThatCameWithIt) {
  ASSERT_EQ(box.append({event_of("e")}), Admission::durable);
  settlement.delivered = {Seq{1}};
  settlement.emitted = {event_of("mean")};
  settlement.emitted[0].id.clear();
  EXPECT_EQ(box.settle(settlement).error().code, ErrorCode::invalid);
  EXPECT_EQ(box.ledger().pending, 1u);
  settlement.emitted.clear();
  settlement.state = {{"", "v", false}};
  EXPECT_EQ(box.settle(settlement).error().code, ErrorCode::invalid);
  EXPECT_EQ(box.ledger().delivered, 0u);
  EXPECT_EQ(box.faults(), "");
}

TEST(SpoolScan, GivesTheWholeLogInPagesLiveAndCold) {
  SpoolBox box;
  box.options.retain = milliseconds{3'600'000};
  box.open();
  ASSERT_EQ(box.append(events_of(2000, "a")), Admission::durable);
  const WallTime later = box.clock.wall() + milliseconds{1'000};
  box.clock.advance(milliseconds{2'000});
  ASSERT_EQ(box.append(events_of(500, "b"), {0, 1}), Admission::durable);
  ASSERT_EQ(box.append(events_of(1, "c"), {}), Admission::durable);
  auto scan = LogScan::open(box.options.data_dir);
  ASSERT_TRUE(scan);
  for (const bool cold : {false, true}) {
    if (cold) box.spool->stop();
    for (const WallTime since : {WallTime{}, later}) {
      std::vector<LoggedEvent> all;
      std::size_t pages = 0;
      LogPage page;
      scan->rewind();
      while (!page.at_end) {
        page = cold ? scan->next(since, 1000).value() : box.spool->scan(page.scanned_to, since, 1000).value();
        for (LoggedEvent& logged : page.events) all.push_back(std::move(logged));
        ++pages;
      }
      EXPECT_GT(pages, 1u);
      ASSERT_EQ(all.size(), since == later ? 501u : 2501u);
      EXPECT_EQ(all.back().event, event_of("c00000"));
      EXPECT_THAT(all.back().lanes, IsEmpty());
      EXPECT_EQ(all.back().seq, Seq{2501});
      EXPECT_THAT(all[all.size() - 2].lanes, ElementsAre(box.lane(0), box.lane(1)));
      EXPECT_EQ(scan->source_name(all.back().source), "floor");
      EXPECT_EQ(scan->lane_name(box.lane(1)), "all/archive");
    }
  }
}

TEST(SpoolScan, MayBeginInTheMiddleOfABlock) {
  SpoolBox box;
  box.open();
  ASSERT_EQ(box.append(events_of(5, "a")), Admission::durable);
  const LogPage page = box.spool->scan(Seq{3}, {}, 1u << 20).value();
  ASSERT_EQ(page.events.size(), 2u);
  EXPECT_EQ(page.events[0].seq, Seq{4});
  EXPECT_EQ(page.events[0].event, event_of("a00003"));
  EXPECT_THAT(page.events[0].lanes, ElementsAre(box.lane()));
}

TEST(SpoolScan, OfADirectoryWithoutASpoolIsAnError) {
  SpoolBox box;
  EXPECT_EQ(LogScan::open(box.options.data_dir).error().code, ErrorCode::not_found);
}

/// Lane 0, temps/cloud, leaves the config with a backlog; all/archive stays, as lane 0 of the new config.
struct Orphans : ::testing::Test {
  void leave() {
    ASSERT_EQ(box.append(events_of(kEvents, "e"), {0}), Admission::durable);
    Settlement settlement;
    settlement.lane = box.lane();
    settlement.delivered = {Seq{1}, Seq{7}};
    settlement.deferred.push_back({Seq{2}, event_of("e00001"), 3, {}, {}, {}, "HTTP 503"});
    settlement.dead.push_back({Seq{3}, event_of("e00002"), DeadReason::rejected, "HTTP 422", 1, {}, {}});
    settlement.cursor = Seq{3};
    settlement.state = {{"k", "v", false}};
    ASSERT_TRUE(box.settle(settlement));
    orphan = box.lane();
    box.specs = {{"all", "archive", {}}, {"more", "archive", {}}};
    box.reopen();
  }
  [[nodiscard]] LaneLedger orphaned() { return box.spool->snapshot().lanes.at("temps/cloud"); }
  [[nodiscard]] bool gone() { return !box.spool->snapshot().lanes.contains("temps/cloud"); }

  static constexpr std::size_t kEvents = 3000;
  static constexpr std::uint64_t kPending = kEvents - 3;
  SpoolBox box;
  LaneId orphan;
  Orphans() { box.open(); }
};

TEST_F(Orphans, AreInTheSnapshotWithWhatTheyHold) {
  leave();
  const SpoolSnapshot picture = box.spool->snapshot();
  ASSERT_EQ(picture.orphans.size(), 1u);
  EXPECT_EQ(picture.orphans.at("temps/cloud").route, "temps");
  EXPECT_EQ(picture.orphans.at("temps/cloud").leaving, Orphan::Leaving::no);
  EXPECT_EQ(orphaned().pending, kPending);
  EXPECT_EQ(picture.dead_letters.at("temps/cloud"), 1u);
  EXPECT_FALSE(box.spool->lane_state(orphan).configured);
}

TEST_F(Orphans, ThatAreDroppedAreForgottenAndTheRoomIsFree) {
  leave();
  EXPECT_EQ(box.spool->drop_lane("temps", "cloud").value(), kPending + 1);
  ASSERT_TRUE(wait_until([&] { return gone(); }));
  EXPECT_THAT(box.spool->snapshot().orphans, IsEmpty());
  EXPECT_EQ(box.spool->drop_lane("temps", "cloud").error().code, ErrorCode::not_found);
  EXPECT_EQ(box.metrics.gauge_value("tidegate_lane_events_pending", {{"route", "temps"}, {"sink", "cloud"}}), 0);
  EXPECT_EQ(box.faults(), "");
  box.reopen();
  const AuditReport report = audit(box.options.data_dir).value();
  EXPECT_FALSE(report.books.lanes.contains("temps/cloud")) << "the row is gone, too";
  EXPECT_THAT(box.spool->lane_state_rows(orphan).value(), IsEmpty());
  EXPECT_THAT(box.spool->scan(Seq{0}, {}, 1u << 20).value().events, IsEmpty());
}

TEST_F(Orphans, ThatAreAdoptedGiveTheirEventsOnceEachAndTheDeferredFirst) {
  leave();
  ASSERT_EQ(box.append({event_of("own")}, {0}), Admission::durable);
  EXPECT_EQ(box.spool->adopt_lane("temps", "cloud", "all", "archive").value(), kPending);
  ASSERT_TRUE(wait_until([&] { return orphaned().pending == 0; }));
  EXPECT_EQ(orphaned().filtered, kPending);
  EXPECT_EQ(orphaned().dead, 1u) << "its letters stay";
  EXPECT_EQ(box.ledger().pending, kPending + 1);
  const auto deferred = box.spool->read_deferred(box.lane()).value();
  ASSERT_EQ(deferred.size(), 1u);
  EXPECT_EQ(deferred[0].event, event_of("e00001"));
  EXPECT_EQ(deferred[0].attempts, 3u);
  std::vector<std::string> expected{"own"};
  for (std::size_t i = 3; i < kEvents; ++i)
    if (i != 6) expected.push_back(fmt::format("e{:05}", i));
  EXPECT_EQ(box.read_all(), expected);
  const LaneRead read = box.spool->read(box.lane(), box.spool->lane_state(box.lane()).cursor, 1, 1u << 20).value();
  EXPECT_TRUE(read.deferred_returned || deferred.size() == 1);
  EXPECT_EQ(box.faults(), "");
  // What was deferred is settled like any other.
  Settlement settlement;
  settlement.lane = box.lane();
  settlement.delivered = {deferred[0].seq, deferred[0].seq};
  ASSERT_TRUE(box.settle(settlement));
  EXPECT_EQ(box.ledger().delivered, 1u);
  EXPECT_EQ(box.faults(), "");
  EXPECT_EQ(box.spool->drop_lane("temps", "cloud").value(), 1u);
  ASSERT_TRUE(wait_until([&] { return gone(); }));
  EXPECT_EQ(box.faults(), "");
}

TEST_F(Orphans, AdoptionsTellTheLaneOfItsNewEvents) {
  leave();
  std::atomic<int> told{0};
  box.spool->watch(box.lane(), [&](Seq) { ++told; });
  ASSERT_TRUE(box.spool->adopt_lane("temps", "cloud", "all", "archive"));
  EXPECT_TRUE(wait_until([&] { return told > 0; }));
  EXPECT_TRUE(box.spool->read(box.lane(), Seq{0}, 1, 100).value().deferred_returned);
  box.spool->watch(box.lane(), {});
}

TEST_F(Orphans, AnAdoptionThatIsCutShortGoesOnAtTheNextStart) {
  leave();
  // Closing the spool takes no more than a step or two of it.
  ASSERT_TRUE(box.spool->adopt_lane("temps", "cloud", "all", "archive"));
  for (int restart = 0; restart < 3; ++restart) {
    EXPECT_EQ(box.faults(), "");
    box.reopen();
  }
  ASSERT_TRUE(wait_until([&] { return orphaned().pending == 0; }));
  EXPECT_EQ(box.read_all().size() + 1, kPending);
  EXPECT_EQ(box.ledger().pending, kPending);
  EXPECT_EQ(box.faults(), "");
}

TEST_F(Orphans, OnlyOrphansAreDroppedOrAdoptedAndOnlyByALaneOfTheConfig) {
  leave();
  EXPECT_EQ(box.spool->drop_lane("all", "archive").error().code, ErrorCode::refused);
  EXPECT_EQ(box.spool->drop_lane("nobody", "knows").error().code, ErrorCode::not_found);
  EXPECT_EQ(box.spool->adopt_lane("all", "archive", "more", "archive").error().code, ErrorCode::refused);
  EXPECT_EQ(box.spool->adopt_lane("temps", "cloud", "temps", "cloud").error().code, ErrorCode::refused);
  EXPECT_EQ(box.spool->adopt_lane("temps", "cloud", "no", "where").error().code, ErrorCode::refused);
  EXPECT_EQ(orphaned().pending, kPending);
}

TEST_F(Orphans, ThatComeBackIntoTheConfigGoOnWhereTheyWere) {
  leave();
  box.specs = {{"temps", "cloud", {}}, {"all", "archive", {}}};
  box.reopen();
  EXPECT_EQ(box.ledger().pending, kPending);
  EXPECT_THAT(box.spool->snapshot().orphans, IsEmpty());
  EXPECT_THAT(box.spool->lane_state_rows(box.lane()).value(), ElementsAre(Pair("k", "v")));
}

TEST_F(Orphans, WithNothingLeftAreNotShown) {
  ASSERT_EQ(box.append({event_of("a")}, {0}), Admission::durable);
  ASSERT_TRUE(box.deliver({1}, 1));
  box.specs = {{"all", "archive", {}}};
  box.reopen();
  EXPECT_TRUE(gone());
}

TEST_F(Orphans, TheirIdsAreNotGivenAgain) {
  box.specs = {{"temps", "cloud", {}}};
  box.reopen();
  box.reopen();
  box.specs.push_back({"third", "s", {}});
  box.reopen();
  EXPECT_EQ(box.lane(1), LaneId{3});
}

TEST_F(Orphans, CopiesAreNotOfferedToANewLane) {
  box.options.retain = milliseconds{3'600'000};
  leave();
  ASSERT_TRUE(box.spool->adopt_lane("temps", "cloud", "all", "archive"));
  ASSERT_TRUE(wait_until([&] { return orphaned().pending == 0; }));
  const auto wants = [](const Event&, const std::string& source) { return source == "floor"; };
  box.specs.push_back({"early", "s", {StartAt::Kind::earliest, {}}, wants});
  box.reopen();
  EXPECT_EQ(box.read_all(2).size(), kEvents);
}

TEST_F(Orphans, AFullSpoolStillLetsABacklogMoveThatNobodyElseWaitsFor) {
  box.options.max_bytes = limits::kMaxBytesMin;
  box.reopen();
  std::string noise(60'000, '\0');
  SeededRandom random(3);
  std::vector<std::future<Admission>> answers;
  for (int n = 0; n < 100 && !box.spool->snapshot().full; ++n) {
    for (char& c : noise) c = static_cast<char>(random.next());
    Event event = event_of(fmt::format("n{:03}", n));
    event.data = noise;
    answers.push_back(box.append_later({event}, {0}));
    ASSERT_TRUE(wait_until([&] {
      return answers.back().wait_for(std::chrono::seconds(0)) == std::future_status::ready ||
             box.spool->snapshot().full;
    }));
  }
  ASSERT_TRUE(box.spool->snapshot().full);
  const std::uint64_t pending = box.ledger().pending;
  box.specs = {{"all", "archive", {}}};
  box.reopen();
  ASSERT_EQ(box.spool->adopt_lane("temps", "cloud", "all", "archive").value(), pending);
  ASSERT_TRUE(wait_until([&] { return gone(); }));
  EXPECT_EQ(box.ledger().pending, pending);
  EXPECT_EQ(box.faults(), "");
}

}  // namespace
}  // namespace tidegate::testing
