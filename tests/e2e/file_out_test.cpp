// Events that end up in files, through kills and disks that are full.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>
#include <zlib.h>

#include <array>
#include <filesystem>
#include <map>

#include "gateway/base/random.h"
#include "tests/e2e/site.h"

namespace tidegate::e2e {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// The text of a file, unpacked when it is compressed by gzip: all its members.
std::string gunzipped(const fs::path& path) {
  std::string text;
  const gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return text;
  std::array<char, 65536> piece{};
  for (int n = 0; (n = gzread(file, piece.data(), piece.size())) > 0;)
    text.append(piece.data(), static_cast<std::size_t>(n));
  EXPECT_EQ(gzeof(file), 1) << path;
  EXPECT_EQ(gzclose(file), Z_OK) << path;
  return text;
}

/// A gateway that reads a folder and writes files.
class FileSite : public ::testing::Test {
 protected:
  FileSite() : gateway_(fs::path(TIDEGATE_BIN_DIR) / "tidegate", dir_.path()) {
    fs::create_directory(drop());
    fs::create_directory(archive());
  }

  [[nodiscard]] fs::path drop() const { return dir_ / "drop"; }
  [[nodiscard]] fs::path archive() const { return dir_ / "archive"; }

  void start(const std::string& sink) {
    gateway_.configure(gateway_.preamble() + fmt::format(R"(sources:
  erp:
    type: directory
    path: {}
    ready: rename
sinks:
  archive:
    type: file
    folder: {}
    batch: {{ max_events: 200, max_wait: 5ms }}
    retry: {{ initial: 20ms, max: 100ms }}
    breaker: {{ interval: 100ms }}
{}
routes:
  all: {{ to: archive }}
)",
                                                         drop().string(), archive().string(), sink));
    restart();
  }
  void restart() {
    const auto up = gateway_.start_ready();
    ASSERT_TRUE(up) << up.error().message << gateway_.log();
  }
  void put(std::uint64_t rows) const {
    std::string text = "n\n";
    for (std::uint64_t i = 0; i < rows; ++i) text += fmt::format("{}\n", i);
    test::write_file(drop() / "rows.csv.tmp", text);
    fs::rename(drop() / "rows.csv.tmp", drop() / "rows.csv");
  }
  bool wait_books(const std::string& entry, std::uint64_t value) {
    return test::wait_until(test::within(kPatience), [&] { return gateway_.books(entry) == value; });
  }
  bool wait_detail(const std::string& part) {
    return test::wait_until(test::within(kPatience),
                            [&] { return gateway_.detail_of("lane all/archive").find(part) != std::string::npos; });
  }

  /// How often each row is in the archive, by its number; every line must be whole.
  [[nodiscard]] std::map<std::uint64_t, std::size_t> rows() const {
    std::map<std::uint64_t, std::size_t> found;
    std::map<std::string, std::uint64_t> numbers;
    for (const auto& entry : fs::recursive_directory_iterator(archive())) {
      if (entry.is_directory()) continue;
      std::istringstream lines(gunzipped(entry.path()));
      for (std::string line; std::getline(lines, line);) {
        const auto event = nlohmann::json::parse(line, nullptr, false);
        if (event.is_discarded()) {
          ADD_FAILURE() << entry.path() << " has a line that is no JSON: " << line.substr(0, 200);
          continue;
        }
        const auto number = event.at("data").at("n").get<std::uint64_t>();
        ++found[number];
        // What comes again has the same id.
        const auto [known, is_new] = numbers.emplace(event.at("id").get<std::string>(), number);
        EXPECT_TRUE(is_new || known->second == number);
      }
    }
    EXPECT_EQ(numbers.size(), found.size());
    return found;
  }
  void expect_clean_end() {
    EXPECT_EQ(gateway_.stop(), 0) << gateway_.log();
    const auto audit = gateway_.command({"audit"});
    EXPECT_EQ(audit.status, 0) << audit.output << audit.errors;
  }

  test::TempDir dir_;
  test::GatewayProcess gateway_;
};

/// Killed again and again while it writes.
class KilledFileSite : public FileSite, public ::testing::WithParamInterface<const char*> {};

TEST_P(KilledFileSite, EveryEventIsInAFileThatIsWhole) {
  constexpr std::uint64_t kRows = 100'000;
  start(fmt::format("    name: '${{route}}'\n    compression: {}\n    rotate: {{ size: 256KiB }}", GetParam()));
  put(kRows);
  SeededRandom random(5);
  int before_the_end = 0;
  for (int i = 0; i < 8; ++i) {
    const std::uint64_t at = gateway_.books("delivered").value_or(0) + 1 + random.below(kRows / 10);
    test::wait_until(test::within(kPatience), [&] { return gateway_.books("delivered") >= std::min(at, kRows); });
    before_the_end += gateway_.books("delivered") < kRows ? 1 : 0;
    gateway_.kill();
    restart();
  }
  EXPECT_GE(before_the_end, 3);
  EXPECT_TRUE(wait_books("delivered", kRows)) << gateway_.log();
  expect_clean_end();
  const auto found = rows();
  EXPECT_EQ(found.size(), kRows);
  std::size_t lines = 0;
  for (const auto& [row, times] : found) lines += times;
  // A kill may repeat what was in flight: four batches of 200.
  EXPECT_LE(lines, kRows + 8 * 4 * 200);
}

INSTANTIATE_TEST_SUITE_P(FileOut, KilledFileSite, ::testing::Values("none", "gzip"),
                         [](const auto& compression) { return std::string(compression.param); });

TEST_F(FileSite, AFolderThatIsNotMountedYetHoldsTheEventsBack) {
  fs::remove(archive());
  start("    format: payload");
  put(1000);
  EXPECT_TRUE(wait_detail("No such file or directory")) << gateway_.detail_of("lane all/archive");
  const auto check = gateway_.command({"check", "--connect"});
  EXPECT_EQ(check.status, 1);
  EXPECT_THAT(check.output + check.errors, HasSubstr("No such file or directory"));
  fs::create_directory(archive());
  EXPECT_TRUE(wait_books("delivered", 1000)) << gateway_.log();
  expect_clean_end();
}

TEST_F(FileSite, AFullDiskHoldsTheEventsBackAndNoneIsLost) {
  constexpr std::uint64_t kRows = 20'000;
  // In a mount namespace of this process and its children: it ends with them.
  const bool mounted = ::unshare(CLONE_NEWNS) == 0 &&
                       ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                       ::mount("tmpfs", archive().c_str(), "tmpfs", 0, "size=256k") == 0;
  if (!mounted) GTEST_SKIP() << "only root may mount a small disk";
  start("    name: '${route}'");
  put(kRows);
  EXPECT_TRUE(wait_detail("No space left on device")) << gateway_.detail_of("lane all/archive");
  EXPECT_EQ(::mount("tmpfs", archive().c_str(), "tmpfs", MS_REMOUNT, "size=64m"), 0);
  EXPECT_TRUE(wait_books("delivered", kRows)) << gateway_.log();
  expect_clean_end();
  const auto found = rows();
  EXPECT_EQ(found.size(), kRows);
  // What did not fit was taken back: no line is there twice.
  for (const auto& [row, times] : found) EXPECT_EQ(times, 1u) << row;
  EXPECT_EQ(::umount2(archive().c_str(), MNT_DETACH), 0);
}

}  // namespace
}  // namespace tidegate::e2e
