#include "gateway/spool/write_ahead_log.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>

#include "gateway/base/random.h"
#include "tests/unit/spool/spool_box.h"

namespace tidegate::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFrame = kFrameHeaderBytes + kPageBytes;

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write(const fs::path& file, const std::string& bytes) { std::ofstream(file, std::ios::binary) << bytes; }

std::string data_of(std::uint64_t n) {
  SeededRandom random(n);
  std::string out = fmt::format("event-{:06}-", n);
  while (out.size() < 2000) out += fmt::format("{:016x}", random.next());
  return out;
}

/// A spool whose log is used again and again, so that behind its present use frames of earlier ones lie.
class WriteAheadLog : public ::testing::Test {
 protected:
  WriteAheadLog() {
    box_.options.max_bytes = 4u << 20;
    box_.open();
  }
  void commit(std::uint64_t size) {
    std::vector<Event> events;
    for (std::uint64_t i = 0; i < size; ++i) events.push_back(event_of(data_of(++next_)));
    ASSERT_EQ(box_.append(events), Admission::durable);
  }
  void commit() { commit(1 + next_ % 3); }
  /// Commits until the present use of the log has a dozen commits; gives the frames that end them.
  std::vector<std::size_t> fill_log() {
    for (int n = 0; n < 500; ++n) {
      commit();
      const LogPicture picture = look_at_log(log());
      std::vector<std::size_t> ends;
      for (std::size_t i = 0; i < picture.committed; ++i)
        if (picture.frames[i].pages_after != 0) ends.push_back(i);
      if (ends.size() >= 12) return ends;
    }
    ADD_FAILURE() << "the log never gets a dozen commits";
    return {};
  }
  /// Delivers what there is, so that the spool never fills up.
  void deliver() {
    std::vector<std::uint64_t> seqs;
    for (; delivered_ < next_;) seqs.push_back(++delivered_);
    ASSERT_TRUE(box_.deliver(seqs, delivered_));
  }
  [[nodiscard]] fs::path log() const { return box_.options.data_dir / "spool.db-wal"; }
  [[nodiscard]] fs::path copy(const std::string& bytes) const {
    fs::path file = box_.scratch.path() / "copy-wal";
    write(file, bytes);
    return file;
  }
  [[nodiscard]] LogPicture look(const std::string& bytes) const { return look_at_log(copy(bytes)); }
  /// What a power cut leaves of the writes that led from one content of the log to the next. The header is not among
  /// them: SQLite syncs a new one before it writes the first frame.
  static std::string torn(const std::string& before, const std::string& after, SeededRandom& random) {
    std::string out = after;
    constexpr std::size_t kSector = 512;
    for (std::size_t at = 0; at < out.size(); at += kSector) {
      if (random.below(2) == 0) continue;
      const std::size_t end = std::min(at + kSector, out.size());
      for (std::size_t i = std::max(at, std::size_t{kLogHeaderBytes}); i < end; ++i)
        out[i] = i < before.size() ? before[i] : '\0';
    }
    return out;
  }
  /// Kills the process: the files stay as they are while it is open. Opens the copy, with this log, in its place.
  void restart_with(const std::string& log_bytes) {
    const std::string database = content(box_.options.data_dir / "spool.db");
    box_.spool.reset();
    write(box_.options.data_dir / "spool.db", database);
    write(log(), log_bytes);
    fs::remove(box_.options.data_dir / "spool.db-shm");
    box_.open();
  }

  SpoolBox box_;
  std::uint64_t next_ = 0, delivered_ = 0;
};

TEST_F(WriteAheadLog, IsReadAsSqliteReadsIt) {
  for (int n = 0; n < 300; ++n) {
    commit();
    if (n % 20 == 0) deliver();
    const LogPicture picture = look_at_log(log());
    ASSERT_GT(picture.committed, 0u);
    ASSERT_EQ(picture.synced, picture.committed);
    ASSERT_NE(picture.frames[picture.committed - 1].pages_after, 0u);
    if (picture.committed < picture.frames.size()) {
      ASSERT_FALSE(picture.frames[picture.committed].whole);
    }
  }
  EXPECT_GT(look_at_log(log()).frames.size(), look_at_log(log()).committed) << "no earlier use behind the present one";
}

TEST_F(WriteAheadLog, APowerCutIsNeverTakenForRot) {
  SeededRandom random(21);
  for (int n = 0; n < 150; ++n) {
    if (n % 20 == 0) deliver();
    const std::string before = content(log());
    commit();
    const std::string after = content(log());
    for (int i = 0; i < 10; ++i) ASSERT_FALSE(look(torn(before, after, random)).rotten()) << n << "." << i;
  }
}

TEST_F(WriteAheadLog, WhatOnePowerCutLeftDoesNotMakeTheNextOneRot) {
  SeededRandom random(22);
  for (int round = 0; round < 150; ++round) {
    for (std::uint64_t n = random.below(6); n > 0; --n) commit();
    const std::string before = content(log());
    commit(1 + random.below(12));
    const std::string cut = torn(before, content(log()), random);
    restart_with(cut);
    ASSERT_TRUE(box_.spool);
    ASSERT_FALSE(box_.opening.salvage) << round;
    // A commit that was torn is not there; its positions are given anew.
    next_ = box_.spool->snapshot().last.value;
    if (delivered_ < next_) deliver();
  }
}

TEST_F(WriteAheadLog, FramesOfALongerCommitBehindATornOneProveNothing) {
  for (int n = 0; n < 5; ++n) commit();
  const std::size_t first = look_at_log(log()).committed;
  const std::size_t at = kLogHeaderBytes + first * kFrame;
  commit(40);
  std::string bytes = content(log());
  const std::size_t long_end = look(bytes).committed;
  bytes.replace(at, kFrame, kFrame, '\0');
  restart_with(bytes);
  ASSERT_TRUE(box_.spool);
  ASSERT_FALSE(box_.opening.salvage);
  commit(1);
  bytes = content(log());
  ASSERT_LT(look(bytes).committed + 3, long_end);
  bytes.replace(at, kFrame, kFrame, '\0');
  EXPECT_FALSE(look(bytes).rotten());
}

TEST_F(WriteAheadLog, RotBeforeTheLastCommitsIsFound) {
  const std::vector<std::size_t> commits = fill_log();
  const std::string sound = content(log());
  const LogPicture picture = look(sound);
  const std::size_t provable = kLogHeaderBytes + (commits[commits.size() - 3] + 1) * kFrame;
  SeededRandom random(23);
  for (int n = 0; n < 500; ++n) {
    std::string bytes = sound;
    const std::size_t at = n < 32 ? static_cast<std::size_t>(n) : random.below(provable);
    bytes[at] = static_cast<char>(bytes[at] ^ 1 << random.below(8));
    const LogPicture found = look(bytes);
    ASSERT_TRUE(found.rotten()) << "byte " << at;
    EXPECT_EQ(found.synced, picture.committed) << "byte " << at;
  }
}

TEST_F(WriteAheadLog, CommitsBehindRotAreSavedAndTheRestIsReported) {
  fill_log();
  const std::uint64_t last = next_;
  std::string bytes = content(log());
  const std::size_t third = look(bytes).committed / 3;
  bytes[frame_page_at(third) + 2000] ^= 0x10;
  restart_with(bytes);
  ASSERT_TRUE(box_.spool);
  ASSERT_TRUE(box_.opening.salvage);
  EXPECT_EQ(box_.ledger().received, last);
  EXPECT_EQ(box_.ledger().pending + box_.ledger().lost, last);
  // A frame is a page, and no block of these has a page to share with more than one other.
  EXPECT_LE(box_.ledger().lost, 6u);
  EXPECT_EQ(box_.read_all().size(), box_.ledger().pending);
  EXPECT_EQ(box_.read_all().back(), data_of(last));
  EXPECT_EQ(box_.faults(), "");
  EXPECT_TRUE(fs::exists(box_.opening.salvage->set_aside / "spool.db-wal.rotten"));
  box_.reopen();
  EXPECT_FALSE(box_.opening.salvage);
}

TEST_F(WriteAheadLog, RotInItsHeaderLosesNothing) {
  fill_log();
  std::string bytes = content(log());
  for (std::size_t i = 0; i < kLogHeaderBytes; ++i) bytes[i] = '\x33';
  restart_with(bytes);
  ASSERT_TRUE(box_.spool);
  ASSERT_TRUE(box_.opening.salvage);
  EXPECT_EQ(box_.read_all().size(), next_);
  EXPECT_EQ(box_.faults(), "");
}

TEST_F(WriteAheadLog, AnyBytesAreLookedAtWithoutHarm) {
  for (int n = 0; n < 20; ++n) commit();
  const std::string sound = content(log());
  SeededRandom random(24);
  for (int n = 0; n < 500; ++n) {
    std::string bytes = sound.substr(0, random.below(sound.size() + 1));
    for (std::uint64_t edits = random.below(50); edits > 0 && !bytes.empty(); --edits)
      bytes[random.below(bytes.size())] = static_cast<char>(random.next());
    const LogPicture picture = look(bytes);
    ASSERT_LE(picture.committed, picture.frames.size());
    ASSERT_LE(picture.synced, picture.frames.size());
    const fs::path file = copy(bytes);
    fs::remove(file.string() + ".rotten");
    ASSERT_TRUE(mend_log(file));
    ASSERT_FALSE(look_at_log(file).rotten());
  }
}

}  // namespace
}  // namespace tidegate::testing
