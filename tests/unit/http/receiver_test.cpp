// The receiver judges other tests, so it is tested itself.

#include "tests/support/receiver/receiver.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "tests/unit/http/sink_fixture.h"

namespace tidegate::testing {
namespace {

using http::numbered_events;
using http::SinkUnderTest;
using http::start_receiver;

std::vector<OutEvent> marked_events(int count, int first) {
  auto events = numbered_events(count, first);
  for (int i = 0; i < count; ++i) {
    char marker[kMarkerBytes + 1];
    std::snprintf(marker, sizeof marker, "EVT:0007:%09d:%016d;", first + i, 0);
    events[static_cast<std::size_t>(i)].event.data = std::string("{\"eid\":\"") + marker + "\"}";
  }
  return events;
}

TEST(Arrivals, TellDuplicatesGapsAndOrderApart) {
  Arrivals arrivals;
  for (const std::uint64_t seq : {0u, 1u, 2u, 2u, 5u, 4u, 4u}) arrivals.add({1, seq, 1000}, 8000);
  arrivals.add({2, 0, 1000}, 901'000);
  const auto totals = arrivals.totals();
  EXPECT_EQ(totals.events, 8u);
  EXPECT_EQ(totals.distinct, 6u);
  EXPECT_EQ(totals.duplicates, 2u);
  EXPECT_EQ(totals.out_of_order, 1u);
  EXPECT_EQ(totals.missing, 1u);
  EXPECT_EQ(totals.publishers, 2u);
  EXPECT_NEAR(totals.latency_p50_ms, 7, 7 / 256.0);
  EXPECT_EQ(totals.latency_max_ms, 900);
  EXPECT_NEAR(totals.latency_p99_ms, 900, 900 / 256.0);
}

TEST(Arrivals, MarkersAreFoundAnywhereAndOnlyWhenWhole) {
  const auto found = find_marker("EVT:x EVT:0001:000000002:0000000000000003;rest");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->first.publisher, 1u);
  EXPECT_EQ(found->first.seq, 2u);
  EXPECT_EQ(found->first.sent_us, 3);
  EXPECT_FALSE(find_marker("EVT:0001:000000002:000000000000000;"));
  EXPECT_FALSE(find_marker("EVT:0001:00000000a:0000000000000003;"));
}

TEST(Answers, AreReadFromAText) {
  const auto answers = parse_answers("503*2,429:retry-after=7:delay=5,hang,302:location=http://x/y");
  ASSERT_TRUE(answers);
  ASSERT_EQ(answers->size(), 5u);
  EXPECT_EQ(answers->at(1).status, 503u);
  EXPECT_EQ(answers->at(2).headers.at(0).second, "7");
  EXPECT_EQ(answers->at(2).delay, milliseconds(5));
  EXPECT_EQ(answers->at(3).action, Answer::Action::hang);
  EXPECT_EQ(answers->at(4).headers.at(0).second, "http://x/y");
  for (const char* wrong : {"5o3", "503*x", "503:retry", "nap"}) EXPECT_FALSE(parse_answers(wrong)) << wrong;
}

TEST(ReceiverTest, CountsMarkedEventsWithoutRecordingThem) {
  ReceiverOptions options;
  options.record = false;
  const auto receiver = start_receiver(options);
  const SinkUnderTest sink("url: " + receiver->url());
  sink.send(marked_events(10, 0));
  sink.send(marked_events(10, 5));
  const auto totals = receiver->summary().arrivals;
  EXPECT_EQ(totals.distinct, 15u);
  EXPECT_EQ(totals.duplicates, 5u);
  EXPECT_TRUE(receiver->requests().empty());
}

TEST(ReceiverTest, RefusesPoisonAndWhatIsTooLarge) {
  ReceiverOptions options;
  options.events_max = 2;
  options.poison = [](const ReceivedEvent& event) { return event.id == "id-2"; };
  const auto receiver = start_receiver(options);
  const SinkUnderTest sink("url: " + receiver->url());
  EXPECT_EQ(sink.send(numbered_events(3)).cause, Cause::too_large);
  const Settled poisoned = sink.send(numbered_events(2));
  EXPECT_EQ(poisoned.cause, Cause::poison_suspected);
  EXPECT_EQ(poisoned.outcomes.at(0).reason, "HTTP 422: event id-2 is not acceptable");
  EXPECT_EQ(receiver->summary().accepted_events, 0u);
}

TEST(ReceiverTest, LogsWhatItAcceptedBeforeItAnswers) {
  const test::TempDir dir;
  ReceiverOptions options;
  options.log = dir.path() / "log";
  const auto receiver = start_receiver(options);
  receiver->script(*parse_answers("503"));
  const SinkUnderTest sink("url: " + receiver->url());
  sink.send(marked_events(2, 0));
  sink.send(marked_events(2, 3));
  std::stringstream log;
  log << std::ifstream(options.log).rdbuf();
  EXPECT_EQ(log.str(), "id-3 7 3\nid-4 7 4\n");
}

}  // namespace
}  // namespace tidegate::testing
