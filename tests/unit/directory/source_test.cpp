#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "connectors/directory/directory.h"
#include "gateway/config/option_table.h"
#include "tests/support/broker/fake_intake.h"
#include "tests/support/broker/source_rig.h"
#include "tests/support/process/process.h"

namespace tidegate::test {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

/// A real source in front of a folder, with an intake that the test controls.
class DirectorySource : public ::testing::Test {
 protected:
  DirectorySource() { fs::create_directory(drop()); }
  void TearDown() override { source_.reset(); }

  [[nodiscard]] fs::path drop() const { return dir_ / "drop"; }
  [[nodiscard]] fs::path done() const { return drop() / "done"; }
  [[nodiscard]] fs::path failed() const { return drop() / "failed"; }

  void start(const std::string& more = "") {
    const auto options = parse_text(*directory_source_options(),
                                    "path: " + drop().string() +
                                        (more.find("rescan:") == std::string::npos ? "\nrescan: 100ms\n" : "\n") +
                                        (more.find("ready:") == std::string::npos ? "ready: rename\n" : "") + more);
    ASSERT_TRUE(options) << options.error().message;
    auto made = make_directory_source(rig_.context(), *options);
    ASSERT_TRUE(made) << made.error().message;
    source_ = std::move(*made);
    ASSERT_TRUE(source_->start(intake_));
  }
  /// As a kill: the source ends, and what was not committed is forgotten.
  void crash() {
    source_->stop();
    source_.reset();
    intake_.crash();
    intake_.hold(false);
  }
  /// Writes a file as a program does that knows about `ready: rename`.
  void put(const std::string& name, std::string_view content) const {
    write_file(drop() / (name + ".tmp"), content);
    fs::rename(drop() / (name + ".tmp"), drop() / name);
  }
  bool eventually(const std::function<bool()>& condition) {
    return intake_.wait(within(milliseconds{30'000}), condition);
  }
  bool finished(const std::string& name) {
    return eventually([&] { return fs::exists(done() / name); });
  }
  bool gave_up(const std::string& name) {
    return eventually([&] { return fs::exists(failed() / name); });
  }
  [[nodiscard]] std::vector<std::string> stored() const {
    std::vector<std::string> out;
    for (const Event& event : intake_.committed()) out.push_back(event.data);
    return out;
  }
  [[nodiscard]] std::set<std::string> ids() const {
    std::set<std::string> out;
    for (const Event& event : intake_.committed()) out.insert(event.id);
    return out;
  }
  [[nodiscard]] static std::vector<std::string> names_in(const fs::path& folder) {
    std::vector<std::string> out;
    for (const auto& entry : fs::directory_iterator(folder)) out.push_back(entry.path().filename());
    return out;
  }
  static std::string csv_of(int from, int to, bool header = true) {
    std::string out = header ? "n,text\n" : "";
    for (int i = from; i < to; ++i) out += fmt::format("{},row number {}\n", i, i);
    return out;
  }

  TempDir dir_;
  SourceRig rig_{"erp"};
  FakeIntake intake_;
  std::unique_ptr<Source> source_;
};

TEST_F(DirectorySource, RowsBecomeEventsAndTheFileMovesToDone) {
  start();
  put("orders.csv", "id,name\n1,pump\n2,valve\n");
  ASSERT_TRUE(finished("orders.csv"));
  const auto events = intake_.committed();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].data, R"({"id":1,"name":"pump"})");
  EXPECT_EQ(events[0].subject, "files/erp");
  EXPECT_EQ(events[0].datacontenttype, "application/json");
  EXPECT_THAT(events[1].attributes, ElementsAre(std::pair<std::string, std::string>("file", "orders.csv"),
                                                std::pair<std::string, std::string>("row", "2")));
  EXPECT_FALSE(fs::exists(drop() / "orders.csv"));
  EXPECT_TRUE(eventually([&] { return rig_.count("tidegate_directory_done_files_total") == 1; }));
  EXPECT_EQ(rig_.count("tidegate_directory_rows_total"), 2u);
}

TEST_F(DirectorySource, TheFileStaysUntilTheReceiptHasCome) {
  intake_.hold(true);
  start();
  put("a.csv", csv_of(0, 10));
  ASSERT_TRUE(eventually([&] { return intake_.held_events() == 10; }));
  EXPECT_TRUE(fs::exists(drop() / "a.csv"));
  intake_.hold(false);
  intake_.commit();
  EXPECT_TRUE(finished("a.csv"));
}

TEST_F(DirectorySource, FilesThatWereThereBeforeTheStartAreRead) {
  put("a.csv", csv_of(0, 3));
  start();
  EXPECT_TRUE(finished("a.csv"));
  EXPECT_EQ(intake_.committed_count(), 3u);
}

TEST_F(DirectorySource, OlderFilesComeFirst) {
  put("new.csv", "n\n2\n");
  put("old.csv", "n\n1\n");
  fs::last_write_time(drop() / "old.csv", fs::last_write_time(drop() / "new.csv") - std::chrono::hours(1));
  start();
  ASSERT_TRUE(finished("new.csv"));
  EXPECT_THAT(stored(), ElementsAre(R"({"n":1})", R"({"n":2})"));
}

TEST_F(DirectorySource, OnlyNamesThatMatchAreRead) {
  put("a.txt", "n\n1\n");
  put(".hidden.csv", "n\n1\n");
  put("b.csv", "n\n2\n");
  start("pattern: [ '*.csv', '*.dat' ]");
  ASSERT_TRUE(finished("b.csv"));
  EXPECT_THAT(stored(), ElementsAre(R"({"n":2})"));
  EXPECT_TRUE(fs::exists(drop() / "a.txt"));
}

TEST_F(DirectorySource, ATemporaryNameIsNotRead) {
  start("pattern: '*'");
  write_file(drop() / "a.csv.part", "n\n1\n");
  put("b.csv", "n\n2\n");
  ASSERT_TRUE(finished("b.csv"));
  EXPECT_EQ(intake_.committed_count(), 1u);
  fs::rename(drop() / "a.csv.part", drop() / "a.csv");
  EXPECT_TRUE(finished("a.csv"));
}

TEST_F(DirectorySource, AMarkerMakesAFileComplete) {
  start("ready: marker\npattern: '*.csv'");
  write_file(drop() / "a.csv", "n\n1\n");
  write_file(drop() / "b.csv", "n\n2\n");
  write_file(drop() / "b.csv.done", "");
  ASSERT_TRUE(finished("b.csv"));
  EXPECT_FALSE(fs::exists(drop() / "b.csv.done"));
  EXPECT_TRUE(fs::exists(drop() / "a.csv"));
  EXPECT_THAT(stored(), ElementsAre(R"({"n":2})"));
}

TEST_F(DirectorySource, AFileThatRestsIsRead) {
  start("ready: settle\nsettle: 20ms");
  write_file(drop() / "a.csv", "n\n1\n");
  EXPECT_TRUE(finished("a.csv"));
}

TEST_F(DirectorySource, AfterAKillEachRowIsStoredOnceUnderTheSameId) {
  constexpr int kRows = 20'000;
  const std::string content = csv_of(0, kRows);
  intake_.hold(true);
  put("a.csv", content);
  start();
  // Some submissions are committed, those behind them are lost.
  ASSERT_TRUE(eventually([&] { return intake_.held_events() >= 3000; }));
  intake_.commit();
  ASSERT_TRUE(eventually([&] { return intake_.held_events() >= 3000; }));
  const std::size_t before = intake_.committed_count();
  crash();
  ASSERT_GE(before, 3000u);
  ASSERT_LT(before, static_cast<std::size_t>(kRows));
  start();
  ASSERT_TRUE(finished("a.csv"));
  const auto events = intake_.committed();
  ASSERT_EQ(events.size(), static_cast<std::size_t>(kRows));
  for (int i = 0; i < kRows; ++i)
    ASSERT_EQ(events[static_cast<std::size_t>(i)].data, fmt::format(R"({{"n":{},"text":"row number {}"}})", i, i));
  EXPECT_EQ(ids().size(), events.size());
}

TEST_F(DirectorySource, AFileReadAgainHasTheSameIds) {
  intake_.hold(true);
  put("a.csv", csv_of(0, 10));
  start();
  ASSERT_TRUE(eventually([&] { return intake_.held_events() == 10; }));
  crash();
  // Committed this time, but by another process that shares nothing with the first but the file.
  start();
  ASSERT_TRUE(finished("a.csv"));
  const auto first = ids();
  fs::rename(done() / "a.csv", drop() / "a.csv");
  ASSERT_TRUE(finished("a.csv"));
  EXPECT_EQ(intake_.committed_count(), 20u);
  EXPECT_EQ(ids(), first);
}

TEST_F(DirectorySource, ANewFileOfTheSameNameAndContentHasOtherIds) {
  start();
  put("a.csv", csv_of(0, 10));
  ASSERT_TRUE(finished("a.csv"));
  put("a.csv", csv_of(0, 10));
  ASSERT_TRUE(eventually([&] { return intake_.committed_count() == 20; }));
  EXPECT_EQ(ids().size(), 20u);
  ASSERT_TRUE(eventually([&] { return names_in(done()).size() == 2; }));
  for (const std::string& name : names_in(done())) EXPECT_THAT(name, ::testing::MatchesRegex("a\\.(.*Z\\.)?csv"));
}

TEST_F(DirectorySource, AFileThatWasStoredButNotMovedIsOnlyMoved) {
  intake_.hold(true);
  put("a.csv", csv_of(0, 10));
  start();
  ASSERT_TRUE(eventually([&] { return intake_.held_events() == 10; }));
  source_->stop();
  intake_.commit();  // the commit was synced, the process died before it could move the file
  source_.reset();
  intake_.hold(false);
  ASSERT_TRUE(fs::exists(drop() / "a.csv"));
  start();
  ASSERT_TRUE(finished("a.csv"));
  EXPECT_EQ(intake_.committed_count(), 10u);
  EXPECT_TRUE(eventually([&] { return intake_.state().empty(); }));
}

TEST_F(DirectorySource, AJsonArrayGoesOnBehindTheStoredElements) {
  std::string content = "[0";
  for (int i = 1; i < 5000; ++i) content += fmt::format(",\n{}", i);
  intake_.hold(true);
  put("a.json", content + "]");
  start("format: json");
  ASSERT_TRUE(eventually([&] { return intake_.held_events() >= 3000; }));
  intake_.commit();
  crash();
  start("format: json");
  ASSERT_TRUE(finished("a.json"));
  EXPECT_EQ(intake_.committed_count(), 5000u);
  EXPECT_EQ(ids().size(), 5000u);
}

TEST_F(DirectorySource, ADifferentFileUnderTheNameOfABegunOneIsReadFromItsStart) {
  intake_.hold(true);
  put("a.csv", csv_of(0, 20'000));
  start();
  ASSERT_TRUE(eventually([&] { return intake_.held_events() >= 1000; }));
  intake_.commit();
  crash();
  const std::size_t before = intake_.committed_count();
  put("a.csv", csv_of(50'000, 70'000));
  start();
  ASSERT_TRUE(finished("a.csv"));
  EXPECT_EQ(intake_.committed_count(), before + 20'000);
}

TEST_F(DirectorySource, AGrownFileIsReadOnBehindItsStoredRows) {
  intake_.hold(true);
  put("a.csv", csv_of(0, 100));
  start();
  ASSERT_TRUE(eventually([&] { return intake_.held_events() == 100; }));
  std::ofstream(drop() / "a.csv", std::ios::app) << csv_of(100, 150, false);
  intake_.hold(false);
  intake_.commit();
  ASSERT_TRUE(finished("a.csv"));
  EXPECT_EQ(intake_.committed_count(), 150u);
  EXPECT_EQ(ids().size(), 150u);
}

TEST_F(DirectorySource, OfAFileWithAnErrorNothingIsStored) {
  start();
  put("a.csv", csv_of(0, 5000) + "x\n" + csv_of(0, 10, false) + "1,2,3\n");
  ASSERT_TRUE(gave_up("a.csv"));
  EXPECT_EQ(intake_.committed_count(), 0u);
  const std::string reason = read_file(failed() / "a.csv.reason");
  EXPECT_THAT(reason, HasSubstr("nothing of this file was stored"));
  EXPECT_THAT(reason, HasSubstr("line 5002, column 2: 1 fields where there are 2 columns"));
  EXPECT_THAT(reason, HasSubstr("line 5013, column 5: 3 fields where there are 2 columns"));
  EXPECT_TRUE(eventually([&] { return rig_.health().detail.find("failed last: a.csv") != std::string::npos; }));
}

TEST_F(DirectorySource, AFileWithAnErrorIsPutAwayAtOnce) {
  start("rescan: 1h");
  ASSERT_TRUE(eventually([&] { return rig_.health().state == HealthState::ok; }));
  put("a.csv", "a,b\nx\n");
  EXPECT_TRUE(gave_up("a.csv"));
}

TEST_F(DirectorySource, WithSkipRowGoodRowsAreStoredAndBadOnesKept) {
  start("on_error: skip_row");
  put("a.csv", "n,text\n1,a\nx\n2,b\n3,\"c\n");
  ASSERT_TRUE(gave_up("a.csv"));
  EXPECT_THAT(stored(), ElementsAre(R"({"n":1,"text":"a"})", R"({"n":2,"text":"b"})"));
  EXPECT_EQ(read_file(failed() / "a.csv.rejected"), "n,text\nx\n3,\"c\n");
  const std::string reason = read_file(failed() / "a.csv.reason");
  EXPECT_THAT(reason, HasSubstr("2 rows were stored"));
  EXPECT_THAT(reason, HasSubstr("line 3, column 2: "));
  EXPECT_THAT(reason, HasSubstr("line 5, column 3: "));
  EXPECT_EQ(rig_.count("tidegate_directory_rejected_rows_total"), 2u);
}

TEST_F(DirectorySource, AWholeFileIsOneEvent) {
  start("format: whole_file\ncontent_type: image/png\ntopic: 'pictures/{stem}'");
  put("cam 1.png", "\x89PNG");
  ASSERT_TRUE(finished("cam 1.png"));
  const auto events = intake_.committed();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].data, "\x89PNG");
  EXPECT_EQ(events[0].subject, "pictures/cam 1");
  EXPECT_EQ(events[0].datacontenttype, "image/png");
}

TEST_F(DirectorySource, TheTopicMayComeFromARow) {
  start("topic: 'erp/{plant}'");
  put("a.csv", "plant,n\nnorth,1\n#/+,2\n");
  ASSERT_TRUE(finished("a.csv"));
  const auto events = intake_.committed();
  EXPECT_EQ(events[0].subject, "erp/north");
  EXPECT_EQ(events[1].subject, "erp/___");
}

TEST_F(DirectorySource, EmptyFilesAndFilesWithAHeaderOnlyAreDone) {
  start();
  put("empty.csv", "");
  put("header.csv", "a,b\n");
  EXPECT_TRUE(finished("empty.csv"));
  EXPECT_TRUE(finished("header.csv"));
  EXPECT_EQ(intake_.committed_count(), 0u);
}

TEST_F(DirectorySource, FinishedFilesMayBeDeleted) {
  start("after: delete");
  put("a.csv", csv_of(0, 3));
  EXPECT_TRUE(eventually([&] { return !fs::exists(drop() / "a.csv"); }));
  EXPECT_EQ(intake_.committed_count(), 3u);
  EXPECT_THAT(names_in(done()), IsEmpty());
}

TEST_F(DirectorySource, LinksPipesAndFoldersAreLeftAlone) {
  write_file(dir_ / "secret.csv", "n\n1\n");
  fs::create_symlink(dir_ / "secret.csv", drop() / "link.csv");
  ASSERT_EQ(mkfifo((drop() / "pipe.csv").c_str(), 0600), 0);
  fs::create_directory(drop() / "folder.csv");
  write_file(drop() / "folder.csv" / "x.csv", "n\n3\n");
  start();
  put("z.csv", "n\n2\n");
  ASSERT_TRUE(finished("z.csv"));
  EXPECT_THAT(stored(), ElementsAre(R"({"n":2})"));
  EXPECT_TRUE(fs::is_symlink(drop() / "link.csv"));
}

TEST_F(DirectorySource, NamesOfAnyBytesAreTaken) {
  start("pattern: '*'");
  const std::string name = "\xff\n;rm -rf $HOME%s.csv";
  put(name, "n\n1\n");
  ASSERT_TRUE(finished(name));
  const auto events = intake_.committed();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].attributes[0].second, "\\xff\\x0a;rm -rf $HOME%s.csv");
}

TEST_F(DirectorySource, AMissingFolderIsAStateThatEnds) {
  fs::rename(drop(), dir_ / "away");
  start();
  EXPECT_TRUE(eventually([&] { return rig_.health().state == HealthState::waiting; }));
  EXPECT_THAT(rig_.health().detail, HasSubstr("No such file"));
  fs::rename(dir_ / "away", drop());
  put("a.csv", csv_of(0, 3));
  EXPECT_TRUE(finished("a.csv"));
  EXPECT_TRUE(eventually([&] { return rig_.health().state == HealthState::ok; }));
}

TEST_F(DirectorySource, AFolderThatIsRemovedAndMadeAgainIsWatchedAgain) {
  start();
  put("a.csv", csv_of(0, 3));
  ASSERT_TRUE(finished("a.csv"));
  fs::remove_all(drop());
  EXPECT_TRUE(eventually([&] { return rig_.health().state == HealthState::waiting; }));
  fs::create_directory(drop());
  put("b.csv", csv_of(0, 3));
  EXPECT_TRUE(finished("b.csv"));
}

TEST_F(DirectorySource, AFileThatCanNotBeMovedIsAnAlarmAndIsNotReadAgain) {
  start("pattern: '*.csv'");  // else what stands in the way of done/ is a file to read, too
  put("first.csv", csv_of(0, 3));
  ASSERT_TRUE(finished("first.csv"));
  fs::remove_all(done());
  write_file(done(), "in the way");
  put("a.csv", csv_of(0, 3));
  ASSERT_TRUE(eventually([&] { return rig_.health().state == HealthState::alarm; }));
  EXPECT_THAT(rig_.health().detail, HasSubstr("done"));
  EXPECT_EQ(intake_.committed_count(), 6u);
  fs::remove(done());
  ASSERT_TRUE(finished("a.csv"));
  EXPECT_EQ(intake_.committed_count(), 6u);
  EXPECT_TRUE(eventually([&] { return rig_.health().state == HealthState::ok; }));
}

TEST_F(DirectorySource, AProbeSaysWhatIsWrongWithTheFolder) {
  const auto probe = [&](const std::string& more) {
    const auto options = parse_text(*directory_source_options(), "path: " + drop().string() + "\n" + more);
    auto made = make_directory_source(rig_.context(), *options);
    const Status status = (*made)->probe(within(milliseconds{1000}));
    return status ? "" : status.error().message;
  };
  EXPECT_EQ(probe(""), "");
  EXPECT_THAT(probe("done_dir: /dev/shm/" + dir_.path().filename().string()), HasSubstr("same file system"));
  fs::remove("/dev/shm" / dir_.path().filename());
  fs::remove_all(drop());
  EXPECT_THAT(probe(""), HasSubstr("No such file"));
}

TEST_F(DirectorySource, AReplacedFileIsReadAsANewOne) {
  intake_.hold(true);
  start();
  put("a.csv", csv_of(0, 10));
  ASSERT_TRUE(eventually([&] { return intake_.held_events() == 10; }));
  put("a.csv", csv_of(10, 20));
  intake_.hold(false);
  intake_.commit();
  ASSERT_TRUE(finished("a.csv"));
  EXPECT_EQ(intake_.committed_count(), 20u);
}

TEST_F(DirectorySource, WhatWaitsForReceiptsIsBounded) {
  intake_.hold(true);
  put("a.csv", csv_of(0, 200'000));
  start();
  ASSERT_TRUE(eventually([&] { return intake_.held_events() >= 1000; }));
  source_->pause();
  const std::size_t held = intake_.held_events();
  EXPECT_LE(held, 20'000u);
  source_->resume();
  intake_.hold(false);
  ASSERT_TRUE(eventually([&] {
    intake_.commit();
    return fs::exists(done() / "a.csv");
  }));
  EXPECT_EQ(intake_.committed_count(), 200'000u);
}

TEST_F(DirectorySource, ManySmallFilesAreEachStoredOnce) {
  for (int i = 0; i < 300; ++i) put(fmt::format("f{:03}.csv", i), csv_of(i, i + 1));
  start();
  ASSERT_TRUE(eventually([&] { return rig_.count("tidegate_directory_done_files_total") == 300; }));
  EXPECT_EQ(intake_.committed_count(), 300u);
  EXPECT_EQ(ids().size(), 300u);
}

TEST_F(DirectorySource, ProgressIsInTheState) {
  intake_.hold(true);
  put("a.csv", csv_of(0, 200'000));
  start();
  EXPECT_TRUE(eventually([&] { return rig_.health().detail.find("a.csv: row ") != std::string::npos; }));
  EXPECT_THAT(rig_.health().detail, HasSubstr(" % of "));
}

TEST_F(DirectorySource, ASubmissionThatTheIntakeRefusesPutsTheFileToTheFailedOnes) {
  intake_.answer_events_with(Admission::refused_invalid);
  start();
  put("a.csv", csv_of(0, 3));
  ASSERT_TRUE(gave_up("a.csv"));
  EXPECT_THAT(read_file(failed() / "a.csv.reason"), HasSubstr("breaks a limit"));
}

}  // namespace
}  // namespace tidegate::test
