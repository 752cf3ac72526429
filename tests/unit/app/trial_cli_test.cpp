#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/files/temp_dir.h"
#include "tests/support/process/process.h"

/// `tidegate test` and `tidegate explain --events` as a pipeline sees them.
namespace tidegate {
namespace {

using nlohmann::json;
using test::Finished;
using test::within;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr std::string_view kEnds =
    "sources: { floor: { type: mqtt, broker: 'mqtt://127.0.0.1:1', subscribe: [ { topic: '#' } ] } }\n"
    "sinks: { cloud: { type: http, url: 'http://127.0.0.1:1/' } }\n";

constexpr std::string_view kWrongCase = R"(cases:
  - name: hot
    given: [ { topic: a/b, data: { value: 91 } } ]
    expect:
      all:
        delivered: [ { subject: a/b, data: { value: 90 } }, { subject: a/c } ]
        pending: 1
  - name: cold
    given: [ { topic: a/b, data: { value: 1 } } ]
    expect: { all: { delivered: 1 } }
)";

class TrialCliTest : public ::testing::Test {
 protected:
  Finished tidegate(const std::string& command, std::vector<std::string> more) {
    const auto config = dir.write("site.yaml", std::string(kEnds) + routes).string();
    more.insert(more.begin(), {TIDEGATE_BINARY, command, "-c", config});
    return test::run(std::move(more), within(60s));
  }

  test::TempDir dir;
  std::string routes = "routes: { all: { to: cloud } }\n";
};

TEST_F(TrialCliTest, AFailureShowsWhatCameBesideWhatWasExpected) {
  const std::string file = dir.write("site.test.yaml", kWrongCase).string();
  const Finished done = tidegate("test", {});
  EXPECT_EQ(done.status, 1);
  EXPECT_EQ(done.errors, "");
  EXPECT_THAT(done.output, HasSubstr("FAIL  hot"));
  EXPECT_THAT(done.output, HasSubstr(file + ":6:22: all/cloud: delivered: 2 expected, 1 came\n"));
  EXPECT_THAT(done.output, HasSubstr("          expected          got\n"
                                     "        ! a/b {\"value\":90}  a/b {\"value\":91}\n"));
  EXPECT_THAT(done.output, HasSubstr("^ data.value is 91, not 90\n"));
  EXPECT_THAT(done.output, HasSubstr("^ nothing more came\n"));
  EXPECT_THAT(done.output, HasSubstr(file + ":5:7: all/cloud: pending\n"));
  EXPECT_THAT(done.output, HasSubstr("ok    cold"));
  EXPECT_THAT(done.output, ::testing::EndsWith("1 passed, 1 failed\n"));
}

TEST_F(TrialCliTest, ProgramsGetOneLineOfJsonForEachCase) {
  const std::string file = dir.write("site.test.yaml", kWrongCase).string();
  const Finished done = tidegate("test", {"--json"});
  EXPECT_EQ(done.status, 1);
  std::istringstream text(done.output);
  std::vector<json> cases;
  for (std::string line; std::getline(text, line);) cases.push_back(json::parse(line));
  ASSERT_EQ(cases.size(), 2u);
  EXPECT_EQ(cases[0]["file"], file);
  EXPECT_EQ(cases[0]["name"], "hot");
  EXPECT_EQ(cases[0]["line"], 2);
  EXPECT_EQ(cases[0]["passed"], false);
  ASSERT_EQ(cases[0]["findings"].size(), 2u);
  EXPECT_EQ(cases[0]["findings"][0]["line"], 6);
  EXPECT_EQ(cases[0]["findings"][0]["lines"][0]["difference"], "data.value is 91, not 90");
  EXPECT_EQ(cases[0]["findings"][1]["lines"][0]["expected"], "1");
  EXPECT_EQ(cases[0]["findings"][1]["lines"][0]["got"], "0");
  EXPECT_EQ(cases[1]["passed"], true);
  EXPECT_EQ(cases[1]["findings"], json::array());
}

TEST_F(TrialCliTest, NoCaseRunsWhenOneOfTheFilesIsWrong) {
  const std::string good = dir.write("good.yaml", kWrongCase).string();
  const std::string bad = dir.write("bad.yaml", "cases:\n  - name: x\n    expect: { al: { pending: 0 } }\n").string();
  const Finished done = tidegate("test", {good, bad});
  EXPECT_EQ(done.status, 2);
  EXPECT_EQ(done.output, "");
  EXPECT_THAT(done.errors, HasSubstr("bad.yaml:3:15: error: "));
  EXPECT_THAT(done.errors, HasSubstr("did you mean \"all\"?"));

  const Finished missing = tidegate("test", {(dir / "none.yaml").string()});
  EXPECT_EQ(missing.status, 2);
  EXPECT_THAT(missing.errors, HasSubstr("none.yaml"));
  const std::string no_yaml = dir.write("no.yaml", "cases: [ \xff ]\n").string();
  EXPECT_THAT(tidegate("test", {no_yaml}).errors, HasSubstr("no.yaml:1:10: error: this byte is not UTF-8"));
}

TEST_F(TrialCliTest, ExplainHoldsLittleOfALongInputAndOfItsAnswers) {
  // Each reason names its topic; one chunk of input has about 500 MB of answers.
  routes = "routes:\n";
  for (int i = 0; i < 50; ++i) {
    routes += "  r" + std::to_string(i) + ": { to: cloud, topic: '" + std::string(500, 'x') + "/a' }\n";
  }
  std::string lines;
  while (lines.size() < (256u << 10)) lines += "{\"topic\":\"b\"}\n";
  const std::string events = dir.write("events.ndjson", lines).string();
  const auto config = dir.write("site.yaml", std::string(kEnds) + routes).string();
  auto process = test::Process::spawn({.argv = {TIDEGATE_BINARY, "explain", "-c", config, "--json", "--events", events},
                                       .env = {},
                                       .output = {},
                                       .errors = {}});
  ASSERT_TRUE(process) << process.error().message;
  EXPECT_EQ(process->wait(within(60s)), 0);
  struct rusage usage {};
  ASSERT_EQ(getrusage(RUSAGE_CHILDREN, &usage), 0);
  EXPECT_LT(usage.ru_maxrss, 400 << 10) << "KiB";
}

}  // namespace
}  // namespace tidegate
