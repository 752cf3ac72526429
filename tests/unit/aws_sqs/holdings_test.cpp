#include "connectors/aws_sqs/holdings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/aws_sqs/limits.h"

namespace tidegate::aws_sqs {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class HoldingsTest : public ::testing::Test {
 protected:
  static std::vector<std::string> ids_of(const std::vector<Holdings::Entry>& entries) {
    std::vector<std::string> ids;
    for (const Holdings::Entry& entry : entries) ids.push_back(entry.id + "/" + entry.handle);
    return ids;
  }
  std::vector<std::string> stored() { return ids_of(holdings_.take_stored()); }
  std::vector<std::string> ageing() { return ids_of(holdings_.take_ageing(now_)); }

  SteadyTime now_{100s};
  Holdings holdings_{30s};
};

TEST_F(HoldingsTest, NothingIsDeletedBeforeItIsStored) {
  holdings_.hold("a", "1", now_);
  holdings_.hold("b", "2", now_);
  EXPECT_THAT(stored(), IsEmpty());
  holdings_.stored("b");
  holdings_.stored("b");
  holdings_.stored("nobody");
  EXPECT_THAT(stored(), ElementsAre("b/2"));
  EXPECT_THAT(stored(), IsEmpty()) << "it is on its way";
  holdings_.deleted({"b", "2"});
  EXPECT_EQ(holdings_.size(), 1u);
}

TEST_F(HoldingsTest, ABatchOfDeletesHasTenAtMostTheOldestFirst) {
  for (int i = 0; i < 13; ++i) {
    holdings_.hold(std::to_string(i), "h", now_);
    holdings_.stored(std::to_string(i));
  }
  const auto first = stored();
  ASSERT_EQ(first.size(), limits::kSqsBatchEventsMax);
  EXPECT_EQ(first.front(), "0/h");
  EXPECT_THAT(stored(), ElementsAre("10/h", "11/h", "12/h"));
}

TEST_F(HoldingsTest, WhatCouldNotBeDeletedIsDeletedLater) {
  holdings_.hold("a", "1", now_);
  holdings_.stored("a");
  EXPECT_THAT(stored(), ElementsAre("a/1"));
  holdings_.delete_again({"a", "1"});
  EXPECT_THAT(stored(), ElementsAre("a/1"));
}

TEST_F(HoldingsTest, AMessageThatComesAgainIsDeletedUnderItsNewHandle) {
  EXPECT_TRUE(holdings_.hold("a", "1", now_));
  EXPECT_FALSE(holdings_.hold("a", "2", now_));
  holdings_.stored("a");
  EXPECT_THAT(stored(), ElementsAre("a/2"));
  EXPECT_FALSE(holdings_.hold("a", "3", now_));
  holdings_.delete_refused({"a", "2"});
  EXPECT_THAT(stored(), ElementsAre("a/3"));
  holdings_.delete_refused({"a", "3"});
  EXPECT_EQ(holdings_.size(), 0u) << "the queue gives it out again";
}

TEST_F(HoldingsTest, AMessageThatWaitsIsExtendedWhenHalfOfItsTimeIsOver) {
  holdings_.hold("a", "1", now_);
  EXPECT_EQ(holdings_.next_ageing(), now_ + 15s);
  now_ += 14s;
  EXPECT_THAT(ageing(), IsEmpty());
  now_ += 1s;
  EXPECT_THAT(ageing(), ElementsAre("a/1"));
  EXPECT_THAT(ageing(), IsEmpty()) << "it is on its way";
  holdings_.extended({"a", "1"}, now_);
  EXPECT_EQ(holdings_.next_ageing(), now_ + 15s);
}

TEST_F(HoldingsTest, WhatIsStoredIsNotExtended) {
  holdings_.hold("a", "1", now_);
  holdings_.stored("a");
  now_ += 20s;
  EXPECT_THAT(ageing(), IsEmpty());
  EXPECT_EQ(holdings_.next_ageing(), SteadyTime::max());
}

TEST_F(HoldingsTest, AnExtensionThatFailsIsTriedAgainWhileThereIsTime) {
  holdings_.hold("a", "1", now_);
  now_ += 15s;
  EXPECT_THAT(ageing(), ElementsAre("a/1"));
  holdings_.not_extended({"a", "1"}, now_, false);
  EXPECT_GT(holdings_.next_ageing(), now_);
  now_ = holdings_.next_ageing();
  EXPECT_THAT(ageing(), ElementsAre("a/1"));
  now_ += 14s;
  holdings_.not_extended({"a", "1"}, now_, false);
  EXPECT_EQ(holdings_.next_ageing(), SteadyTime::max()) << "its time is over: it comes again";
  EXPECT_FALSE(holdings_.hold("a", "2", now_));
  EXPECT_EQ(holdings_.next_ageing(), now_ + 15s);
}

TEST_F(HoldingsTest, AnExtensionOfAnOldHandleSaysNothingOfTheNewOne) {
  holdings_.hold("a", "1", now_);
  now_ += 15s;
  EXPECT_THAT(ageing(), ElementsAre("a/1"));
  holdings_.hold("a", "2", now_);
  holdings_.not_extended({"a", "1"}, now_, true);
  now_ += 15s;
  EXPECT_THAT(ageing(), ElementsAre("a/2"));
}

TEST_F(HoldingsTest, MoreThanABatchThatAgesIsExtendedInTwo) {
  for (int i = 0; i < 12; ++i) holdings_.hold(std::to_string(i), "h", now_);
  now_ += 15s;
  EXPECT_EQ(ageing().size(), 10u);
  EXPECT_LE(holdings_.next_ageing(), now_);
  EXPECT_EQ(ageing().size(), 2u);
}

TEST_F(HoldingsTest, WhatWasLetGoIsNewWhenItComesAgain) {
  holdings_.hold("a", "1", now_);
  EXPECT_EQ(holdings_.let_go("a"), "1");
  EXPECT_EQ(holdings_.let_go("a"), "");
  holdings_.stored("a");
  EXPECT_THAT(stored(), IsEmpty());
  EXPECT_TRUE(holdings_.hold("a", "2", now_));
}

}  // namespace
}  // namespace tidegate::aws_sqs
