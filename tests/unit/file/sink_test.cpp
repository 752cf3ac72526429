#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <thread>

#include "connectors/directory/descriptor.h"
#include "connectors/file/file.h"
#include "connectors/file/limits.h"
#include "gateway/config/option_table.h"
#include "gateway/routing/topic_filter.h"
#include "tests/support/clock/virtual_clock.h"
#include "tests/support/files/temp_dir.h"

namespace tidegate::file {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// What gzip -dc or zstd -dc say of a file.
std::string unpacked(const std::string& program, const std::filesystem::path& path) {
  std::string out;
  FILE* pipe = ::popen(fmt::format("{} -dc '{}' 2>&1", program, path.string()).c_str(), "r");
  if (pipe == nullptr) return "no " + program;
  std::array<char, 4096> piece{};
  for (std::size_t n = 0; (n = std::fread(piece.data(), 1, piece.size(), pipe)) > 0;) out.append(piece.data(), n);
  const int status = ::pclose(pipe);
  return status == 0 ? out : "FAILED " + out;
}

class FileSinkTest : public ::testing::Test {
 protected:
  std::unique_ptr<Sink> make(const std::string& yaml) {
    auto options = parse_text(*file_sink_options(), fmt::format("folder: {}\n{}", dir_.path().string(), yaml));
    EXPECT_TRUE(options) << options.error().message;
    context_.name = "archive";
    context_.route = "all";
    context_.clock = &clock_;
    auto sink = make_file_sink(context_, *options);
    EXPECT_TRUE(sink) << sink.error().message;
    return *std::move(sink);
  }

  const OutEvent* event(const std::string& data, const std::string& subject = "a/b") {
    auto out = std::make_unique<OutEvent>();
    out->event.id = fmt::format("e{}", events_.size() + 1);
    out->event.source = "/plant";
    out->event.type = "reading";
    out->event.subject = subject;
    out->event.time = WallTime{milliseconds{1'767'225'600'123}};
    out->event.data = data;
    events_.push_back(std::move(out));
    return events_.back().get();
  }

  static Settled send(Sink& sink, std::vector<const OutEvent*> events) {
    sink.submit({BatchId{1}, std::move(events)});
    std::vector<Settled> settled = sink.wait(Deadline{SteadyTime::max()}, {});
    EXPECT_EQ(settled.size(), 1u);
    return settled.empty() ? Settled{} : std::move(settled[0]);
  }
  static Fate fate(const Settled& settled, std::size_t event = 0) {
    return settled.outcomes.at(settled.outcomes.size() == 1 ? 0 : event).fate;
  }
  /// Paths below the folder, of files only.
  [[nodiscard]] std::set<std::string> files() const {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir_.path())) {
      if (!entry.is_directory()) found.insert(std::filesystem::relative(entry.path(), dir_.path()).string());
    }
    return found;
  }

  test::TempDir dir_;
  testing::VirtualClock clock_{WallTime{milliseconds{1'767'225'600'000}}};
  ConnectorContext context_;
  std::vector<std::unique_ptr<OutEvent>> events_;
};

TEST_F(FileSinkTest, EventsAreLinesOfTheFileThatTheirNameSays) {
  const auto sink = make("format: payload\nname: '${route}/${time.date}/${data.line}'");
  const Settled settled =
      send(*sink, {event(R"({"line":1,"v":1})"), event(R"({"line":2})"), event(R"({"line":1,"v":2})")});
  EXPECT_EQ(fate(settled), Fate::delivered);
  EXPECT_EQ(settled.cause, Cause::none);
  EXPECT_EQ(text_of(dir_ / "all/2026-01-01/1.ndjson"), "{\"line\":1,\"v\":1}\n{\"line\":1,\"v\":2}\n");
  EXPECT_EQ(text_of(dir_ / "all/2026-01-01/2.ndjson"), "{\"line\":2}\n");
}

TEST_F(FileSinkTest, TheDefaultIsAFileOfCloudEventsForEveryRouteAndDay) {
  const auto sink = make("");
  send(*sink, {event("1")});
  EXPECT_THAT(text_of(dir_ / "all/2026-01-01.ndjson"), HasSubstr(R"("id":"e1",)"));
}

TEST_F(FileSinkTest, BatchesThatWaitShareASyncAndAreEachSettled) {
  const auto sink = make("format: payload\nname: x");
  for (std::uint64_t id = 1; id <= 3; ++id) sink->submit({BatchId{id}, {event(std::to_string(id))}});
  const std::vector<Settled> settled = sink->wait(Deadline{SteadyTime::max()}, {});
  ASSERT_EQ(settled.size(), 3u);
  for (std::uint64_t id = 1; id <= 3; ++id) EXPECT_EQ(settled[id - 1].id, BatchId{id});
  EXPECT_EQ(text_of(dir_ / "x.ndjson"), "1\n2\n3\n");
}

TEST_F(FileSinkTest, NothingThatATopicHoldsLeavesTheFolder) {
  std::filesystem::create_directory(dir_ / "in");
  auto options = parse_text(*file_sink_options(),
                            fmt::format("folder: {}\nformat: payload\nname: '${{subject}}'", (dir_ / "in").string()));
  ASSERT_TRUE(options);
  context_.clock = &clock_;
  const auto sink = *make_file_sink(context_, *options);
  for (const char* subject : {"../x", "/x", "a/../../x", "..", ""}) {
    EXPECT_EQ(fate(send(*sink, {event("1", subject)})), Fate::delivered) << subject;
  }
  std::filesystem::create_directory_symlink(dir_.path(), dir_ / "in/link");
  const Settled through = send(*sink, {event("1", "link/x")});
  EXPECT_EQ(fate(through), Fate::rejected);
  std::filesystem::create_symlink(dir_ / "target", dir_ / "in/y.ndjson");
  EXPECT_EQ(fate(send(*sink, {event("1", "y")})), Fate::rejected);
  for (const std::string& file : files()) EXPECT_THAT(file, ::testing::StartsWith("in/"));
}

TEST_F(FileSinkTest, AnEventThatCannotBeWrittenIsRejectedAlone) {
  const auto sink = make("format: payload\nname: '${data.line}'");
  std::filesystem::create_directory(dir_ / "folder.ndjson");
  const Settled settled = send(*sink, {event(R"({"line":1})"), event(R"({"row":1})"), event(R"({"line":"folder"})"),
                                       event(fmt::format(R"({{"line":"{}"}})", std::string(300, 'x')))});
  ASSERT_EQ(settled.outcomes.size(), 4u);
  EXPECT_EQ(settled.outcomes[0].fate, Fate::delivered);
  EXPECT_EQ(settled.outcomes[1].fate, Fate::rejected);
  EXPECT_EQ(settled.outcomes[1].reason, "name: data.line is missing");
  EXPECT_EQ(settled.outcomes[2].fate, Fate::rejected);
  EXPECT_THAT(settled.outcomes[2].reason, HasSubstr("Is a directory"));
  EXPECT_EQ(settled.outcomes[3].fate, Fate::rejected);
  EXPECT_EQ(settled.cause, Cause::none);
}

TEST_F(FileSinkTest, CsvBeginsEveryFileWithItsHeader) {
  const auto sink = make("format: csv\nname: x\ncsv: { columns: { id: '${id}', v: '${data.v}' } }");
  send(*sink, {event(R"({"v":1})")});
  send(*sink, {event(R"({"v":"a,b"})")});
  EXPECT_EQ(text_of(dir_ / "x.csv"), "id,v\r\ne1,1\r\ne2,\"a,b\"\r\n");
}

TEST_F(FileSinkTest, OtherColumnsBeginAnotherFile) {
  send(*make("format: csv\nname: x\ncsv: { columns: { id: '${id}' } }"), {event("1")});
  send(*make("format: csv\nname: x\ncsv: { columns: { key: '${id}' } }"), {event("1")});
  EXPECT_EQ(text_of(dir_ / "x.csv"), "key\r\ne2\r\n");
  EXPECT_EQ(text_of(dir_ / "x.20260101T000000Z.csv"), "id\r\ne1\r\n");
}

TEST_F(FileSinkTest, CompressedFilesAreReadByTheUsualPrograms) {
  for (const auto& [name, ending] : {std::pair("gzip", "gz"), std::pair("zstd", "zst")}) {
    if (std::system(fmt::format("command -v {} >/dev/null", name).c_str()) != 0) GTEST_SKIP() << "there is no " << name;
    const auto sink = make(fmt::format("format: payload\nname: {}\ncompression: {}", name, name));
    send(*sink, {event("1"), event("2")});
    send(*sink, {event("3")});
    EXPECT_EQ(unpacked(name, dir_ / fmt::format("{}.ndjson.{}", name, ending)), "1\n2\n3\n");
  }
}

TEST_F(FileSinkTest, ATornTailGoesBeforeTheNextLineComes) {
  for (const auto& [compression, ending] :
       {std::pair("none", ""), std::pair("gzip", ".gz"), std::pair("zstd", ".zst")}) {
    const std::string yaml = fmt::format("format: payload\nname: {0}\ncompression: {0}", compression);
    const auto path = dir_ / fmt::format("{}.ndjson{}", compression, ending);
    send(*make(yaml), {event("1")});
    const std::string whole = text_of(path);
    std::ofstream(path, std::ios::binary | std::ios::app) << whole.substr(0, whole.size() - 1);
    send(*make(yaml), {event("1")});
    EXPECT_EQ(text_of(path), whole + whole) << compression;
  }
}

TEST_F(FileSinkTest, WhatIsDamagedInTheMiddleIsLeftAsItIs) {
  const auto path = dir_ / "x.ndjson";
  std::ofstream(path) << "{\"mine\":1}\n";
  std::filesystem::resize_file(path, limits::kTornBytesMax + 1000);  // zeros; sparse
  send(*make("format: payload\nname: x"), {event("1")});
  EXPECT_EQ(text_of(path), "1\n");
  EXPECT_EQ(std::filesystem::file_size(dir_ / "x.20260101T000000Z.ndjson"), limits::kTornBytesMax + 1000);
}

TEST_F(FileSinkTest, AFileIsFinishedBeforeItGrowsBeyondItsSize) {
  const auto sink = make("format: payload\nname: x\nrotate: { size: 4KiB }");
  const std::string half = '"' + std::string(2500, 'x') + '"';
  for (int i = 0; i < 3; ++i) send(*sink, {event(half)});
  EXPECT_THAT(files(), ElementsAre("x.20260101T000000Z-1.ndjson", "x.20260101T000000Z.ndjson", "x.ndjson"));
  for (const std::string& file : files()) EXPECT_EQ(text_of(dir_ / file), half + "\n") << file;
}

TEST_F(FileSinkTest, AFileIsFinishedWhenItsTimeIsOverWithOrWithoutEvents) {
  const auto sink = make("format: payload\nname: '${data}'\nrotate: { every: 1h }");
  send(*sink, {event("1"), event("2")});
  clock_.advance(59min);
  sink->tend();
  send(*sink, {event("1")});
  EXPECT_THAT(files(), ElementsAre("1.ndjson", "2.ndjson"));
  clock_.advance(1min);
  send(*sink, {event("1")});
  sink->tend();
  EXPECT_THAT(files(), ElementsAre("1.20260101T010000Z.ndjson", "1.ndjson", "2.20260101T010000Z.ndjson"));
  EXPECT_EQ(text_of(dir_ / "1.20260101T010000Z.ndjson"), "1\n1\n");
}

TEST_F(FileSinkTest, AFileThatSomebodyTookAwayIsMadeAnew) {
  const auto sink = make("format: payload\nname: x");
  send(*sink, {event("1")});
  std::filesystem::rename(dir_ / "x.ndjson", dir_ / "taken");
  send(*sink, {event("2")});
  EXPECT_EQ(text_of(dir_ / "taken"), "1\n");
  EXPECT_EQ(text_of(dir_ / "x.ndjson"), "2\n");
  std::filesystem::remove(dir_ / "x.ndjson");
  send(*sink, {event("3")});
  EXPECT_EQ(text_of(dir_ / "x.ndjson"), "3\n");
}

TEST_F(FileSinkTest, TwoThatWriteTheSameFileAreKeptApart) {
  const auto one = make("format: payload\nname: x");
  const auto two = make("format: payload\nname: x");
  send(*one, {event("1")});
  const Settled refused = send(*two, {event("2")});
  EXPECT_EQ(fate(refused), Fate::retry);
  EXPECT_EQ(refused.cause, Cause::peer_down);
  EXPECT_THAT(refused.outcomes[0].reason, HasSubstr("another lane or program"));
  one->close();
  EXPECT_EQ(fate(send(*two, {event("2")})), Fate::delivered);
  EXPECT_EQ(text_of(dir_ / "x.ndjson"), "1\n2\n");
}

TEST_F(FileSinkTest, MoreFilesThanMayBeOpenAreWrittenAllTheSame) {
  const auto sink = make("format: payload\nname: '${data}'");
  std::vector<const OutEvent*> batch;
  for (std::size_t i = 0; i < limits::kOpenFilesMax + 50; ++i) batch.push_back(event(std::to_string(i)));
  EXPECT_EQ(fate(send(*sink, batch)), Fate::delivered);
  EXPECT_EQ(fate(send(*sink, batch)), Fate::delivered);
  EXPECT_EQ(files().size(), batch.size());
  EXPECT_EQ(text_of(dir_ / "0.ndjson"), "0\n0\n");
  std::size_t open = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    open += std::filesystem::read_symlink(entry.path(), gone).string().ends_with(".ndjson") ? 1 : 0;
  }
  EXPECT_LE(open, limits::kOpenFilesMax);
}

/// No file of this process may grow beyond a size, as on a disk that is full.
class SizeLimit {
 public:
  explicit SizeLimit(rlim_t bytes) {
    old_handler_ = std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit now{bytes, old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &now);
  }
  ~SizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }
  SizeLimit(const SizeLimit&) = delete;
  SizeLimit& operator=(const SizeLimit&) = delete;

 private:
  rlimit old_{};
  void (*old_handler_)(int) = nullptr;
};

TEST_F(FileSinkTest, WhenThereIsNoRoomNothingOfTheRoundStaysAndItIsTriedAgain) {
  const auto sink = make("format: payload\nname: '${data[0]}'");
  send(*sink, {event("[1]"), event("[2]")});
  const std::string large = fmt::format("[2,\"{}\"]", std::string(8000, 'x'));
  Settled refused;
  {
    const SizeLimit limit(4096);
    refused = send(*sink, {event("[1,1]"), event(large), event("[3]")});
  }
  EXPECT_EQ(fate(refused), Fate::retry);
  EXPECT_EQ(refused.cause, Cause::peer_down);
  EXPECT_THAT(refused.outcomes[0].reason, HasSubstr("cannot write " + (dir_ / "2.ndjson").string()));
  EXPECT_EQ(text_of(dir_ / "1.ndjson"), "[1]\n");
  EXPECT_EQ(text_of(dir_ / "2.ndjson"), "[2]\n");
  EXPECT_EQ(fate(send(*sink, {event("[1,1]"), event(large)})), Fate::delivered);
  EXPECT_EQ(text_of(dir_ / "2.ndjson"), "[2]\n" + large + "\n");
}

TEST_F(FileSinkTest, AFolderThatIsNotThereIsSaidSoAndNotMade) {
  auto options = parse_text(*file_sink_options(), fmt::format("folder: {}", (dir_ / "mount/archive").string()));
  ASSERT_TRUE(options);
  context_.clock = &clock_;
  const auto sink = *make_file_sink(context_, *options);
  const Status connected = sink->connect(Deadline{SteadyTime::max()}, {});
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code, ErrorCode::unavailable);
  EXPECT_THAT(connected.error().message, HasSubstr("No such file or directory"));
  const Settled refused = send(*sink, {event("1")});
  EXPECT_EQ(fate(refused), Fate::retry);
  EXPECT_EQ(refused.cause, Cause::peer_down);
  std::filesystem::create_directories(dir_ / "mount/archive");
  EXPECT_TRUE(sink->connect(Deadline{SteadyTime::max()}, {}));
  EXPECT_EQ(fate(send(*sink, {event("1")})), Fate::delivered);
}

TEST_F(FileSinkTest, ConnectLeavesNothingBehind) {
  EXPECT_TRUE(make("")->connect(Deadline{SteadyTime::max()}, {}));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(FileSinkTest, AFolderThatMayNotBeWrittenSaysWhoMust) {
  if (::geteuid() == 0) {
    // For root every folder is writable: what stands for it is a file system that takes no files.
    auto options = parse_text(*file_sink_options(), "folder: /proc/self");
    ASSERT_TRUE(options);
    context_.clock = &clock_;
    const Status connected = (*make_file_sink(context_, *options))->connect(Deadline{SteadyTime::max()}, {});
    ASSERT_FALSE(connected);
    EXPECT_THAT(connected.error().message, HasSubstr("cannot make a file in /proc/self"));
    return;
  }
  ::chmod(dir_.path().c_str(), 0500);
  const auto sink = make("");
  EXPECT_THAT(sink->connect(Deadline{SteadyTime::max()}, {}).error().message, HasSubstr("the user that runs tidegate"));
  EXPECT_EQ(send(*sink, {event("1")}).cause, Cause::peer_down);
  ::chmod(dir_.path().c_str(), 0700);
}

TEST_F(FileSinkTest, WaitEndsWithItsDeadlineWakeAndStop) {
  const auto sink = make("");
  EXPECT_THAT(sink->wait(Deadline{clock_.steady()}, {}), IsEmpty());
  sink->wake();
  EXPECT_THAT(sink->wait(Deadline{SteadyTime::max()}, {}), IsEmpty());
  std::jthread waker([&] { sink->wake(); });
  EXPECT_THAT(sink->wait(Deadline{SteadyTime::max()}, {}), IsEmpty());
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_THAT(sink->wait(Deadline{SteadyTime::max()}, stop.get_token()), IsEmpty());
}

TEST_F(FileSinkTest, CloseForgetsWhatWaits) {
  const auto sink = make("format: payload\nname: x");
  sink->submit({BatchId{1}, {event("1")}});
  sink->close();
  events_.clear();
  EXPECT_THAT(sink->wait(Deadline{clock_.steady()}, {}), IsEmpty());
  EXPECT_EQ(fate(send(*sink, {event("2")})), Fate::delivered);
}

TEST_F(FileSinkTest, APreviewNamesTheFileAndShowsTheLine) {
  auto options = parse_text(*file_sink_options(),
                            "{ folder: /srv, name: '${route}/${subject}', format: payload, compression: gzip }");
  ASSERT_TRUE(options);
  context_.route = "all";
  const auto preview = preview_file(context_, *options, *event("21.5"));
  ASSERT_TRUE(preview);
  EXPECT_EQ(preview->to, "/srv/all/a/b.ndjson.gz");
  EXPECT_EQ(preview->body, "21.5\n");
  EXPECT_EQ(preview->content_type, "application/x-ndjson");
}

TEST_F(FileSinkTest, MistakesInTheConfigAreNamed) {
  const auto mistake = [](std::string_view yaml) {
    const auto read = parse_text(*file_sink_options(), yaml);
    return read ? std::string("none") : read.error().message;
  };
  EXPECT_THAT(mistake("name: x"), HasSubstr("missing option \"folder\""));
  EXPECT_THAT(mistake("{ folder: /srv, format: csv }"), HasSubstr("format csv needs csv.columns"));
  EXPECT_THAT(mistake("{ folder: /srv, rotate: { size: 1KiB } }"), HasSubstr("size: is less than 4KiB"));
  EXPECT_THAT(mistake("{ folder: /srv, rotate: { every: 1ms } }"), HasSubstr("every: is less than 1s"));
  auto options = parse_text(*file_sink_options(), "{ folder: /srv, name: '${captures.site}' }");
  ASSERT_TRUE(options);
  EXPECT_FALSE(check_file_sink_route(*options, *TopicFilter::parse("a/+")));
  EXPECT_TRUE(check_file_sink_route(*options, *TopicFilter::parse("a/{site}")));
}

}  // namespace
}  // namespace tidegate::file
