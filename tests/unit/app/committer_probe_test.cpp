#include "gateway/app/committer_probe.h"

#include <gtest/gtest.h>

#include "tests/unit/intake/recording_spool.h"

namespace tidegate {
namespace {

TEST(CommitterProbe, IsAliveWhileProbesComeBack) {
  RecordingSpool spool;
  CommitterProbe probe(spool, SourceId{});
  EXPECT_TRUE(probe.alive());
  spool.receipts.back()(Admission::durable);
  EXPECT_TRUE(probe.alive());
  EXPECT_EQ(spool.submissions.size(), 2u);
}

TEST(CommitterProbe, IsNotAliveWhenAProbeStaysAway) {
  RecordingSpool spool;
  CommitterProbe probe(spool, SourceId{});
  EXPECT_TRUE(probe.alive());
  EXPECT_FALSE(probe.alive());
  EXPECT_EQ(spool.submissions.size(), 1u) << "probes must not pile up";
}

TEST(CommitterProbe, ADiskThatTheSpoolWaitsForIsNoReasonToRestart) {
  RecordingSpool spool;
  CommitterProbe probe(spool, SourceId{});
  EXPECT_TRUE(probe.alive());
  spool.picture.trouble = "No space left on device";
  EXPECT_TRUE(probe.alive());
  spool.picture = {};
  spool.picture.full = true;
  EXPECT_TRUE(probe.alive());
}

}  // namespace
}  // namespace tidegate
