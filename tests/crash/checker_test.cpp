#include "tests/crash/checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidegate::crash {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Evidence clean() {
  Evidence evidence;
  evidence.keys = 2;
  evidence.arrivals = {{"a", 1, 1}, {"b", 1, 2}, {"c", 1, 3}};
  evidence.owed[1] = {false, true, true, true};
  return evidence;
}

TEST(CrashChecker, AcceptsACleanRun) {
  const Verdict verdict = check(clean());
  EXPECT_THAT(verdict.faults, IsEmpty());
  EXPECT_EQ(verdict.events, 3u);
  EXPECT_EQ(verdict.repeats, 0u);
}

TEST(CrashChecker, FindsAnAcknowledgedEventThatIsMissing) {
  Evidence evidence = clean();
  evidence.arrivals.pop_back();
  EXPECT_THAT(check(evidence).faults, ElementsAre(HasSubstr("never arrived: publisher 1 seq 3")));
}

TEST(CrashChecker, TellsApartWhatTheBrokerForgot) {
  Evidence evidence = clean();
  evidence.arrivals.pop_back();
  evidence.excused[1] = {false, false, false, true};
  const Verdict verdict = check(evidence);
  EXPECT_THAT(verdict.faults, IsEmpty());
  EXPECT_EQ(verdict.forgotten, 1u);
}

TEST(CrashChecker, FindsAChangedId) {
  Evidence evidence = clean();
  evidence.arrivals.push_back({"other", 1, 2});
  EXPECT_THAT(check(evidence).faults, ElementsAre(HasSubstr("changed their id: publisher 1 seq 2")));
}

TEST(CrashChecker, FindsAnIdThatTwoEventsShare) {
  Evidence evidence = clean();
  evidence.repeats_allowed = 1;
  evidence.arrivals[2].id = "a";
  EXPECT_THAT(check(evidence).faults, ElementsAre(HasSubstr("more than one event: a came with publisher 1 seq 3")));
}

TEST(CrashChecker, FindsDisorderWithinAKeyOnly) {
  Evidence evidence = clean();
  std::swap(evidence.arrivals[0], evidence.arrivals[1]);  // keys 1 and 0: no order between them
  EXPECT_THAT(check(evidence).faults, IsEmpty());
  std::swap(evidence.arrivals[1], evidence.arrivals[2]);  // seq 3 before seq 1, both key 1
  EXPECT_THAT(check(evidence).faults, ElementsAre(HasSubstr("out of order")));
}

TEST(CrashChecker, AllowsOnlySoManyRepeats) {
  Evidence evidence = clean();
  evidence.arrivals.push_back({"b", 1, 2});
  evidence.repeats_allowed = 1;
  EXPECT_THAT(check(evidence).faults, IsEmpty());
  evidence.arrivals.push_back({"b", 1, 2});
  EXPECT_THAT(check(evidence).faults, ElementsAre(HasSubstr("2 repeated arrivals, at most 1")));
}

TEST(CrashChecker, FindsWhatTheLedgerTookInAndNeverGaveOut) {
  Evidence evidence = clean();
  evidence.stored = 4;
  EXPECT_THAT(check(evidence).faults, ElementsAre(HasSubstr("took in 4 events, 3 different ids arrived")));
}

}  // namespace
}  // namespace tidegate::crash
