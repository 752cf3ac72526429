#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "gateway/spool/audit.h"
#include "gateway/spool/files.h"
#include "gateway/spool/spool.h"
#include "tests/power/model.h"
#include "tests/power/power_vfs.h"
#include "tests/support/clock/virtual_clock.h"

/// Cuts the power at a random moment, again and again, and compares what is on the disk with what was promised.
/// TIDEGATE_SEED=n replays one run; TIDEGATE_RUNS=n makes more of them.
namespace tidegate::testing {
namespace {

constexpr std::size_t kLanes = 2;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// One life of a spool between two power cuts, and what it promised over all of them.
class Site {
 public:
  struct Plan {
    SyncMode sync = SyncMode::full;
    bool syncs_fail = false;
  };
  Site(std::uint64_t seed, const Plan& plan) : plan_(plan), random_(seed), vfs_(seed ^ 0x9e3779b97f4a7c15u) {
    // Only the lock and the reserve are real files; keep them off a slow disk.
    const std::filesystem::path base = std::filesystem::exists("/dev/shm") ? "/dev/shm" : "/tmp";
    dir_ = base / fmt::format("tidegate-power-{}-{}", ::getpid(), vfs_.name());
    payload_ = random_.below(4) == 0 ? 6000 : 60;
  }
  ~Site() {
    spool_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
  }

  /// Works until the power fails. What was promised is in `promises`.
  void live() {
    const bool cut_while_opening = random_.below(8) == 0;
    if (cut_while_opening) vfs_.cut_after(1 + random_.below(40));
    open();
    if (plan_.syncs_fail) vfs_.fail_syncs(6);
    if (!cut_while_opening) vfs_.cut_after(1 + random_.below(random_.below(8) == 0 ? 2000 : 200));
    while (spool_ && !vfs_.is_off()) {
      const std::uint64_t dice = random_.below(10);
      if (dice < 6)
        append();
      else
        settle(random_.below(kLanes));
    }
    if (spool_) spool_->stop();
    spool_.reset();
    vfs_.fail_syncs(0);
    vfs_.restore();
  }

  /// Opens what the power cut left and says what is wrong with it.
  std::vector<std::string> verdict() {
    open();
    if (!spool_) return {"the spool does not open"};
    std::vector<std::string> out = promises_.broken(look());
    auto report = audit_database(SpoolFiles{dir_}.database(), vfs_.name());
    if (!report) return {report.error().message};
    out.insert(out.end(), report->faults.begin(), report->faults.end());
    spool_->stop();
    spool_.reset();
    return out;
  }

 private:
  void open() {
    SpoolOptions options;
    options.data_dir = dir_;
    options.sync = plan_.sync;
    options.max_bytes = 8u << 20;
    options.sqlite_vfs = vfs_.name();
    auto opened =
        Spool::open(options, {{"a", "s", {}}, {"b", "s", {}}}, {"floor"}, clock_, health_, metrics_, opening_);
    if (!opened) {
      EXPECT_TRUE(vfs_.is_off()) << opened.error().message;
      return;
    }
    // open() synced the directory, which the VFS does not see.
    vfs_.sync_names();
    spool_ = *std::move(opened);
    spool_->start([](bool) {});
  }

  /// Waits until `answered`, or the power is off. Trouble with the disk is waited out on the virtual clock.
  void wait_for(const bool& answered) {
    std::unique_lock lock(mutex_);
    while (!answered && !vfs_.is_off()) {
      if (changed_.wait_for(lock, std::chrono::milliseconds(2), [&] { return answered; })) break;
      clock_.advance(milliseconds{20'000});
      lock.unlock();
      spool_->append({opening_.sources[0], {}, {}, 0}, {});
      lock.lock();
    }
  }
  void answer(bool& answered) {
    const std::lock_guard lock(mutex_);
    answered = true;
    changed_.notify_all();
  }

  void append() {
    SpoolSubmission submission{opening_.sources[0], {}, {}, 0};
    std::vector<std::string> ids;
    for (std::uint64_t i = 0, n = 1 + random_.below(8); i < n; ++i) {
      Routed routed;
      std::vector<std::size_t> lanes;
      for (std::size_t lane = 0; lane < kLanes; ++lane)
        if (random_.below(4) != 0) lanes.push_back(lane);
      for (const std::size_t lane : lanes) routed.lanes.push_back(opening_.lanes[lane]);
      ids.push_back(fmt::format("e{:05}", ++events_));
      routed.event.id = ids.back();
      while (routed.event.data.size() < payload_) routed.event.data += static_cast<char>(random_.next());
      promises_.append(ids.back(), lanes);
      submission.events.push_back(std::move(routed));
    }
    const std::uint64_t state = ++states_;
    submission.state = {{"at", std::to_string(state), false}};
    promises_.state(state);
    bool answered = false;
    bool durable = false;
    spool_->append(std::move(submission), [&](Admission admission) {
      durable = admission == Admission::durable;
      answer(answered);
    });
    wait_for(answered);
    if (!answered) spool_->stop();
    if (!durable) return;
    for (const std::string& id : ids) promises_.append_given(id);
    promises_.state_given(state);
  }

  void settle(std::size_t lane) {
    auto read = spool_->read(opening_.lanes[lane], spool_->lane_state(opening_.lanes[lane]).cursor, 6, 1u << 20);
    if (!read || read->events.empty()) return;
    Settlement settlement;
    settlement.lane = opening_.lanes[lane];
    std::vector<std::string> settled;
    bool gap = false;
    for (const StoredEvent& stored : read->events) {
      const std::uint64_t dice = random_.below(12);
      if (dice == 0) {
        gap = true;
        continue;
      }
      if (dice == 1) {
        settlement.deferred.push_back({stored.seq, stored.event, 1, {}, {}, {}, "HTTP 503"});
      } else {
        if (dice == 2)
          settlement.dead.push_back({stored.seq, stored.event, DeadReason::rejected, "HTTP 422", 1, {}, {}});
        else
          settlement.delivered.push_back(stored.seq);
        settled.push_back(stored.event.id);
      }
      if (!gap) settlement.cursor = stored.seq;
    }
    for (const std::string& id : settled) promises_.settle(id, lane);
    bool answered = false;
    bool durable = false;
    spool_->settle(std::move(settlement), [&](const Status& done) {
      durable = done.has_value();
      answer(answered);
    });
    wait_for(answered);
    if (!answered) spool_->stop();
    if (durable)
      for (const std::string& id : settled) promises_.settle_given(id, lane);
  }

  Promises::Found look() {
    Promises::Found found;
    for (const LaneId lane : opening_.lanes) {
      auto& pending = found.pending.emplace_back();
      const LaneState state = spool_->lane_state(lane);
      Seq at = state.cursor;
      while (true) {
        auto read = spool_->read(lane, at, 100, 1u << 20);
        EXPECT_TRUE(read);
        if (!read) break;
        for (const StoredEvent& stored : read->events)
          if (!std::binary_search(state.settled_ahead.begin(), state.settled_ahead.end(), stored.seq))
            pending.push_back(stored.event.id);
        if (read->at_end) break;
        at = read->scanned_to;
      }
      EXPECT_TRUE(std::is_sorted(pending.begin(), pending.end()));
      const auto deferred = spool_->read_deferred(lane).value_or(std::vector<Deferred>{});
      for (const Deferred& event : deferred) pending.push_back(event.event.id);
      auto& dead = found.dead.emplace_back();
      const std::string name = state.route + "/" + state.sink;
      const auto letters = spool_->dead_letters({name, 0, 100'000}).value_or(std::vector<DeadLetter>{});
      for (const DeadLetter& letter : letters) dead.push_back(letter.dead.event.id);
    }
    const auto state = spool_->source_state(opening_.sources[0], "at");
    found.state = state.empty() ? 0 : std::stoull(state.front().second);
    return found;
  }

  const Plan plan_;
  SeededRandom random_;
  PowerVfs vfs_;
  std::filesystem::path dir_;
  std::size_t payload_;
  VirtualClock clock_;
  Health health_{clock_};
  Metrics metrics_;
  SpoolOpening opening_;
  std::unique_ptr<Spool> spool_;
  Promises promises_;
  std::uint64_t events_ = 0;
  std::uint64_t states_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
};

/// Runs one seed through a few power cuts; the faults found.
std::vector<std::string> run(std::uint64_t seed, const Site::Plan& plan) {
  Site site(seed, plan);
  const std::uint64_t lives = 1 + seed % 3;
  for (std::uint64_t life = 0; life < lives; ++life) {
    site.live();
    if (auto faults = site.verdict(); !faults.empty()) return faults;
  }
  return {};
}

void expect_promises_kept(const Site::Plan& plan, std::uint64_t runs) {
  const std::uint64_t first = from_environment("TIDEGATE_SEED", 1);
  const std::uint64_t n = std::getenv("TIDEGATE_SEED") != nullptr ? 1 : from_environment("TIDEGATE_RUNS", runs);
  for (std::uint64_t seed = first; seed < first + n; ++seed) {
    for (const std::string& fault : run(seed, plan))
      ADD_FAILURE() << fault << " (replay with TIDEGATE_SEED=" << seed << ")";
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(PowerCut, EveryReceiptAndEverySettlementIsKept) { expect_promises_kept({}, 1200); }

TEST(PowerCut, AFailedSyncIsNotTakenForDurable) { expect_promises_kept({SyncMode::full, true}, 200); }

// The checker itself: with `sync: normal` receipts run before the sync, and it must notice.
TEST(PowerCut, TheCheckerNoticesReceiptsThatRunBeforeTheSync) {
  for (std::uint64_t seed = 1; seed < 500; ++seed) {
    for (const std::string& fault : run(seed, {SyncMode::normal, false}))
      if (fault.find("whose receipt ran") != std::string::npos) return;
  }
  FAIL() << "500 power cuts, and nothing that was promised too early was missed";
}

}  // namespace
}  // namespace tidegate::testing
