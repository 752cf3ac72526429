#include "connectors/net/repeats.h"

#include <gtest/gtest.h>

#include <map>

namespace tidegate {
namespace {

using namespace std::chrono_literals;

/// Repeats with the state that the spool would hold.
class RepeatsTest : public ::testing::Test {
 protected:
  void restart(milliseconds window = 10min, std::size_t ids_max = 100) {
    repeats_ = std::make_unique<Repeats>(window, ids_max);
    repeats_->restore({state_.begin(), state_.end()}, random_);
  }
  Repeats::Seen look(const std::string& id) { return repeats_->look(repeats_->key("/s", id), now_); }
  Repeats::Chunk submit(std::initializer_list<std::string> ids) {
    repeats_->open(now_);
    for (const auto& id : ids) repeats_->add(repeats_->key("/s", id));
    changes_.clear();
    return repeats_->close(changes_);
  }
  void commit(Repeats::Chunk chunk) {
    for (auto& change : changes_) {
      if (change.erase)
        state_.erase(change.key);
      else
        state_[change.key] = change.value;
    }
    repeats_->settled(chunk, true);
  }

  SeededRandom random_{1};
  std::unique_ptr<Repeats> repeats_;
  std::map<std::string, std::string> state_;
  std::vector<SourceStateChange> changes_;
  WallTime now_{1'700'000'000s};
};

TEST_F(RepeatsTest, AnIdIsSeenOnceItsSubmissionIsStored) {
  restart();
  EXPECT_EQ(look("1"), Repeats::Seen::never);
  const auto chunk = submit({"1", "2"});
  EXPECT_EQ(look("1"), Repeats::Seen::pending);
  commit(chunk);
  EXPECT_EQ(look("1"), Repeats::Seen::stored);
  EXPECT_EQ(look("3"), Repeats::Seen::never);
  EXPECT_NE(repeats_->key("a", "bc"), repeats_->key("ab", "c"));
}

TEST_F(RepeatsTest, ARepeatOfWhatIsNotStoredInTheEndIsNotStoredEither) {
  restart();
  const auto submission_of = [](const char* id) {
    Submission submission;
    submission.events.emplace_back().id = id;
    return submission;
  };
  Submission first = submission_of("1"), second = submission_of("1"), third = submission_of("1");
  const auto one = repeats_->sift(first, now_);
  const auto two = repeats_->sift(second, now_);
  EXPECT_EQ(first.events.size(), 1u);
  EXPECT_TRUE(second.events.empty());
  EXPECT_EQ(second.repeats, 1u);
  EXPECT_FALSE(repeats_->settled(one, false));
  EXPECT_FALSE(repeats_->settled(two, true)) << "its own receipt says nothing of the event";
  const auto three = repeats_->sift(third, now_);
  EXPECT_EQ(third.events.size(), 1u);
  EXPECT_TRUE(repeats_->settled(three, true));
}

TEST_F(RepeatsTest, RemembersAcrossARestart) {
  restart();
  commit(submit({"1", "2"}));
  commit(submit({"3"}));
  restart();
  for (const char* id : {"1", "2", "3"}) EXPECT_EQ(look(id), Repeats::Seen::stored) << id;
  commit(submit({"4"}));
  restart();
  EXPECT_EQ(look("1"), Repeats::Seen::stored);
  EXPECT_EQ(look("4"), Repeats::Seen::stored);
}

TEST_F(RepeatsTest, ASubmissionThatWasNotStoredIsForgotten) {
  restart();
  const auto failed = submit({"1"});
  const auto good = submit({"2"});
  commit(good);
  repeats_->settled(failed, false);
  EXPECT_EQ(look("1"), Repeats::Seen::never);
  restart();
  EXPECT_EQ(look("1"), Repeats::Seen::never);
  EXPECT_EQ(look("2"), Repeats::Seen::stored);
}

TEST_F(RepeatsTest, AfterTheWindowAnIdIsNewAndItsRowIsErased) {
  restart();
  commit(submit({"1"}));
  now_ += 10min - 1ms;
  EXPECT_EQ(look("1"), Repeats::Seen::stored);
  now_ += 1ms;
  EXPECT_EQ(look("1"), Repeats::Seen::never);
  commit(submit({"1"}));
  EXPECT_EQ(look("1"), Repeats::Seen::stored);
  EXPECT_EQ(state_.size(), 2u) << "the hash's key and one chunk";
}

TEST_F(RepeatsTest, MemoryAndStateAreBoundedByMaxIds) {
  restart();
  for (int i = 0; i < 1000; ++i) commit(submit({std::to_string(i), std::to_string(i) + "b"}));
  EXPECT_LE(repeats_->size(), 100u);
  EXPECT_LE(state_.size(), 51u);
  EXPECT_EQ(look("0"), Repeats::Seen::never);
  EXPECT_EQ(look("999"), Repeats::Seen::stored);
  restart();
  EXPECT_EQ(look("999"), Repeats::Seen::stored);
}

TEST_F(RepeatsTest, StateThatMakesNoSenseIsIgnored) {
  state_ = {{"seen", "x"}, {"seen/", ""}, {"seen/abc", "x"}, {"seen/12345678", "short"}, {"seen-seed", "?"}};
  restart();
  commit(submit({"1"}));
  restart();
  EXPECT_EQ(look("1"), Repeats::Seen::stored);
}

}  // namespace
}  // namespace tidegate
