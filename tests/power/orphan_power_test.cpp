#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <thread>

#include "gateway/spool/audit.h"
#include "gateway/spool/files.h"
#include "tests/power/power_vfs.h"
#include "tests/unit/spool/spool_box.h"

/// The power fails again and again while an orphan is adopted or dropped: in the end each of its events is where it
/// belongs, once.
namespace tidegate::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kEvents = 300;
/// More than two steps of an adoption; cannot be compressed.
constexpr std::size_t kEventBytes = 8000;

class LeavingUnderPowerCuts {
 public:
  LeavingUnderPowerCuts(std::uint64_t seed, bool adopt) : adopt_(adopt), random_(seed), vfs_(seed) {
    box_.options.sqlite_vfs = vfs_.name();
    box_.options.max_bytes = 64u << 20;
    box_.specs = {{"old", "s", {}}, {"new", "s", {}}};
    box_.open();
    vfs_.sync_names();
    fill();
    box_.specs = {{"new", "s", {}}};
  }
  ~LeavingUnderPowerCuts() { box_.spool.reset(); }

  /// One life: until the power fails, or nothing is left to do. True: that was it.
  bool live() {
    // A cut early in a life is as likely as one late in it.
    const std::uint64_t reach = std::uint64_t{1} << (3 + random_.below(10));
    box_.spool.reset();
    box_.open();
    if (::testing::Test::HasFatalFailure()) return true;
    vfs_.sync_names();
    vfs_.cut_after(1 + random_.below(reach));
    // What was answered once is not asked for again: the decision itself has to survive.
    auto decided = std::async(std::launch::async, [&] { return decided_ || decide().has_value(); });
    std::size_t left = 1;
    const auto give_up = std::chrono::steady_clock::now() + 60s;
    while (!vfs_.is_off() && left > 0 && std::chrono::steady_clock::now() < give_up) {
      std::this_thread::sleep_for(200us);
      left = box_.spool->snapshot().orphans.size();
    }
    EXPECT_LT(std::chrono::steady_clock::now(), give_up) << "nobody goes on with what was decided";
    const bool done = !vfs_.is_off() && left == 0;
    box_.spool->stop();
    decided_ = decided.get();
    box_.spool.reset();
    vfs_.cut_after(UINT64_MAX);
    vfs_.restore();
    return done;
  }

  void expect_balance() {
    auto report = audit_database(SpoolFiles{box_.options.data_dir}.database(), vfs_.name());
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->faults, std::vector<std::string>{});
  }

  void expect_each_once() {
    box_.open();
    std::vector<std::string> found;
    const auto deferred = box_.spool->read_deferred(box_.lane()).value_or(std::vector<Deferred>{});
    for (const Deferred& each : deferred) found.push_back(each.event.id);
    Seq at{0};
    for (LaneRead read; !read.at_end; at = read.scanned_to) {
      read = box_.spool->read(box_.lane(), at, 100, 1u << 20).value();
      for (const StoredEvent& stored : read.events) found.push_back(stored.event.id);
    }
    std::vector<std::string> expected{"own"};
    for (std::size_t n = 0; adopt_ && n < kEvents; ++n) expected.push_back(id_of(n));
    std::sort(found.begin(), found.end());
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(found, expected);
    EXPECT_FALSE(box_.spool->snapshot().lanes.contains("old/s"));
  }

 private:
  static std::string id_of(std::size_t n) { return fmt::format("e{:04}", n); }

  void fill() {
    Settlement settlement;
    settlement.lane = box_.lane(0);
    for (std::size_t n = 0; n < kEvents; n += 20) {
      std::vector<Event> events;
      for (std::size_t i = n; i < n + 20; ++i) {
        Event& event = events.emplace_back(event_of(id_of(i)));
        while (event.data.size() < kEventBytes) event.data += static_cast<char>(random_.next());
      }
      // The first of each twenty waits for its own time.
      settlement.deferred.push_back({Seq{n + 1}, events.front(), 1, {}, {}, {}, "HTTP 503"});
      EXPECT_EQ(box_.append(events, {0}), Admission::durable);
    }
    EXPECT_TRUE(box_.settle(settlement));
    EXPECT_EQ(box_.append({event_of("own")}, {1}), Admission::durable);
  }
  Result<std::uint64_t> decide() {
    return adopt_ ? box_.spool->adopt_lane("old", "s", "new", "s") : box_.spool->drop_lane("old", "s");
  }

  const bool adopt_;
  bool decided_ = false;
  SeededRandom random_;
  PowerVfs vfs_;
  SpoolBox box_;
};

class LeavingPowerCut : public ::testing::TestWithParam<std::uint64_t> {};

void run(std::uint64_t seed, bool adopt) {
  LeavingUnderPowerCuts site(seed, adopt);
  for (int life = 0; life < 200 && !::testing::Test::HasFailure(); ++life) {
    const bool done = site.live();
    site.expect_balance();
    if (done) break;
    ASSERT_LT(life, 199) << "never done";
  }
  site.expect_each_once();
}

TEST_P(LeavingPowerCut, AnAdoptedBacklogIsThereOnceEach) { run(GetParam(), true); }
TEST_P(LeavingPowerCut, ADroppedBacklogIsGoneAndNothingElseIs) { run(GetParam(), false); }

INSTANTIATE_TEST_SUITE_P(Seeds, LeavingPowerCut, ::testing::Range<std::uint64_t>(1, 31));

}  // namespace
}  // namespace tidegate::testing
