#include "gateway/replay/replays.h"

#include <gmock/gmock.h>

#include <thread>

#include "gateway/base/random.h"
#include "gateway/replay/limits.h"
#include "tests/unit/spool/spool_box.h"

namespace tidegate::testing {
namespace {

using ::testing::HasSubstr;

/// Waits for a state that the replays' thread brings about; CTest ends a test that waits in vain.
template <class Condition>
void wait_until(Condition&& condition) {
  while (!condition()) std::this_thread::yield();
}

/// A spool with delivered events that it keeps, and the replays of its one route.
class ReplaysTest : public ::testing::Test {
 protected:
  ReplaysTest() {
    box.specs = {{"temps", "cloud", {}}};
    // Longer than the clock can be turned on while the replays' thread gets to its work.
    box.options.retain = std::chrono::hours{24 * 365 * 100};
    box.open();
  }
  void deliver(std::size_t count) {
    const Seq before = box.spool->snapshot().last;
    std::vector<Event> events;
    std::vector<std::uint64_t> seqs;
    for (std::size_t i = 1; i <= count; ++i) {
      events.push_back(event_of(std::to_string(i)));
      seqs.push_back(before.value + i);
    }
    ASSERT_EQ(box.append(events), Admission::durable);
    ASSERT_TRUE(box.deliver(seqs, seqs.back()));
  }
  void start() {
    replays.emplace(ReplaysSetup{*box.spool,
                                 box.opening.internal,
                                 {{"temps",
                                   *TopicFilter::parse("#"),
                                   [](const Event&, SourceId) { return true; },
                                   {{box.lane(), "temps/cloud", "cloud", {}}}}},
                                 box.clock});
    replays->start();
  }
  /// With a rate of 20 the first five copies go at once, and the others when the clock goes on.
  std::uint64_t begin(std::uint64_t rate = 0) {
    ReplayRequest request;
    request.route = "temps";
    request.rate = rate;
    const auto number = replays->begin(request);
    EXPECT_TRUE(number) << number.error().message;
    return number.value_or(0u);
  }
  [[nodiscard]] ReplayReport report(std::uint64_t number) { return replays->report(number).value(); }
  [[nodiscard]] std::uint64_t copies() { return box.spool->snapshot().internal.at("(replay)").received; }

  SpoolBox box;
  std::optional<Replays> replays;
};

TEST_F(ReplaysTest, RunToTheirEndSideBySide) {
  deliver(100);
  start();
  const std::uint64_t slow = begin(20);
  const std::uint64_t fast = begin();
  wait_until([&] { return report(fast).finished(); });
  EXPECT_EQ(report(fast).copied, 100u);
  wait_until([&] { return report(slow).copied == 5; });
  EXPECT_FALSE(report(slow).finished());
  EXPECT_EQ(replays->reports().size(), 2u);
  replays->stop();
  EXPECT_EQ(box.faults(), "");
}

TEST_F(ReplaysTest, GoOnAfterARestartAndNumbersAreNotGivenTwice) {
  deliver(10);
  start();
  const std::uint64_t finished = begin();
  wait_until([&] { return report(finished).finished(); });
  const std::uint64_t unfinished = begin(20);
  wait_until([&] { return report(unfinished).copied == 5; });
  replays.reset();
  box.reopen();
  start();
  EXPECT_FALSE(replays->report(finished));
  while (!report(unfinished).finished()) box.clock.advance(std::chrono::seconds{1});
  EXPECT_EQ(report(unfinished).copied, 10u);
  EXPECT_EQ(copies(), 20u);
  EXPECT_EQ(begin(), unfinished + 1);
}

TEST_F(ReplaysTest, ACancelledOneMakesNoMoreCopiesAlsoAfterARestart) {
  deliver(10);
  start();
  const std::uint64_t number = begin(20);
  wait_until([&] { return report(number).copied == 5; });
  EXPECT_TRUE(replays->cancel(number));
  EXPECT_EQ(report(number).state, ReplayReport::State::cancelled);
  EXPECT_EQ(replays->cancel(number).error().code, ErrorCode::refused);
  EXPECT_EQ(replays->cancel(number + 1).error().code, ErrorCode::not_found);
  box.clock.advance(std::chrono::hours{1});
  const std::uint64_t next = begin();
  wait_until([&] { return report(next).finished(); });
  EXPECT_EQ(copies(), 15u);
  replays.reset();
  box.reopen();
  start();
  EXPECT_TRUE(replays->reports().empty());
}

TEST_F(ReplaysTest, OneWhoseRouteLeftTheConfigIsGivenUp) {
  deliver(10);
  start();
  const std::uint64_t number = begin(20);
  wait_until([&] { return report(number).copied == 5; });
  replays.reset();
  replays.emplace(ReplaysSetup{*box.spool, box.opening.internal, {}, box.clock});
  replays->start();
  EXPECT_FALSE(replays->report(number));
  replays.reset();
  box.reopen();
  start();
  EXPECT_TRUE(replays->reports().empty());
}

TEST_F(ReplaysTest, StoppingDoesNotWaitForACommitThatHasNoRoom) {
  replays.reset();
  box.options.max_bytes = 8u << 20;
  box.reopen();
  deliver(10);
  SeededRandom random(1);
  Event noise = event_of("noise");
  noise.data.resize(100'000);
  for (char& c : noise.data) c = static_cast<char>(random.next());
  std::future<Admission> held;
  while (!box.pressed) held = box.append_later({noise});
  start();
  const std::uint64_t number = begin();
  wait_until([&] { return report(number).detail == kWaitsForRoom; });
  replays->stop();
  EXPECT_EQ(copies(), 0u);
}

TEST_F(ReplaysTest, TooManyAreRefused) {
  deliver(10);
  start();
  for (std::size_t i = 0; i < limits::kReplaysMax; ++i) begin(20);
  ReplayRequest request;
  request.route = "temps";
  EXPECT_EQ(replays->begin(request).error().code, ErrorCode::full);
  request.route = "none";
  EXPECT_THAT(replays->begin(request).error().message, HasSubstr("there is no route none; there are: temps"));
}

}  // namespace
}  // namespace tidegate::testing
