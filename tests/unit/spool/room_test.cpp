#include <gmock/gmock.h>
#include <sys/mount.h>

#include <fstream>

#include "gateway/base/random.h"
#include "tests/unit/spool/spool_box.h"

/// What the spool does about room: removal, retention, max_bytes, a full disk.
namespace tidegate::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Events that cannot be compressed, so that their size on disk is known.
std::vector<Event> bulk(std::size_t events, std::size_t bytes, std::uint64_t seed) {
  SeededRandom random(seed);
  std::vector<Event> out;
  for (std::size_t i = 0; i < events; ++i) {
    std::string data;
    while (data.size() < bytes) data += static_cast<char>(random.next());
    out.push_back(event_of(data));
    out.back().id = std::to_string(seed) + "-" + std::to_string(i);
  }
  return out;
}

/// Delivers everything that a lane can read.
void deliver_all(SpoolBox& box, std::size_t lane = 0) {
  Seq at = box.spool->lane_state(box.lane(lane)).cursor;
  while (true) {
    auto read = box.spool->read(box.lane(lane), at, 500, 4u << 20);
    ASSERT_TRUE(read);
    if (!read->events.empty()) {
      Settlement settlement;
      settlement.lane = box.lane(lane);
      for (const StoredEvent& stored : read->events) settlement.delivered.push_back(stored.seq);
      settlement.cursor = read->events.back().seq;
      ASSERT_TRUE(box.settle(settlement));
    }
    if (read->at_end) return;
    at = read->scanned_to;
  }
}

std::uint64_t files_bytes(const SpoolBox& box) {
  std::uint64_t sum = 0;
  for (const char* const name : {"spool.db", "spool.db-wal", "reserve"}) {
    std::error_code missing;
    const auto size = std::filesystem::file_size(box.options.data_dir / name, missing);
    if (!missing) sum += size;
  }
  return sum;
}

/// Waits for a state that the committer thread brings about; CTest ends a test that waits in vain.
template <class Condition>
void wait_until(Condition&& condition) {
  while (!condition()) std::this_thread::yield();
}

TEST(SpoolRoom, SettledEventsMakeRoomForNewOnes) {
  SpoolBox box;
  box.options.max_bytes = 8u << 20;
  box.open();
  for (std::uint64_t round = 0; round < 40; ++round) {
    ASSERT_EQ(box.append(bulk(100, 10'000, round)), Admission::durable);
    deliver_all(box);
  }
  // 40 MB went through.
  EXPECT_LE(files_bytes(box), box.options.max_bytes);
  EXPECT_FALSE(box.pressed);
  EXPECT_EQ(box.ledger().evicted, 0u);
  EXPECT_EQ(box.faults(), "");
}

/// What becomes of a submission that yields.
Admission append_yielding(SpoolBox& box, const Event& event) {
  SpoolSubmission submission{box.opening.internal.replay, {}, {{"at", event.id, false}}, 0, true};
  submission.events.push_back({event, {box.lane()}});
  std::promise<Admission> answer;
  box.spool->append(std::move(submission), [&](Admission admission) { answer.set_value(admission); });
  return answer.get_future().get();
}

TEST(SpoolRoom, WhatYieldsEvictsNobodyAndIsNotCountedWhenThereIsNoRoom) {
  for (const WhenFull when_full : {WhenFull::drop_newest, WhenFull::drop_oldest}) {
    SpoolBox box;
    box.options.max_bytes = 8u << 20;
    box.options.when_full = when_full;
    box.open();
    const Event copy = bulk(1, 1u << 20, 99).front();
    EXPECT_EQ(append_yielding(box, copy), Admission::durable);
    for (std::uint64_t round = 0; box.ledger().evicted == 0; ++round) box.append(bulk(100, 1000, round));
    const LaneLedger full = box.ledger();
    EXPECT_EQ(append_yielding(box, copy), Admission::refused_full);
    EXPECT_EQ(box.ledger().received, full.received);
    EXPECT_EQ(box.ledger().evicted, full.evicted);
    EXPECT_EQ(box.spool->snapshot().internal.at("(replay)").received, 1u);
    EXPECT_EQ(box.faults(), "");
    deliver_all(box);
    EXPECT_EQ(append_yielding(box, copy), Admission::durable);
    EXPECT_EQ(box.faults(), "");
  }
}

TEST(SpoolRoom, ALaneThatWantsNothingPinsNothing) {
  SpoolBox box;
  box.options.max_bytes = 8u << 20;
  box.open();
  for (std::uint64_t round = 0; round < 20; ++round) {
    ASSERT_EQ(box.append(bulk(100, 10'000, round), {1}), Admission::durable);
    deliver_all(box, 1);
  }
  EXPECT_FALSE(box.pressed);
  EXPECT_EQ(box.spool->lane_state(box.lane(0)).cursor, Seq{0});
}

TEST(SpoolRoom, AStuckLaneHoldsOnlyItsOwnBlocks) {
  SpoolBox box;
  box.options.max_bytes = 8u << 20;
  box.open();
  ASSERT_EQ(box.append({event_of("stuck")}, {0}), Admission::durable);
  for (std::uint64_t round = 0; round < 20; ++round) {
    ASSERT_EQ(box.append(bulk(100, 10'000, round), {1}), Admission::durable);
    deliver_all(box, 1);
  }
  EXPECT_FALSE(box.pressed);
  EXPECT_THAT(box.read_all(0), ElementsAre("stuck"));
  EXPECT_EQ(box.faults(), "");
}

TEST(SpoolRoom, ALaneThatLeftTheConfigKeepsItsBacklog) {
  SpoolBox box;
  box.open();
  ASSERT_EQ(box.append({event_of("kept")}, {0, 1}), Admission::durable);
  const std::vector<LaneSpec> both = box.specs;
  box.specs.pop_back();
  box.reopen();
  ASSERT_TRUE(box.deliver({1}, 1));
  EXPECT_FALSE(box.spool->lane_state(LaneId{2}).configured);
  box.specs = both;
  box.reopen();
  EXPECT_TRUE(box.spool->lane_state(LaneId{2}).configured);
  EXPECT_THAT(box.read_all(1), ElementsAre("kept"));
  EXPECT_EQ(box.faults(), "");
}

TEST(SpoolRoom, ANewLaneMayStartWithWhatIsInTheLog) {
  SpoolBox box;
  box.options.retain = milliseconds{3'600'000};
  box.specs.pop_back();
  box.open();
  ASSERT_EQ(box.append({event_of("a"), event_of("b")}), Admission::durable);
  ASSERT_TRUE(box.deliver({1, 2}, 2));
  const WallTime later = box.clock.wall() + milliseconds{1'000};
  box.clock.advance(milliseconds{2'000});
  ASSERT_EQ(box.append({event_of("filtered"), event_of("other")}, {}), Admission::durable);
  const auto wants = [](const Event& event, const std::string& source) {
    return source == "floor" && event.data != "other";
  };
  box.specs.push_back({"early", "s", {StartAt::Kind::earliest, {}}, wants});
  box.specs.push_back({"since", "s", {StartAt::Kind::time, later}, wants});
  box.specs.push_back({"fresh", "s", {}, wants});
  box.reopen();
  EXPECT_THAT(box.read_all(1), ElementsAre("a", "b", "filtered"));
  EXPECT_THAT(box.read_all(2), ElementsAre("filtered"));
  EXPECT_THAT(box.read_all(3), IsEmpty());
  EXPECT_EQ(box.ledger(1).pending, 3u);
  EXPECT_EQ(box.faults(), "");
  // It has begun once and for all: the next start changes nothing.
  ASSERT_TRUE(box.deliver({1}, 1, 1));
  box.reopen();
  EXPECT_EQ(box.ledger(1).received, 3u);
  EXPECT_THAT(box.read_all(1, 1), ElementsAre("b", "filtered"));
  EXPECT_EQ(box.faults(), "");
}

TEST(SpoolRoom, RetainedEventsStayForTheirTimeAndThenGo) {
  SpoolBox box;
  box.options.retain = milliseconds{10'000};
  box.open();
  ASSERT_EQ(box.append({event_of("a")}), Admission::durable);
  ASSERT_EQ(box.append({event_of("filtered")}, {}), Admission::durable);
  ASSERT_TRUE(box.deliver({1}, 1));
  EXPECT_EQ(box.spool->snapshot().last, Seq{2});
  EXPECT_THAT(box.read_all(), ElementsAre("a"));
  box.clock.advance(milliseconds{11'000});
  ASSERT_EQ(box.append({event_of("b")}), Admission::durable);
  EXPECT_THAT(box.read_all(), ElementsAre("b"));
  EXPECT_EQ(box.faults(), "");
}

TEST(SpoolRoom, AWallClockThatJumpsNeitherEmptiesTheSpoolNorKeepsEventsForever) {
  SpoolBox box;
  box.options.retain = milliseconds{10'000};
  box.open();
  ASSERT_EQ(box.append({event_of("a")}), Admission::durable);
  ASSERT_TRUE(box.deliver({1}, 1));
  box.clock.set_wall(WallTime{milliseconds{4'000'000'000'000}});
  ASSERT_EQ(box.append({event_of("from the future")}), Admission::durable);
  EXPECT_THAT(box.read_all(), ElementsAre("a", "from the future"));
  box.clock.set_wall(WallTime{milliseconds{1'000}});
  ASSERT_TRUE(box.deliver({2}, 2));
  box.reopen();
  EXPECT_THAT(box.read_all(), ElementsAre("a", "from the future"));
  box.clock.advance(milliseconds{11'000});
  ASSERT_EQ(box.append({event_of("b")}), Admission::durable);
  EXPECT_THAT(box.read_all(), ElementsAre("b"));
}

TEST(SpoolRoom, AClockFarAheadAtTheStartLeavesPendingEventsAlone) {
  SpoolBox box;
  box.options.retain = milliseconds{1};
  box.open();
  ASSERT_EQ(box.append({event_of("a"), event_of("b")}), Admission::durable);
  box.spool.reset();
  box.clock.set_wall(WallTime{milliseconds{4'000'000'000'000}});
  box.open();
  ASSERT_TRUE(box.deliver({1}, 1));
  EXPECT_THAT(box.read_all(0, 1), ElementsAre("b"));
  EXPECT_EQ(box.faults(), "");
}

TEST(SpoolRoom, WithPauseAFullSpoolWaitsForTheLanesAndLosesNothing) {
  SpoolBox box;
  box.options.max_bytes = 4u << 20;
  box.open();
  std::vector<std::future<Admission>> answers;
  for (std::uint64_t i = 0; i < 30; ++i) answers.push_back(box.append_later(bulk(20, 10'000, i)));
  wait_until([&] { return box.pressed && box.spool->snapshot().full; });
  EXPECT_LE(files_bytes(box), box.options.max_bytes);
  EXPECT_EQ(box.health.entries().at("spool").state, HealthState::paused);
  EXPECT_EQ(answers.back().wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  while (answers.back().wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) deliver_all(box);
  for (auto& answer : answers) ASSERT_EQ(answer.get(), Admission::durable);
  deliver_all(box);
  EXPECT_EQ(box.ledger().delivered, 600u);
  EXPECT_EQ(box.ledger().evicted, 0u);
  EXPECT_FALSE(box.pressed);
  EXPECT_LE(files_bytes(box), box.options.max_bytes);
  EXPECT_EQ(box.faults(), "");
}

TEST(SpoolRoom, RetainedEventsNeverCauseAPause) {
  SpoolBox box;
  box.options.max_bytes = 4u << 20;
  box.options.retain = milliseconds{3'600'000};
  box.open();
  for (std::uint64_t i = 0; i < 60; ++i) {
    ASSERT_EQ(box.append(bulk(20, 10'000, i)), Admission::durable);
    Settlement settlement;
    settlement.lane = box.lane();
    for (std::uint64_t seq = i * 20 + 1; seq <= i * 20 + 20; ++seq) settlement.delivered.emplace_back(seq);
    settlement.cursor = Seq{i * 20 + 20};
    ASSERT_TRUE(box.settle(settlement));
  }
  EXPECT_FALSE(box.pressed);
  EXPECT_LE(files_bytes(box), box.options.max_bytes);
  EXPECT_FALSE(box.read_all().empty()) << "retained events that fit are kept";
  EXPECT_EQ(box.faults(), "");
}

TEST(SpoolRoom, WithDropOldestTheOldestGoAndAreCountedAsEvicted) {
  SpoolBox box;
  box.options.max_bytes = 4u << 20;
  box.options.when_full = WhenFull::drop_oldest;
  box.open();
  std::atomic<std::uint64_t> evicted_to{0};
  box.spool->watch(box.lane(), [&](Seq to) {
    if (to > Seq{0}) evicted_to = to.value;
  });
  for (std::uint64_t i = 0; i < 40; ++i) ASSERT_EQ(box.append(bulk(20, 10'000, i)), Admission::durable);
  const LaneLedger ledger = box.ledger();
  EXPECT_GT(ledger.evicted, 0u);
  EXPECT_EQ(ledger.received, 800u);
  EXPECT_EQ(ledger.evicted, evicted_to);
  EXPECT_EQ(box.read_all().size(), ledger.pending);
  EXPECT_FALSE(box.pressed);
  EXPECT_LE(files_bytes(box), box.options.max_bytes);
  // What was in flight when it was evicted is not counted twice.
  ASSERT_TRUE(box.deliver({1, 2, 3}, 3));
  EXPECT_EQ(box.ledger().delivered, 0u);
  EXPECT_EQ(box.faults(), "");
  box.spool->watch(box.lane(), {});
}

TEST(SpoolRoom, WithDropNewestTheNewestAreRefusedAndCountedAsEvicted) {
  SpoolBox box;
  box.options.max_bytes = 4u << 20;
  box.options.when_full = WhenFull::drop_newest;
  box.open();
  std::uint64_t refused = 0;
  for (std::uint64_t i = 0; i < 40; ++i) refused += box.append(bulk(20, 10'000, i)) == Admission::refused_full ? 20 : 0;
  EXPECT_GT(refused, 0u);
  EXPECT_EQ(box.ledger().evicted, refused);
  EXPECT_EQ(box.spool->snapshot().sources.at("floor").evicted, refused);
  EXPECT_EQ(box.read_all().size(), 800u - refused);
  EXPECT_LE(files_bytes(box), box.options.max_bytes);
  EXPECT_EQ(box.faults(), "");
  deliver_all(box);
  EXPECT_EQ(box.append(bulk(1, 10, 99)), Admission::durable);
}

TEST(SpoolRoom, WhatIsRefusedForRoomStillCountsItsRepeatsAndKeepsItsState) {
  SpoolBox box;
  box.options.max_bytes = 4u << 20;
  box.options.when_full = WhenFull::drop_newest;
  box.open();
  while (box.append(bulk(20, 10'000, 1)) != Admission::refused_full) {
  }
  const SourceLedger before = box.spool->snapshot().sources.at("floor");
  std::promise<Admission> answer;
  SpoolSubmission submission{box.opening.sources[0], {}, {{"q2/1", "held", false}}, 3};
  for (Event& event : bulk(20, 10'000, 2)) submission.events.push_back({std::move(event), {box.lane()}});
  submission.events.push_back({event_of("nobody wants it"), {}});
  box.spool->append(std::move(submission), [&](Admission admission) { answer.set_value(admission); });
  ASSERT_EQ(answer.get_future().get(), Admission::refused_full);
  const SourceLedger after = box.spool->snapshot().sources.at("floor");
  EXPECT_EQ(after.received, before.received + 21);
  EXPECT_EQ(after.evicted, before.evicted + 20);
  EXPECT_EQ(after.filtered, before.filtered + 1);
  EXPECT_EQ(after.repeats, before.repeats + 3);
  EXPECT_EQ(box.spool->source_state(box.opening.sources[0], "q2/").size(), 1u);
  EXPECT_EQ(box.faults(), "");
}

TEST(SpoolRoom, TooMuchUncommittedAsksTheSourcesToPause) {
  SpoolBox box;
  auto opened = Spool::open(box.options, box.specs, {"floor"}, box.clock, box.health, box.metrics, box.opening);
  ASSERT_TRUE(opened);
  box.spool = *std::move(opened);
  // Not started: nothing is committed yet.
  std::vector<std::future<Admission>> answers;
  for (std::uint64_t i = 0; i < 18; ++i) answers.push_back(box.append_later(bulk(1, 1u << 20, i)));
  std::vector<bool> seen;
  box.spool->start([&](bool on) { seen.push_back(on); });
  for (auto& answer : answers) ASSERT_EQ(answer.get(), Admission::durable);
  box.spool->stop();
  EXPECT_THAT(seen, ElementsAre(true, false));
}

/// A small file system of its own; only root may mount one.
class SmallDisk {
 public:
  explicit SmallDisk(std::filesystem::path at) : at_(std::move(at)) {
    std::filesystem::create_directories(at_);
    mounted_ = ::mount("none", at_.c_str(), "tmpfs", 0, "size=40m") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(at_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  [[nodiscard]] bool mounted() const { return mounted_; }

 private:
  std::filesystem::path at_;
  bool mounted_ = false;
};

TEST(SpoolRoom, AFullDiskPausesIntakeAndTheLanesStillDrainIt) {
  SpoolBox box;
  const SmallDisk disk(box.options.data_dir);
  if (!disk.mounted()) GTEST_SKIP() << "mounting a small tmpfs is not permitted here";
  box.options.max_bytes = 1u << 30;
  box.open();
  std::vector<std::future<Admission>> answers;
  for (std::uint64_t i = 0; i < 250; ++i) answers.push_back(box.append_later(bulk(20, 10'000, i)));
  wait_until([&] { return !box.spool->snapshot().trouble.empty(); });
  EXPECT_TRUE(box.pressed);
  EXPECT_EQ(box.health.entries().at("spool").state, HealthState::alarm);
  while (answers.back().wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
    deliver_all(box);
    box.clock.advance(milliseconds{20'000});
    ASSERT_TRUE(box.deliver({}, 0));
  }
  for (auto& answer : answers) ASSERT_EQ(answer.get(), Admission::durable);
  deliver_all(box);
  EXPECT_EQ(box.ledger().delivered, 5000u);
  wait_until([&] { return box.spool->snapshot().trouble.empty() && !box.pressed; });
  EXPECT_EQ(box.faults(), "");
  box.spool.reset();
}

}  // namespace
}  // namespace tidegate::testing
