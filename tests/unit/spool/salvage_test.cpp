#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>
#include <numeric>
#include <set>

#include "gateway/base/random.h"
#include "tests/unit/spool/spool_box.h"

/// What a salvage brings back, against what is known to be in the pages that were not damaged.
namespace tidegate::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPage = 4096;
constexpr std::uint64_t kEvents = 5600;
constexpr std::uint64_t kDelivered = 1500;
constexpr std::size_t kEventBytes = 900;

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write(const fs::path& file, const std::string& bytes) { std::ofstream(file, std::ios::binary) << bytes; }

/// Event n has this data, and the position n.
std::string data_of(std::uint64_t n, std::size_t bytes) {
  SeededRandom random(n);
  std::string out = fmt::format("event-{:06}-", n);
  while (out.size() < bytes) out += fmt::format("{:016x}", random.next());
  return out;
}

using Positions = std::set<std::uint64_t>;

/// Where each block of a log lies, as SQLite's own statistics tell it.
struct Layout {
  struct Block {
    Positions events;
    std::set<std::uint64_t> pages;
  };
  std::vector<Block> blocks;
  std::vector<std::uint64_t> inner;  ///< pages of the log's tree that hold no rows
  std::uint64_t free = 0;            ///< pages on the list of the free ones

  explicit Layout(const fs::path& file) {
    SQLite::Database db(file.string());
    free = static_cast<std::uint64_t>(db.execAndGet("PRAGMA freelist_count").getInt64());
    SQLite::Statement rows(db, "SELECT first_seq, count FROM log ORDER BY first_seq");
    // A path gives the way from the root, in three hex digits a step; what a cell has elsewhere follows on "+".
    std::map<std::string, std::pair<std::uint64_t, std::int64_t>> leaves;
    std::map<std::string, std::set<std::uint64_t>> elsewhere;
    SQLite::Statement pages(db, "SELECT path, pageno, pagetype, ncell FROM dbstat WHERE name = 'log'");
    while (pages.executeStep()) {
      const std::string path = pages.getColumn(0).getString();
      const auto number = static_cast<std::uint64_t>(pages.getColumn(1).getInt64());
      const std::string type = pages.getColumn(2).getString();
      if (type == "leaf")
        leaves[path] = {number, pages.getColumn(3).getInt64()};
      else if (type == "overflow")
        elsewhere[path.substr(0, path.find('+'))].insert(number);
      else
        inner.push_back(number);
    }
    for (const auto& [path, leaf] : leaves)
      for (std::int64_t cell = 0; cell < leaf.second; ++cell) {
        EXPECT_TRUE(rows.executeStep());
        Block& block = blocks.emplace_back();
        const auto first = static_cast<std::uint64_t>(rows.getColumn(0).getInt64());
        for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(rows.getColumn(1).getInt64()); ++i)
          block.events.insert(first + i);
        block.pages = elsewhere[fmt::format("{}{:03x}", path, cell)];
        block.pages.insert(leaf.first);
      }
    EXPECT_FALSE(rows.executeStep());
  }

  /// The events that are still to be delivered, of the blocks that have no harmed page.
  template <class Harmed>
  [[nodiscard]] Positions owed(Harmed&& harmed) const {
    Positions out;
    for (const Block& block : blocks)
      if (std::ranges::none_of(block.pages, harmed)) out.insert(block.events.begin(), block.events.end());
    out.erase(out.begin(), out.upper_bound(kDelivered));
    return out;
  }
};

/// A log with a tree of three levels, of which the first part was delivered and removed: most pages that this left are
/// free, and still hold the old blocks.
class Salvage : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    source_ = std::make_unique<SpoolBox>();
    source_->open();
    SeededRandom random(3);
    for (std::uint64_t n = 1; n <= kEvents;) {
      std::vector<Event> events;
      for (std::uint64_t i = 0, size = 1 + random.below(4); i < size && n <= kEvents; ++i, ++n)
        events.push_back(event_of(data_of(n, kEventBytes)));
      ASSERT_EQ(source_->append(events), Admission::durable);
    }
    std::vector<std::uint64_t> delivered(kDelivered);
    std::iota(delivered.begin(), delivered.end(), 1);
    ASSERT_TRUE(source_->deliver(delivered, kDelivered));
    source_->spool.reset();
    layout_ = std::make_unique<Layout>(source_->options.data_dir / "spool.db");
    bytes_ = content(source_->options.data_dir / "spool.db");
  }
  static void TearDownTestSuite() {
    source_.reset();
    layout_.reset();
  }

  /// Opens a spool on these bytes and compares what it has with what must be there, and what may.
  static void expect_saved(const std::string& bytes, const Positions& at_least, const std::string& which) {
    SCOPED_TRACE(which);
    SpoolBox box;
    fs::create_directories(box.options.data_dir);
    write(box.options.data_dir / "spool.db", bytes);
    fs::copy_file(source_->options.data_dir / "names", box.options.data_dir / "names");
    box.open();
    ASSERT_TRUE(box.spool);
    Positions found;
    for (const std::string& data : box.read_all()) {
      const std::uint64_t n = std::stoull(data.substr(6));
      ASSERT_EQ(data, data_of(n, kEventBytes));
      ASSERT_TRUE(found.insert(n).second) << n << " twice";
    }
    Positions missing;
    std::ranges::set_difference(at_least, found, std::inserter(missing, missing.end()));
    EXPECT_TRUE(missing.empty()) << missing.size() << " of " << at_least.size() << " missing, the first "
                                 << *missing.begin();
    Positions there;
    for (const Layout::Block& block : layout_->blocks) there.insert(block.events.begin(), block.events.end());
    EXPECT_TRUE(std::ranges::includes(there, found)) << "removed events came back";
    EXPECT_EQ(box.faults(), "");
    box.reopen();
    EXPECT_FALSE(box.opening.salvage) << "salvaged, and damaged again";
  }

  static std::unique_ptr<SpoolBox> source_;
  static std::unique_ptr<Layout> layout_;
  static std::string bytes_;
};
std::unique_ptr<SpoolBox> Salvage::source_;
std::unique_ptr<Layout> Salvage::layout_;
std::string Salvage::bytes_;

TEST_F(Salvage, TheSpoolUnderTestHasInnerPagesAndFreeOnes) {
  EXPECT_GT(layout_->inner.size(), 2u);
  EXPECT_GT(layout_->free, 200u);
  EXPECT_GT(layout_->blocks.size(), 800u);
}

TEST_F(Salvage, EveryBlockIsSavedThatLiesBeforeACut) {
  for (std::size_t percent = 0; percent < 100 && !HasFailure(); percent += 5) {
    const std::size_t kept = bytes_.size() / 100 * percent;
    const Positions readable = layout_->owed([&](std::uint64_t page) { return page * kPage > kept; });
    expect_saved(bytes_.substr(0, kept), percent == 0 ? Positions{} : readable, fmt::format("cut to {} %", percent));
  }
}

TEST_F(Salvage, WithoutTheInnerPagesOfTheTreeNothingIsLost) {
  std::string bytes = bytes_;
  for (const std::uint64_t page : layout_->inner) bytes.replace((page - 1) * kPage, kPage, kPage, '\0');
  expect_saved(bytes, layout_->owed([](std::uint64_t) { return false; }), "all inner pages zeroed");
}

TEST_F(Salvage, WithoutTheListOfFreePagesNothingIsLostAndNothingComesBack) {
  std::string bytes = bytes_;
  for (const std::uint64_t page : layout_->inner) bytes.replace((page - 1) * kPage, kPage, kPage, '\0');
  bytes.replace(32, 8, "\0\0\x7f\xff\0\0\0\x09", 8);  // page 1 says where the list is, and how long
  expect_saved(bytes, layout_->owed([](std::uint64_t) { return false; }), "list of free pages lost");
}

TEST_F(Salvage, DamagedBytesCostNoBlockButTheirOwn) {
  SeededRandom random(17);
  for (int round = 0; round < 40 && !HasFailure(); ++round) {
    std::string bytes = bytes_;
    std::set<std::uint64_t> harmed;
    for (std::uint64_t places = 1 + random.below(3); places > 0; --places) {
      // Every other time in an inner page: there it costs most.
      const std::size_t page = random.below(2) == 0 ? layout_->inner[random.below(layout_->inner.size())]
                                                    : 2 + random.below(bytes.size() / kPage - 1);
      const std::size_t at = (page - 1) * kPage + random.below(kPage);
      const std::size_t size = std::min<std::size_t>(1 + random.below(600), page * kPage - at);
      for (std::size_t i = at; i < at + size; ++i) bytes[i] = static_cast<char>(random.next());
      harmed.insert(page);
    }
    expect_saved(bytes, layout_->owed([&](std::uint64_t page) { return harmed.contains(page); }),
                 fmt::format("round {}", round));
  }
}

/// Zeroes the inner pages of a table's tree; gives how many cells were in them.
std::uint64_t lose_inner_pages(const fs::path& file, const std::string& table) {
  std::string bytes = content(file);
  std::uint64_t cells = 0;
  {
    SQLite::Database db(file.string());
    SQLite::Statement pages(db, "SELECT pageno, ncell FROM dbstat WHERE name = ? AND pagetype = 'internal'");
    pages.bind(1, table);
    std::uint64_t found = 0;
    for (; pages.executeStep(); ++found) {
      bytes.replace((static_cast<std::size_t>(pages.getColumn(0).getInt64()) - 1) * kPage, kPage, kPage, '\0');
      cells += static_cast<std::uint64_t>(pages.getColumn(1).getInt64());
    }
    EXPECT_GT(found, 0u) << table;
  }
  write(file, bytes);
  return cells;
}

TEST(SalvageOfLetters, TheyAreSavedWithoutTheInnerPagesOfTheirTables) {
  SpoolBox box;
  box.open();
  constexpr std::uint64_t kLetters = 60;
  std::vector<Event> events;
  Settlement settlement;
  for (std::uint64_t n = 1; n <= 2 * kLetters; ++n) {
    events.push_back(event_of(data_of(n, kEventBytes)));
    if (n <= kLetters)
      settlement.dead.push_back({Seq{n}, events.back(), DeadReason::rejected, "no", 1, {}, {}});
    else
      settlement.deferred.push_back({Seq{n}, events.back(), 1, {}, {}, {}, "later"});
  }
  ASSERT_EQ(box.append(events), Admission::durable);
  settlement.lane = box.lane();
  settlement.cursor = Seq{2 * kLetters};
  ASSERT_TRUE(box.settle(settlement));
  box.spool.reset();
  const fs::path file = box.options.data_dir / "spool.db";
  // Its inner pages have keys only; those of a table without rowids have rows.
  lose_inner_pages(file, "dead_letters");
  const std::uint64_t deferred_lost = lose_inner_pages(file, "deferred");
  box.open();
  ASSERT_TRUE(box.opening.salvage);
  EXPECT_EQ(box.ledger().dead, kLetters);
  EXPECT_EQ(box.spool->dead_letters({}).value().size(), kLetters);
  EXPECT_EQ(box.spool->read_deferred(box.lane()).value().size(), kLetters - deferred_lost);
  EXPECT_EQ(box.ledger().lost, deferred_lost);
  EXPECT_EQ(box.faults(), "");
}

TEST(SalvageOfBooks, LanesKeepTheirPlacesWithoutTheInnerPageOfTheirTable) {
  SpoolBox box;
  box.specs.clear();
  std::vector<std::size_t> all;
  for (std::size_t n = 0; n < 100; ++n) {
    box.specs.push_back({fmt::format("route-{}", n), "cloud", {}});
    all.push_back(n);
  }
  box.open();
  ASSERT_EQ(box.append({event_of("a"), event_of("b"), event_of("c")}, all), Admission::durable);
  for (const std::size_t n : all) ASSERT_TRUE(box.deliver({1, 2}, 2, n));
  box.spool.reset();
  lose_inner_pages(box.options.data_dir / "spool.db", "lanes");
  box.open();
  ASSERT_TRUE(box.opening.salvage);
  for (const std::size_t n : all) {
    EXPECT_EQ(box.spool->lane_state(box.lane(n)).cursor, Seq{2});
    EXPECT_EQ(box.ledger(n).delivered, 2u);
    EXPECT_EQ(box.ledger(n).lost, 0u);
  }
  EXPECT_EQ(box.faults(), "");
}

}  // namespace
}  // namespace tidegate::testing
