// A lane on a real spool: what the one promises is what the other takes it to mean.

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "gateway/delivery/lane.h"
#include "tests/unit/delivery/scripted_sink.h"
#include "tests/unit/spool/spool_box.h"

namespace tidegate::testing {
namespace {

constexpr std::size_t kEvents = 4000;
constexpr std::size_t kKeys = 25;

/// A receiver that fails in every way it can, from a seed, and remembers what it took.
class Receiver {
 public:
  Settled answer(const Batch& batch) {
    Settled settled{batch.id, {}, Cause::none, {}};
    if (random_.below(100) < 15) {
      settled.cause = Cause::peer_down;
      settled.outcomes.push_back({Fate::retry, "HTTP 503"});
      return settled;
    }
    std::set<std::string> failed;
    for (const OutEvent* out : batch.events) settled.outcomes.push_back({judge(out->event, failed), "HTTP 422"});
    return settled;
  }

  bool stuck = true;  ///< the events of one key fail
  std::map<std::string, std::vector<std::size_t>> taken;

 private:
  Fate judge(const Event& event, std::set<std::string>& failed) {
    const std::size_t number = std::stoull(event.data);
    if (number % 97 == 0) return Fate::rejected;
    if (failed.contains(event.subject) || (stuck && event.subject == "key-3") || random_.below(100) < 3) {
      failed.insert(event.subject);
      return Fate::retry;
    }
    taken[event.subject].push_back(number);
    return Fate::delivered;
  }
  SeededRandom random_{11};
};

struct LaneOnSpool : ::testing::Test {
  void start_lane() {
    DeliveryOptions options;
    options.batch = {5, 1u << 20, milliseconds{1}};
    options.retry = {milliseconds{1}, milliseconds{20}};
    options.breaker.interval = milliseconds{2};
    script.answer = [this](const Batch& batch) { return receiver.answer(batch); };
    lane = Lane::create(LaneSetup{
        box.lane(), "temps/cloud", "temps", "cloud", [] { return make_capture_shaper(*TopicFilter::parse("#")); },
        options, std::make_unique<ScriptedSink>(script), *box.spool, clock, box.health, box.metrics, 1});
    lane->start();
  }
  void stop_all() {
    lane->stop(Deadline{clock.steady()});
    box.spool->stop();
  }
  bool wait_for(const std::function<bool(const LaneLedger&)>& condition) {
    const SteadyTime until = clock.steady() + kGenerous;
    while (clock.steady() < until) {
      if (condition(box.ledger())) return true;
      std::this_thread::yield();
    }
    return false;
  }

  SystemClock clock;
  SpoolBox box;
  Receiver receiver;
  ScriptedSink::Script script;
  std::unique_ptr<Lane> lane;
};

TEST_F(LaneOnSpool, ThroughFailuresAndARestartEveryEventIsSettledOnceAndTheBooksBalance) {
  box.open();
  std::vector<Event> events;
  for (std::size_t i = 1; i <= kEvents; ++i) {
    events.push_back(event_of(std::to_string(i), "key-" + std::to_string(i % kKeys)));
  }
  ASSERT_EQ(box.append(events), Admission::durable);
  start_lane();
  // One key is stuck from the first event on: without deferring it, so much could not be delivered.
  EXPECT_TRUE(wait_for([](const LaneLedger& books) { return books.delivered > kEvents * 3 / 4; }));
  EXPECT_GT(box.spool->snapshot().deferred.at("temps/cloud"), 0U);
  stop_all();
  EXPECT_EQ(box.faults(), "");

  box.reopen();
  receiver.stuck = false;
  start_lane();
  EXPECT_TRUE(wait_for([](const LaneLedger& books) { return books.pending == 0; }));
  stop_all();
  EXPECT_EQ(box.ledger().dead, kEvents / 97);
  EXPECT_EQ(box.ledger().delivered, kEvents - kEvents / 97);
  EXPECT_EQ(box.faults(), "");
  for (const auto& [key, numbers] : receiver.taken) {
    std::set<std::size_t> seen;
    std::size_t newest = 0;
    for (const std::size_t number : numbers) {
      if (!seen.insert(number).second) continue;  // in flight at the restart
      EXPECT_GT(number, newest) << key;
      newest = number;
    }
  }
}

TEST_F(LaneOnSpool, DeadLettersGivenBackAreDelivered) {
  box.open();
  ASSERT_EQ(box.append({event_of("97", "key-1")}), Admission::durable);
  start_lane();
  ASSERT_TRUE(wait_for([](const LaneLedger& books) { return books.dead == 1; }));
  {
    const std::lock_guard lock(script.mutex);
    script.answer = nullptr;  // takes all
  }
  const auto letters = box.spool->dead_letters({});
  ASSERT_TRUE(letters);
  ASSERT_EQ(letters->size(), 1U);
  EXPECT_EQ(letters->front().dead.reason, "HTTP 422");
  ASSERT_TRUE(box.spool->retry_dead({letters->front().number}));
  EXPECT_TRUE(wait_for([](const LaneLedger& books) { return books.delivered == 1; }));
  stop_all();
  EXPECT_EQ(box.faults(), "");
}

}  // namespace
}  // namespace tidegate::testing
