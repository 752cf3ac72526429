#include "connectors/directory/candidates.h"

#include <gtest/gtest.h>

namespace tidegate::directory {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kStart{};

TEST(Candidates, AFileIsReadyWhenItHasRested) {
  Candidates files(10);
  files.saw("a", {1, 10, 100}, kStart, 2s);
  EXPECT_FALSE(files.oldest_ready(kStart + 1s));
  EXPECT_EQ(files.next_ready(), kStart + 2s);
  EXPECT_EQ(files.oldest_ready(kStart + 2s), "a");
}

TEST(Candidates, AChangeBeginsTheRestAnew) {
  Candidates files(10);
  files.saw("a", {1, 10, 100}, kStart, 2s);
  files.saw("a", {1, 11, 101}, kStart + 1s, 2s);
  EXPECT_FALSE(files.oldest_ready(kStart + 2s));
  EXPECT_EQ(files.oldest_ready(kStart + 3s), "a");
  files.saw("a", {1, 11, 101}, kStart + 3s, 2s);
  EXPECT_EQ(files.oldest_ready(kStart + 3s), "a");
}

TEST(Candidates, TheOldestComesFirstThenByName) {
  Candidates files(10);
  files.saw("c", {1, 1, 100}, kStart, 0s);
  files.saw("b", {2, 1, 200}, kStart, 0s);
  files.saw("a", {3, 1, 200}, kStart, 0s);
  files.saw("old", {4, 1, 50}, kStart, 1s);
  EXPECT_EQ(files.oldest_ready(kStart), "c");
  files.forget("c");
  EXPECT_EQ(files.oldest_ready(kStart), "a");
  EXPECT_EQ(files.oldest_ready(kStart + 1s), "old");
}

TEST(Candidates, OverTheLimitTheOldestAreKept) {
  Candidates files(2);
  files.saw("new", {1, 1, 300}, kStart, 0s);
  files.saw("mid", {2, 1, 200}, kStart, 0s);
  EXPECT_FALSE(files.left_some_out());
  files.saw("old", {3, 1, 100}, kStart, 0s);
  files.saw("newer", {4, 1, 400}, kStart, 0s);
  EXPECT_TRUE(files.left_some_out());
  EXPECT_EQ(files.size(), 2u);
  EXPECT_EQ(files.oldest_ready(kStart), "old");
  files.forget("old");
  EXPECT_EQ(files.oldest_ready(kStart), "mid");
}

}  // namespace
}  // namespace tidegate::directory
