#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "gateway/base/random.h"
#include "tests/unit/spool/spool_box.h"

/// What the spool does about intruders: a second process, a newer format, bit rot while it runs, books that were
/// tampered with.
namespace tidegate::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Runs SQL on the spool's file from outside.
void tamper(const SpoolBox& box, const std::string& sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open((box.options.data_dir / "spool.db").c_str(), &db), SQLITE_OK);
  sqlite3_busy_timeout(db, 10'000);
  char* message = nullptr;
  EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK) << message;
  sqlite3_close(db);
}

TEST(SpoolGuard, ASecondProcessIsRefusedAndToldWhoHasTheDirectory) {
  SpoolBox box;
  int ready[2];
  int done[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(done), 0);
  const pid_t child = ::fork();
  char byte = 'x';
  if (child == 0) {
    // Its end of `done` must not keep the pipe open.
    ::close(done[1]);
    auto mine = Spool::open(box.options, box.specs, {"floor"}, box.clock, box.health, box.metrics, box.opening);
    if (!mine || ::write(ready[1], &byte, 1) != 1) ::_exit(1);
    ::_exit(::read(done[0], &byte, 1) == 0 ? 0 : 1);
  }
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  auto second = Spool::open(box.options, box.specs, {"floor"}, box.clock, box.health, box.metrics, box.opening);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::refused);
  EXPECT_THAT(second.error().message, HasSubstr("process " + std::to_string(child)));
  ::close(done[1]);
  int status = 1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  // The lock died with its process.
  box.open();
  EXPECT_TRUE(box.spool);
}

TEST(SpoolGuard, ANewerFormatIsRefusedAndLeftAsItIs) {
  SpoolBox box;
  box.open();
  ASSERT_EQ(box.append({event_of("a")}), Admission::durable);
  box.spool.reset();
  tamper(box, "PRAGMA user_version = 99");
  auto opened = Spool::open(box.options, box.specs, {"floor"}, box.clock, box.health, box.metrics, box.opening);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::refused);
  EXPECT_THAT(opened.error().message, HasSubstr("newer Tidegate"));
  tamper(box, "PRAGMA user_version = 1");
  box.open();
  EXPECT_THAT(box.read_all(), ElementsAre("a"));
}

TEST(SpoolGuard, ABlockThatRotsWhileRunningIsSetAsideAndItsEventsAreCountedAsLost) {
  SpoolBox box;
  box.open();
  ASSERT_EQ(box.append({event_of("a"), event_of("b")}), Admission::durable);
  ASSERT_EQ(box.append({event_of("c")}), Admission::durable);
  ASSERT_EQ(box.append({event_of("d")}), Admission::durable);
  tamper(box, "UPDATE log SET body = x'00' || substr(body, 2) WHERE first_seq = 3");
  EXPECT_THAT(box.read_all(), ElementsAre("a", "b", "d"));
  // Also one that a worker had in its hands.
  ASSERT_TRUE(box.deliver({1, 2, 3, 4}, 4));
  EXPECT_EQ(box.ledger().lost, 1u);
  EXPECT_EQ(box.ledger().delivered, 3u);
  EXPECT_EQ(box.ledger().pending, 0u);
  EXPECT_EQ(box.faults(), "");
}

TEST(SpoolGuard, PagesThatRotWhileRunningAreRebuiltAround) {
  SpoolBox box;
  box.open();
  SeededRandom random(3);
  for (int i = 0; i < 40; ++i) {
    std::string data = std::to_string(1000 + i);
    while (data.size() < 20'000) data += static_cast<char>(random.next());
    ASSERT_EQ(box.append({event_of(data)}), Admission::durable);
  }
  // Everything is in the database file then, and not in a cache.
  box.reopen();
  {
    std::fstream file(box.options.data_dir / "spool.db", std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(60 * 4096);
    file << std::string(50 * 4096, '\x5a');
  }
  std::vector<std::string> found = box.read_all();
  // The lane is told to read again when the rebuilt spool is in place; a settlement waits for that as well.
  while (box.ledger().lost == 0) {
    ASSERT_TRUE(box.deliver({}, 0));
    found = box.read_all();
  }
  found = box.read_all();
  EXPECT_LT(found.size(), 40u);
  EXPECT_EQ(box.ledger().lost + found.size(), 40u);
  ASSERT_EQ(box.append({event_of("y")}), Admission::durable);
  ASSERT_EQ(box.append({event_of("z")}), Admission::durable);
  EXPECT_EQ(box.health.entries().at("spool").state, HealthState::alarm);
  EXPECT_EQ(box.read_all().back(), "z");
  EXPECT_EQ(box.faults(), "");
}

class Tampered : public ::testing::TestWithParam<const char*> {};

TEST_P(Tampered, AnAuditFindsIt) {
  SpoolBox box;
  box.open();
  ASSERT_EQ(box.append({event_of("a"), event_of("b"), event_of("c")}, {0, 1}), Admission::durable);
  ASSERT_EQ(box.append({event_of("d")}, {0, 1}), Admission::durable);
  Settlement settlement;
  settlement.lane = box.lane();
  settlement.dead.push_back({Seq{1}, event_of("a"), DeadReason::rejected, "no", 1, {}, {}});
  settlement.deferred.push_back({Seq{2}, event_of("b"), 1, {}, {}, {}, "later"});
  settlement.cursor = Seq{2};
  ASSERT_TRUE(box.settle(settlement));
  ASSERT_EQ(box.faults(), "");
  tamper(box, GetParam());
  EXPECT_NE(box.faults(), "");
}
INSTANTIATE_TEST_SUITE_P(SpoolGuard, Tampered,
                         ::testing::Values("DELETE FROM log WHERE first_seq = 4", "DELETE FROM dead_letters",
                                           "DELETE FROM deferred", "UPDATE lanes SET delivered = delivered + 1",
                                           "UPDATE lanes SET cursor = 4", "UPDATE sources SET routed = 5",
                                           "UPDATE spool SET last_seq = 9",
                                           "UPDATE log SET body = zeroblob(length(body)) WHERE first_seq = 1",
                                           "UPDATE log SET lanes = zeroblob(length(lanes)) WHERE first_seq = 1",
                                           "UPDATE log SET first_seq = 40 WHERE first_seq = 4"));

}  // namespace
}  // namespace tidegate::testing
