#include "gateway/replay/replay_job.h"

#include <gmock/gmock.h>

#include "gateway/replay/limits.h"
#include "tests/unit/spool/spool_box.h"

namespace tidegate::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kTopic = "sensors/{device}/temperature";

/// A spool that keeps what was delivered, and a route "temps" that feeds cloud and archive.
class ReplayJobTest : public ::testing::Test {
 protected:
  ReplayJobTest() {
    box.specs = {{"temps", "cloud", {}}, {"temps", "archive", {}}};
    box.options.retain = std::chrono::hours{10};
    box.clock.advance(std::chrono::hours{1});
    box.open();
    route = {"temps",
             *TopicFilter::parse(kTopic),
             [](const Event& event, SourceId) { return event.subject.starts_with("sensors/"); },
             {{box.lane(0), "temps/cloud", "cloud", {}}, {box.lane(1), "temps/archive", "archive", {}}}};
  }
  /// An event for both lanes, delivered by both.
  void deliver(const std::string& data, const std::string& subject = "sensors/a/temperature") {
    ASSERT_EQ(box.append({event_of(data, subject)}, {0, 1}), Admission::durable);
    const Seq last = box.spool->snapshot().last;
    ASSERT_TRUE(box.deliver({last.value}, last.value, 0));
    ASSERT_TRUE(box.deliver({last.value}, last.value, 1));
  }
  ReplayJob begin(ReplayRequest request = {}) {
    request.route = "temps";
    auto job = ReplayJob::begin(7, std::move(request), route, *box.spool, box.opening.internal, box.clock.wall());
    EXPECT_TRUE(job) << job.error().message;
    return *std::move(job);
  }
  std::string refusal(ReplayRequest request) {
    const auto job = ReplayJob::begin(7, std::move(request), route, *box.spool, box.opening.internal, box.clock.wall());
    return job ? "" : job.error().message;
  }
  Admission append(SpoolSubmission submission) {
    std::promise<Admission> answer;
    box.spool->append(std::move(submission), [&](Admission admission) { answer.set_value(admission); });
    return answer.get_future().get();
  }
  /// One step; false when there is none to make now.
  bool step(ReplayJob& job) {
    ReplayJob::Next next = job.next(box.clock.steady(), box.clock.wall());
    if (next.submission) job.settled(append(*std::move(next.submission)), box.clock.steady());
    return !job.report().finished() && next.not_before <= box.clock.steady();
  }
  void run(ReplayJob& job) {
    while (step(job)) {
    }
  }
  /// The log's events that a replay brought, as "id>lanes".
  std::vector<std::string> copies() {
    std::vector<std::string> out;
    const auto page = box.spool->scan(Seq{0}, {}, 64u << 20);
    for (const LoggedEvent& logged : page->events) {
      if (logged.source != box.opening.internal.replay) continue;
      EXPECT_EQ(logged.event.attributes.back(), std::pair(std::string(kReplayAttribute), std::string("7")));
      std::string& text = out.emplace_back(logged.event.id + ">");
      for (const LaneId lane : logged.lanes) text += lane == box.lane(0) ? "c" : "a";
    }
    return out;
  }
  std::vector<std::pair<std::string, std::string>> remembered() {
    return box.spool->source_state(box.opening.internal.replay, std::string(kReplayKeyPrefix));
  }
  const ReplayRoute* find(const std::string& name) { return name == "temps" ? &route : nullptr; }

  SpoolBox box;
  ReplayRoute route;
};

TEST_F(ReplayJobTest, CopiesWhatTheRouteWantsToItsLanesAndIsForgotten) {
  deliver("1");
  deliver("2", "other/a");
  deliver("3");
  ReplayJob job = begin();
  run(job);
  EXPECT_EQ(job.report().state, ReplayReport::State::done);
  EXPECT_EQ(job.report().copied, 2u);
  EXPECT_EQ(job.report().share, 1.0);
  EXPECT_THAT(copies(), ElementsAre("1>ca", "3>ca"));
  EXPECT_THAT(remembered(), IsEmpty());
  EXPECT_EQ(box.spool->source_state(box.opening.internal.replay, std::string(kReplayLastKey)).at(0).second, "7");
  EXPECT_EQ(box.faults(), "");
}

TEST_F(ReplayJobTest, CopiesAreNotCopied) {
  deliver("1");
  ReplayJob first = begin();
  run(first);
  const Seq last = box.spool->snapshot().last;
  ASSERT_TRUE(box.deliver({last.value}, last.value, 0));
  ASSERT_TRUE(box.deliver({last.value}, last.value, 1));
  ReplayJob second = begin();
  run(second);
  EXPECT_EQ(second.report().copied, 1u);
}

TEST_F(ReplayJobTest, TimeSinkAndPatternChoose) {
  deliver("1");
  box.clock.advance(std::chrono::minutes{1});
  const WallTime since = box.clock.wall();
  deliver("2");
  deliver("3", "sensors/b/temperature");
  const WallTime until = box.clock.wall();
  box.clock.advance(std::chrono::minutes{1});
  deliver("4");
  ReplayRequest request;
  request.since = since;
  request.until = until;
  request.sink = "archive";
  request.where = R"({"captures.device": ["a"]})";
  ReplayJob job = begin(request);
  run(job);
  EXPECT_THAT(copies(), ElementsAre("2>a"));
}

TEST_F(ReplayJobTest, WhatIsStillToBeDeliveredOrTooOldForItsSinkIsLeftOut) {
  deliver("1");
  route.lanes[1].max_age = milliseconds{1};
  ASSERT_EQ(box.append({event_of("2")}, {0, 1}), Admission::durable);
  ASSERT_EQ(box.append({event_of("3")}, {0, 1}), Admission::durable);
  ASSERT_TRUE(box.deliver({3}, 1));  // ahead of 2
  ReplayRequest request;
  request.sink = "cloud";
  ReplayJob cloud = begin(request);
  run(cloud);
  EXPECT_THAT(copies(), ElementsAre("1>c", "3>c"));
  EXPECT_EQ(cloud.report().pending, 1u);
  request.sink = "archive";
  request.dry_run = true;
  ReplayJob archive = begin(request);
  run(archive);
  EXPECT_EQ(archive.report().copied, 0u);
  EXPECT_EQ(archive.report().pending, 2u);
  EXPECT_EQ(archive.report().expired, 1u);
}

TEST_F(ReplayJobTest, ADryRunCountsAndWritesNothing) {
  deliver("1");
  const std::uint64_t commits = box.spool->snapshot().commits;
  ReplayRequest request;
  request.dry_run = true;
  ReplayJob job = begin(request);
  run(job);
  EXPECT_EQ(job.report().copied, 1u);
  EXPECT_EQ(job.report().state, ReplayReport::State::done);
  EXPECT_EQ(box.spool->snapshot().commits, commits);
}

TEST_F(ReplayJobTest, AfterACrashItGoesOnWhereTheLastCommitEnded) {
  std::vector<Event> events;
  std::vector<std::uint64_t> seqs;
  for (std::size_t i = 0; i < 3 * limits::kReplayCopiesPerCommit; ++i) {
    events.push_back(event_of(std::to_string(i)));
    seqs.push_back(i + 1);
  }
  ASSERT_EQ(box.append(events, {0, 1}), Admission::durable);
  ASSERT_TRUE(box.deliver(seqs, seqs.size(), 0));
  ASSERT_TRUE(box.deliver(seqs, seqs.size(), 1));
  {
    ReplayJob job = begin();
    while (job.report().copied == 0) ASSERT_TRUE(step(job));
    // The last answer is lost with the process.
    ReplayJob::Next next = job.next(box.clock.steady(), box.clock.wall());
    ASSERT_TRUE(next.submission);
    ASSERT_EQ(append(*std::move(next.submission)), Admission::durable);
  }
  ASSERT_EQ(remembered().size(), 1u);
  auto resumed = ReplayJob::resume(
      7, remembered()[0].second, [this](const std::string& name) { return find(name); }, *box.spool,
      box.opening.internal);
  ASSERT_TRUE(resumed) << resumed.error().message;
  run(*resumed);
  EXPECT_EQ(resumed->report().copied, events.size());
  const auto all = copies();
  ASSERT_EQ(all.size(), events.size());
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], std::to_string(i) + ">ca");
}

TEST_F(ReplayJobTest, ARowThatIsNoneOfOursIsCorrupt) {
  for (const char* row : {"", "[]", "{}", R"({"route":1})"}) {
    const auto resumed = ReplayJob::resume(
        7, row, [this](const std::string& name) { return find(name); }, *box.spool, box.opening.internal);
    ASSERT_FALSE(resumed) << row;
    EXPECT_EQ(resumed.error().code, ErrorCode::corrupt);
  }
}

TEST_F(ReplayJobTest, WhatFoundNoRoomIsTriedAgain) {
  deliver("1");
  ReplayJob job = begin();
  ASSERT_TRUE(step(job));  // begun
  ASSERT_TRUE(step(job));  // read
  ASSERT_TRUE(job.next(box.clock.steady(), box.clock.wall()).submission);
  job.settled(Admission::refused_full, box.clock.steady());
  EXPECT_EQ(job.report().detail, "room in the spool");
  EXPECT_FALSE(step(job));
  box.clock.advance(limits::kReplayRetry);
  run(job);
  EXPECT_THAT(copies(), ElementsAre("1>ca"));
}

TEST_F(ReplayJobTest, TheRateIsKept) {
  for (int i = 0; i < 8; ++i) deliver(std::to_string(i));
  ReplayRequest request;
  request.rate = 4;
  ReplayJob job = begin(request);
  for (int i = 0; i < 8; ++i) {
    run(job);
    EXPECT_EQ(copies().size(), static_cast<std::size_t>(i + 1));
    box.clock.advance(milliseconds{249});
    run(job);
    EXPECT_EQ(copies().size(), static_cast<std::size_t>(i + 1));
    box.clock.advance(milliseconds{1});
  }
  run(job);
  EXPECT_EQ(job.report().state, ReplayReport::State::done);
}

TEST_F(ReplayJobTest, ALaneThatIsBehindIsWaitedFor) {
  deliver("1");
  ASSERT_EQ(box.append(std::vector<Event>(limits::kReplayPendingMax, event_of("x")), {1}), Admission::durable);
  ReplayJob job = begin();
  run(job);
  EXPECT_EQ(job.report().state, ReplayReport::State::waiting);
  EXPECT_THAT(job.report().detail, HasSubstr("lane temps/archive has 2000 events to deliver first"));
  EXPECT_THAT(copies(), IsEmpty());
}

TEST_F(ReplayJobTest, SaysWhereTheLogBegins) {
  ReplayRequest request;
  request.since = box.clock.wall() - std::chrono::minutes{1};
  const WallTime stored = box.clock.wall();
  deliver("1");
  ReplayJob job = begin(request);
  run(job);
  EXPECT_EQ(job.report().log_begins, stored);
}

TEST_F(ReplayJobTest, MistakesAreNamed) {
  ReplayRequest request;
  request.sink = "none";
  EXPECT_EQ(refusal(request), "route temps does not feed a sink none; it feeds: cloud, archive");
  request = {};
  request.where = R"({"type": "x"})";
  EXPECT_THAT(refusal(request), HasSubstr("where: 1:10: "));
  request = {};
  request.since = box.clock.wall() + std::chrono::hours{1};
  EXPECT_THAT(refusal(request), HasSubstr("lies in the future"));
  request = {};
  request.since = box.clock.wall();
  request.until = request.since - milliseconds{1};
  EXPECT_THAT(refusal(request), HasSubstr("before `since`"));
}

}  // namespace
}  // namespace tidegate::testing
