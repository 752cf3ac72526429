// Lives of a lane under virtual time, one per seed. A failing seed prints the command that replays it:
//   delivery_sim --seed N     that one (or TIDEGATE_SEED=N)
//   delivery_sim --seeds N    so many, from 1

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string_view>

#include "tests/sim/delivery_world.h"

namespace tidegate::testing {
namespace {

std::uint64_t first_seed = 1;
std::uint64_t seed_count = 3000;
constexpr int kFailuresShown = 3;

TEST(DeliverySim, NothingIsLostTheOrderIsKeptTheBooksBalance) {
  std::uint64_t events = 0, requests = 0, deferrals = 0, emitted = 0;
  milliseconds lived{0};
  int failures = 0;
  for (std::uint64_t seed = first_seed; seed < first_seed + seed_count && failures < kFailuresShown; ++seed) {
    DeliveryWorld world(seed);
    const std::vector<std::string> faults = world.run();
    events += world.events();
    requests += world.requests();
    deferrals += world.deferrals();
    emitted += world.emitted();
    lived += world.lived();
    if (faults.empty()) continue;
    ++failures;
    ADD_FAILURE() << "seed " << seed << ": " << faults.front() << "\n  replay with: delivery_sim --seed " << seed;
  }
  std::cout << seed_count << " lives, " << std::chrono::duration_cast<std::chrono::hours>(lived).count() << " hours, "
            << events << " events, " << requests << " requests, " << deferrals << " deferrals, " << emitted
            << " emitted\n";
}

}  // namespace
}  // namespace tidegate::testing

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  using namespace tidegate::testing;
  if (const char* seed = std::getenv("TIDEGATE_SEED")) {
    first_seed = std::strtoull(seed, nullptr, 10);
    seed_count = 1;
  }
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const std::uint64_t value = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--seed") {
      first_seed = value;
      seed_count = 1;
    } else if (name == "--seeds") {
      seed_count = value;
    }
  }
  return RUN_ALL_TESTS();
}
