#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>
#include <set>

#include "gateway/base/random.h"
#include "tests/unit/spool/spool_box.h"

namespace tidegate::testing {
namespace {

namespace fs = std::filesystem;

constexpr int kEvents = 600;

std::string data_of(int n) {
  SeededRandom random(static_cast<std::uint64_t>(n));
  std::string out = fmt::format("event-{:05}-", n);
  while (out.size() < 300) out += fmt::format("{:016x}", random.next());
  return out;
}

/// A spool with a backlog on two lanes, deferred events and dead letters, as files: closed cleanly, or as a kill leaves
/// it (with its write-ahead log).
void make_spool(SpoolBox& box, const fs::path& killed) {
  box.options.retain = milliseconds{3'600'000};
  box.open();
  SeededRandom random(5);
  for (int n = 0; n < kEvents;) {
    std::vector<Event> events;
    for (std::uint64_t i = 0, size = 1 + random.below(30); i < size && n < kEvents; ++i)
      events.push_back(event_of(data_of(n++)));
    ASSERT_EQ(box.append(events, random.below(3) == 0 ? std::vector<std::size_t>{0} : std::vector<std::size_t>{0, 1}),
              Admission::durable);
  }
  Settlement settlement;
  settlement.lane = box.lane();
  for (std::uint64_t seq = 1; seq <= 200; ++seq) {
    if (seq % 50 == 0)
      settlement.dead.push_back(
          {Seq{seq}, event_of(data_of(static_cast<int>(seq) - 1)), DeadReason::rejected, "no", 1, {}, {}});
    else if (seq % 50 == 1)
      settlement.deferred.push_back({Seq{seq}, event_of(data_of(static_cast<int>(seq) - 1)), 1, {}, {}, {}, "later"});
    else
      settlement.delivered.emplace_back(seq);
  }
  settlement.cursor = Seq{200};
  ASSERT_TRUE(box.settle(settlement));
  fs::create_directories(killed);
  for (const char* const name : {"spool.db", "spool.db-wal", "names"})
    fs::copy_file(box.options.data_dir / name, killed / name);
  box.spool.reset();
}

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write(const fs::path& file, const std::string& bytes) { std::ofstream(file, std::ios::binary) << bytes; }

std::string damaged(std::string bytes, SeededRandom& random) {
  const std::size_t at = random.below(bytes.size());
  switch (random.below(5)) {
    case 0: bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8))); break;
    case 1: bytes.resize(at); break;
    case 2:
      bytes.replace(at, std::min<std::size_t>(4096, bytes.size() - at), std::min<std::size_t>(4096, bytes.size() - at),
                    '\0');
      break;
    case 3:
      for (std::size_t i = at; i < std::min(bytes.size(), at + 64); ++i) bytes[i] = static_cast<char>(random.next());
      break;
    default:
      for (int i = 0; i < 20; ++i) bytes[random.below(bytes.size())] = static_cast<char>(random.next());
  }
  return bytes;
}

class Damage : public ::testing::TestWithParam<bool> {
 protected:
  static void SetUpTestSuite() {
    source_ = std::make_unique<SpoolBox>();
    make_spool(*source_, source_->scratch.path() / "killed");
  }
  static void TearDownTestSuite() { source_.reset(); }
  static fs::path files(bool killed) { return killed ? source_->scratch.path() / "killed" : source_->options.data_dir; }

  /// What has to hold however the files were damaged.
  static void expect_a_working_spool(SpoolBox& box, const std::string& which) {
    SCOPED_TRACE(which);
    box.open();
    ASSERT_TRUE(box.spool);
    for (const std::size_t lane : {0u, 1u}) {
      const std::vector<std::string> found = box.read_all(lane, box.spool->lane_state(box.lane(lane)).cursor.value);
      EXPECT_TRUE(std::is_sorted(found.begin(), found.end()));
      for (const std::string& data : found) ASSERT_EQ(data, data_of(std::stoi(data.substr(6, 5))));
    }
    ASSERT_EQ(box.append({event_of(data_of(99'999))}, {0, 1}), Admission::durable);
    EXPECT_EQ(box.read_all(1, box.spool->lane_state(box.lane(1)).cursor.value).back(), data_of(99'999));
    EXPECT_EQ(box.faults(), "");
    box.reopen();
    ASSERT_TRUE(box.spool);
    EXPECT_FALSE(box.opening.salvage) << "salvaged, and damaged again";
    EXPECT_EQ(box.faults(), "");
  }
  static std::unique_ptr<SpoolBox> source_;
};
std::unique_ptr<SpoolBox> Damage::source_;

TEST_P(Damage, ASpoolAlwaysStartsAndItsBooksBalance) {
  SeededRandom random(GetParam() ? 11 : 12);
  for (int round = 0; round < 300 && !HasFatalFailure(); ++round) {
    SpoolBox box;
    fs::create_directories(box.options.data_dir);
    for (const auto& entry : fs::directory_iterator(files(GetParam())))
      if (entry.path().filename() != "lock" && entry.path().filename() != "reserve")
        fs::copy_file(entry.path(), box.options.data_dir / entry.path().filename());
    const bool log_too = GetParam() && random.below(2) == 0;
    const fs::path victim = box.options.data_dir / (log_too ? "spool.db-wal" : "spool.db");
    write(victim, damaged(content(victim), random));
    expect_a_working_spool(box, fmt::format("round {}", round));
  }
}
INSTANTIATE_TEST_SUITE_P(Spool, Damage, ::testing::Values(false, true),
                         [](const auto& p) { return p.param ? "Killed" : "Closed"; });

TEST_F(Damage, ASalvageSaysWhatEachLaneLostAndKeepsTheOldFiles) {
  SpoolBox box;
  fs::create_directories(box.options.data_dir);
  for (const char* const name : {"spool.db", "names"}) fs::copy_file(files(false) / name, box.options.data_dir / name);
  const std::string bytes = content(box.options.data_dir / "spool.db");
  write(box.options.data_dir / "spool.db", bytes.substr(0, bytes.size() / 2 / 4096 * 4096));
  box.open();
  ASSERT_TRUE(box.spool);
  ASSERT_TRUE(box.opening.salvage);
  EXPECT_EQ(content(box.opening.salvage->set_aside / "spool.db").size(), bytes.size() / 2 / 4096 * 4096);
  EXPECT_GT(box.opening.salvage->events_saved, 0u);
  const std::uint64_t lost = box.opening.salvage->lost_by_lane.at("temps/cloud");
  EXPECT_EQ(box.ledger().lost, lost);
  EXPECT_EQ(box.ledger().pending, 404u - lost);
  EXPECT_EQ(box.read_all(0, 200).size() + 4, 404u - lost);
  EXPECT_EQ(box.faults(), "");
  EXPECT_EQ(box.health.entries().at("spool").state, HealthState::alarm);
}

TEST_F(Damage, WithoutItsFirstPageTheLogIsStillFound) {
  SpoolBox box;
  fs::create_directories(box.options.data_dir);
  fs::copy_file(files(false) / "spool.db", box.options.data_dir / "spool.db");
  std::string bytes = content(box.options.data_dir / "spool.db");
  bytes.replace(0, 4096, std::string(4096, '\x5a'));
  write(box.options.data_dir / "spool.db", bytes);
  box.open();
  ASSERT_TRUE(box.spool);
  ASSERT_TRUE(box.opening.salvage);
  EXPECT_EQ(box.ledger().pending, 404u);
  EXPECT_EQ(box.read_all(0, 200).size(), 400u);
  EXPECT_EQ(box.faults(), "");
}

TEST_F(Damage, ASalvageThatWasCutShortIsFinishedAtTheNextStart) {
  SpoolBox box;
  const fs::path aside = box.options.data_dir / "damaged-20261124T000000Z";
  fs::create_directories(aside);
  fs::copy_file(files(false) / "spool.db", aside / "spool.db");
  write(aside / "salvage-unfinished", "");
  write(box.options.data_dir / "spool.salvage.db", "half written");
  box.open();
  ASSERT_TRUE(box.spool);
  ASSERT_TRUE(box.opening.salvage);
  EXPECT_EQ(box.read_all(0, 200).size(), 400u);
  EXPECT_FALSE(fs::exists(aside / "salvage-unfinished"));
  box.reopen();
  EXPECT_FALSE(box.opening.salvage);
}

TEST_F(Damage, AnEmptiedFileIsSetAside) {
  SpoolBox box;
  fs::create_directories(box.options.data_dir);
  fs::copy_file(files(false) / "names", box.options.data_dir / "names");
  write(box.options.data_dir / "spool.db", "");
  box.open();
  ASSERT_TRUE(box.spool);
  EXPECT_TRUE(box.opening.salvage);
  EXPECT_EQ(box.append({event_of("a")}), Admission::durable);
  EXPECT_EQ(box.faults(), "");
}

TEST_F(Damage, WhatNoSalvageCanHelpIsNamedWithItsRemedy) {
  SpoolBox box;
  fs::create_directories(box.options.data_dir / "spool.db");
  auto opened = Spool::open(box.options, box.specs, {"floor"}, box.clock, box.health, box.metrics, box.opening);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::io);
  EXPECT_THAT(opened.error().message, ::testing::HasSubstr("spool.db must be a file that"));
}

}  // namespace
}  // namespace tidegate::testing
