#include "gateway/app/replay_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace tidegate {
namespace {

using nlohmann::json;

json replay() {
  return {{"replay", 5},   {"route", "hot"}, {"to", "cloud"}, {"state", "waiting"}, {"detail", "room in the spool"},
          {"percent", 42}, {"copied", 1200}};
}

TEST(ReplayText, ProgressSaysHowFarItIsAndWhatItWaitsFor) {
  EXPECT_EQ(replay_progress(replay()), " 42 %  1200 events  waiting: room in the spool");
}

TEST(ReplayText, TheOutcomeSaysWhatWasLeftOutAndWhy) {
  json done = replay();
  done.update(
      {{"state", "done"}, {"detail", ""}, {"pending", 3}, {"expired", 4}, {"log_begins", "2026-05-01T06:00:00.000Z"}});
  EXPECT_EQ(replay_outcome(done),
            "1200 events of hot/cloud go out again\n"
            "3 are left out: they have yet to be delivered for the first time\n"
            "4 are left out: they are older than the sink's max_age\n"
            "the log begins at 2026-05-01T06:00:00.000Z: what came before is no longer kept (spool.retain)\n");
}

TEST(ReplayText, ADryRunAndACancelledReplayAreNoOrdinaryOnes) {
  json row = replay();
  row.update({{"state", "done"}, {"detail", ""}, {"dry_run", true}});
  EXPECT_EQ(replay_outcome(row), "1200 events of hot/cloud would be sent again\n");
  row.update({{"state", "cancelled"}, {"dry_run", false}});
  EXPECT_EQ(replay_outcome(row), "replay cancelled: 1200 events of hot/cloud go out again\n");
}

TEST(ReplayText, TheListIsATable) {
  EXPECT_EQ(replay_table(json::array({replay()})),
            "REPLAY  ROUTE      STATE    EVENTS   %\n"
            "     5  hot/cloud  waiting    1200  42\n");
}

}  // namespace
}  // namespace tidegate
