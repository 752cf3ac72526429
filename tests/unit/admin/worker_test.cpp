#include "gateway/admin/worker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace tidegate {
namespace {

TEST(Worker, RefusesJobsPastItsLimit) {
  std::promise<void> entered, leave;  // outlive the worker, whose job uses them
  Worker worker(2);
  worker.start();
  ASSERT_TRUE(worker.post([&] {
    entered.set_value();
    leave.get_future().wait();
  }));
  entered.get_future().wait();
  EXPECT_TRUE(worker.post([] {}));
  EXPECT_TRUE(worker.post([] {}));
  EXPECT_FALSE(worker.post([] {}));
  leave.set_value();
}

TEST(Worker, StopFinishesTheJobUnderWayAndForgetsTheQueued) {
  std::atomic<int> done{0};
  std::promise<void> entered;
  std::promise<void> leave;
  Worker worker(1u << 20);  // never full here: a refusal means stopped
  ASSERT_TRUE(worker.post([&] {
    entered.set_value();
    leave.get_future().wait();
    ++done;
  }));
  ASSERT_TRUE(worker.post([&] { done += 100; }));
  worker.start();
  entered.get_future().wait();
  std::thread stopper([&] { worker.stop(); });
  while (worker.post([] {})) std::this_thread::yield();
  leave.set_value();
  stopper.join();
  EXPECT_EQ(done, 1);
  EXPECT_FALSE(worker.post([] {}));
}

}  // namespace
}  // namespace tidegate
