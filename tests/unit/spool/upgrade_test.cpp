#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/spool/block.h"
#include "gateway/spool/books.h"
#include "gateway/spool/record.h"
#include "gateway/spool/varint.h"
#include "tests/unit/spool/spool_box.h"

/// A data directory that a Tidegate of format 1 left behind, made here of that format's own tables.
namespace tidegate::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

/// Format 1 as it was; never to be changed.
constexpr const char* kFormat1 = R"sql(
PRAGMA application_id = 1415858036;
PRAGMA journal_mode = WAL;
CREATE TABLE spool(
  id INTEGER PRIMARY KEY CHECK (id = 1), commits INTEGER NOT NULL, last_seq INTEGER NOT NULL, age_ms INTEGER NOT NULL,
  wall_ms INTEGER NOT NULL, unaccounted INTEGER NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE lanes(
  id INTEGER PRIMARY KEY, route TEXT NOT NULL, sink TEXT NOT NULL, cursor INTEGER NOT NULL, ahead BLOB NOT NULL,
  received INTEGER NOT NULL, delivered INTEGER NOT NULL, filtered INTEGER NOT NULL, dead INTEGER NOT NULL,
  expired INTEGER NOT NULL, evicted INTEGER NOT NULL, lost INTEGER NOT NULL, removed INTEGER NOT NULL,
  dropped INTEGER NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE sources(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, received INTEGER NOT NULL, routed INTEGER NOT NULL,
  filtered INTEGER NOT NULL, kept INTEGER NOT NULL, evicted INTEGER NOT NULL, repeats INTEGER NOT NULL,
  checksum INTEGER NOT NULL);
CREATE TABLE source_state(
  source INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (source, key)) WITHOUT ROWID;
CREATE TABLE log(
  first_seq INTEGER PRIMARY KEY, count INTEGER NOT NULL, committed_at INTEGER NOT NULL, age_ms INTEGER NOT NULL,
  lanes BLOB NOT NULL, codec INTEGER NOT NULL, raw_bytes INTEGER NOT NULL, checksum INTEGER NOT NULL,
  body BLOB NOT NULL);
CREATE TABLE deferred(
  lane INTEGER NOT NULL, seq INTEGER NOT NULL, attempts INTEGER NOT NULL, retry_at INTEGER NOT NULL,
  first_failure INTEGER NOT NULL, last_failure INTEGER NOT NULL, reason TEXT NOT NULL, record BLOB NOT NULL,
  PRIMARY KEY (lane, seq)) WITHOUT ROWID;
CREATE TABLE dead_letters(
  number INTEGER PRIMARY KEY AUTOINCREMENT, lane INTEGER NOT NULL, seq INTEGER NOT NULL, why INTEGER NOT NULL,
  attempts INTEGER NOT NULL, first_failure INTEGER NOT NULL, last_failure INTEGER NOT NULL, reason TEXT NOT NULL,
  record BLOB NOT NULL);
CREATE TABLE damaged(
  first_seq INTEGER NOT NULL, found_at INTEGER NOT NULL, count INTEGER NOT NULL, lanes BLOB, codec INTEGER,
  raw_bytes INTEGER, checksum INTEGER, body BLOB);
INSERT INTO source_state VALUES (1, x'61', x'31'), (1, x'62', x'32');
PRAGMA user_version = 1;
)sql";

constexpr std::int64_t kWall = 1'760'000'000'000;

void put_block(SQLite::Database& db, const BlockHead& head, const std::vector<Event>& events) {
  std::string raw;
  for (const Event& event : events) {
    std::string record;
    put_record(record, event);
    put_bytes(raw, record);
  }
  BlockCodec codec;
  const BlockBody body = codec.seal(head.first, raw);
  const std::string lanes = head.lanes.encode(head.place());
  SQLite::Statement put(db, "INSERT INTO log VALUES (1, ?, ?, 0, ?, ?, ?, ?, ?)");
  put.bind(1, head.count);
  put.bind(2, kWall);
  put.bind(3, lanes.data(), static_cast<int>(lanes.size()));
  put.bind(4, static_cast<int>(body.codec));
  put.bind(5, static_cast<std::int64_t>(body.raw_bytes));
  put.bind(6, static_cast<std::int64_t>(body.checksum));
  put.bind(7, body.bytes.data(), static_cast<int>(body.bytes.size()));
  put.exec();
}

/// Three events, two of them for the lane temps/cloud, brought by the source "floor".
void write_format_1(const std::filesystem::path& dir) {
  std::filesystem::create_directories(dir);
  SQLite::Database db((dir / "spool.db").string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  db.exec(kFormat1);
  BlockHead head;
  head.first = Seq{1};
  head.count = 3;
  head.committed_at = WallTime{milliseconds{kWall}};
  for (const std::uint32_t index : {0u, 2u}) head.lanes.add(LaneId{1}, index);
  put_block(db, head, {event_of("a"), event_of("b"), event_of("c")});
  LaneBook lane;
  lane.id = LaneId{1};
  lane.route = "temps";
  lane.sink = "cloud";
  lane.received = 2;
  db.exec("INSERT INTO lanes VALUES (1, 'temps', 'cloud', 0, x'', 2, 0, 0, 0, 0, 0, 0, 0, 0, " +
          std::to_string(static_cast<std::int64_t>(lane.digest())) + ")");
  SourceBook source;
  source.id = SourceId{1};
  source.name = "floor";
  source.received = 3;
  source.routed = 2;
  source.filtered = source.kept = 1;
  db.exec("INSERT INTO sources VALUES (1, 'floor', 3, 2, 1, 1, 0, 0, " +
          std::to_string(static_cast<std::int64_t>(source.digest())) + ")");
  SpoolBook spool;
  spool.commits = 1;
  spool.last = Seq{3};
  spool.wall = WallTime{milliseconds{kWall}};
  db.exec("INSERT INTO spool VALUES (1, 1, 3, 0, 1760000000000, 0, " +
          std::to_string(static_cast<std::int64_t>(spool.digest())) + ")");
}

struct SpoolUpgrade : ::testing::Test {
  SpoolUpgrade() { write_format_1(box.options.data_dir); }
  SpoolBox box;
};

TEST_F(SpoolUpgrade, ASpoolOfFormat1IsReadAsItIsBeforeItIsOpenedForWriting) {
  EXPECT_EQ(box.faults(), "");
  auto scan = LogScan::open(box.options.data_dir);
  ASSERT_TRUE(scan) << scan.error().message;
  const LogPage page = scan->next({}, 1u << 20).value();
  ASSERT_EQ(page.events.size(), 3u);
  EXPECT_EQ(page.events[2].event, event_of("c"));
  EXPECT_EQ(page.events[2].source, SourceId{0});
  EXPECT_THAT(page.events[2].lanes, ElementsAre(LaneId{1}));
  EXPECT_EQ(scan->source_name(page.events[2].source), "");
}

TEST_F(SpoolUpgrade, NothingIsLostOnTheWayToFormat2AndNewEventsKnowTheirSource) {
  box.options.retain = milliseconds{3'600'000};
  box.open();
  EXPECT_FALSE(box.opening.salvage);
  EXPECT_THAT(box.read_all(), ElementsAre("a", "c"));
  EXPECT_THAT(box.spool->source_state(box.opening.sources[0], ""), ElementsAre(Pair("a", "1"), Pair("b", "2")));
  ASSERT_EQ(box.append({event_of("d")}, {0}, {{"b", "", true}, {"c", "3", false}}), Admission::durable);
  box.reopen();
  EXPECT_THAT(box.spool->source_state(box.opening.sources[0], ""), ElementsAre(Pair("a", "1"), Pair("c", "3")));
  const LaneRead read = box.spool->read(box.lane(), Seq{0}, 10, 1u << 20).value();
  ASSERT_EQ(read.events.size(), 3u);
  EXPECT_EQ(read.events[0].source, SourceId{0});
  EXPECT_EQ(read.events[2].source, box.opening.sources[0]);
  EXPECT_EQ(box.ledger().pending, 3u);
  EXPECT_EQ(box.faults(), "");
}

TEST_F(SpoolUpgrade, ANewLaneAsksAboutOldEventsWithoutTheirSource) {
  std::vector<std::string> sources;
  box.specs.push_back({"early", "s", {StartAt::Kind::earliest, {}}, [&](const Event&, const std::string& source) {
                         sources.push_back(source);
                         return true;
                       }});
  box.open();
  EXPECT_THAT(sources, ElementsAre("", "", ""));
  EXPECT_THAT(box.read_all(2), ElementsAre("a", "b", "c"));
}

TEST_F(SpoolUpgrade, ADamagedSpoolOfFormat1IsSalvagedIntoFormat2) {
  {
    SQLite::Database db((box.options.data_dir / "spool.db").string(), SQLite::OPEN_READWRITE);
    db.exec("UPDATE lanes SET received = 7");
  }
  box.open();
  ASSERT_TRUE(box.opening.salvage);
  EXPECT_THAT(box.spool->source_state(box.opening.sources.at(0), ""), ElementsAre(Pair("a", "1"), Pair("b", "2")));
  EXPECT_EQ(box.faults(), "");
}

TEST(SpoolState, ARowThatIsNotWhatWasWrittenIsForgottenAndNamedByAnAudit) {
  SpoolBox box;
  box.open();
  ASSERT_EQ(box.append({event_of("a")}, {0}, {{"one", "1", false}, {"two", "2", false}}), Admission::durable);
  Settlement settlement;
  settlement.lane = box.lane();
  settlement.state = {{"k", "v", false}, {"l", "w", false}};
  ASSERT_TRUE(box.settle(settlement));
  box.spool.reset();
  {
    SQLite::Database db((box.options.data_dir / "spool.db").string(), SQLite::OPEN_READWRITE);
    db.exec("UPDATE source_state SET value = x'39' WHERE key = x'6f6e65'");
    db.exec("UPDATE lane_state SET value = x'39' WHERE key = x'6b'");
  }
  EXPECT_THAT(box.faults(), ::testing::HasSubstr("source 1 remembers"));
  EXPECT_THAT(box.faults(), ::testing::HasSubstr("lane 1 remembers"));
  box.open();
  EXPECT_THAT(box.spool->source_state(box.opening.sources[0], ""), ElementsAre(Pair("two", "2")));
  EXPECT_THAT(box.spool->lane_state_rows(box.lane()).value(), ElementsAre(Pair("l", "w")));
}

}  // namespace
}  // namespace tidegate::testing
