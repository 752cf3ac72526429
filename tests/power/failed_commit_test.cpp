#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "gateway/spool/audit.h"
#include "gateway/spool/files.h"
#include "tests/power/power_vfs.h"
#include "tests/unit/spool/spool_box.h"

/// Commits that fail while the power stays on, and what becomes of their events.
namespace tidegate::testing {
namespace {

using namespace std::chrono_literals;

/// The parameter is the seed of what a failed sync loses.
class FailedCommit : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  FailedCommit() {
    box_.options.sqlite_vfs = vfs_.name();
    box_.open();
  }
  ~FailedCommit() override { box_.spool.reset(); }

  /// Looks until the condition holds, on a clock that lets every retry come at once.
  bool wait_until(const std::function<bool()>& condition) {
    const auto give_up = std::chrono::steady_clock::now() + 30s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > give_up) return false;
      std::this_thread::sleep_for(1ms);
      retry();
    }
    return true;
  }
  void retry() {
    box_.clock.advance(milliseconds{20'000});
    box_.spool->append({box_.opening.sources[0], {}, {}, 0}, {});
  }
  bool in_trouble() { return !box_.spool->snapshot().trouble.empty(); }
  std::vector<std::string> faults() {
    auto report = audit_database(SpoolFiles{box_.options.data_dir}.database(), vfs_.name());
    return report ? report->faults : std::vector<std::string>{report.error().message};
  }

  PowerVfs vfs_{GetParam()};
  SpoolBox box_;
};

TEST_P(FailedCommit, ForWantOfDiskLeavesTheBooksAsTheyWere) {
  ASSERT_EQ(box_.append({event_of("before")}), Admission::durable);
  vfs_.set_capacity(0);
  auto answer = box_.append_later({event_of("during")});
  ASSERT_TRUE(wait_until([&] { return in_trouble(); }));
  for (int n = 0; n < 5; ++n) retry();
  EXPECT_NE(answer.wait_for(0s), std::future_status::ready);
  vfs_.set_capacity(UINT64_MAX);
  ASSERT_TRUE(wait_until([&] { return answer.wait_for(0s) == std::future_status::ready; }));
  EXPECT_EQ(answer.get(), Admission::durable);
  EXPECT_EQ(box_.read_all(), (std::vector<std::string>{"before", "during"}));
  EXPECT_EQ(box_.ledger().pending, 2u);
  box_.spool.reset();
  EXPECT_EQ(faults(), std::vector<std::string>{});
}

TEST_P(FailedCommit, BecauseOfItsSyncIsAnsweredOnlyOnceASyncWorkedAndStoredOnce) {
  ASSERT_EQ(box_.append({event_of("before")}), Admission::durable);
  vfs_.fail_syncs(1);
  auto answer = box_.append_later({event_of("during")});
  ASSERT_TRUE(wait_until([&] { return in_trouble(); }));
  for (int n = 0; n < 5; ++n) {
    retry();
    EXPECT_NE(answer.wait_for(5ms), std::future_status::ready) << "nothing was synced";
  }
  vfs_.fail_syncs(0);
  ASSERT_TRUE(wait_until([&] { return answer.wait_for(0s) == std::future_status::ready; }));
  EXPECT_EQ(answer.get(), Admission::durable);
  EXPECT_EQ(box_.read_all(), (std::vector<std::string>{"before", "during"}));
  box_.spool.reset();
  EXPECT_EQ(faults(), std::vector<std::string>{});
}

INSTANTIATE_TEST_SUITE_P(Seeds, FailedCommit, ::testing::Range<std::uint64_t>(1, 21));

}  // namespace
}  // namespace tidegate::testing
