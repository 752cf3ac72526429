#include <gmock/gmock.h>

#include <functional>
#include <sstream>

#include "tests/e2e/running.h"
#include "tests/e2e/site.h"

namespace tidegate::e2e {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

std::vector<json> lines_of(const std::string& text) {
  std::vector<json> out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) out.push_back(json::parse(line, nullptr, false));
  return out;
}

/// Publishes one event after the other: a tap shows none of those that came before it was open, and how long a command
/// takes to start is the machine's affair.
void publish_until(Site& site, const std::function<bool()>& enough) {
  std::uint32_t publisher = 0;
  EXPECT_TRUE(test::wait_until(test::within(kPatience), [&] {
    if (!enough()) site.publish(1, 1, ++publisher);
    return enough();
  }));
}

TEST(Tap, ShowsEventsAsTheyComeInAndEndsAfterSoMany) {
  Site site;
  site.start();
  Running tap(site, {"tap", "--json", "--route", "all", "-n", "3"});
  publish_until(site, [&] { return !tap.running(); });
  EXPECT_EQ(tap.wait(), 0) << tap.errors();
  const auto lines = lines_of(tap.output());
  ASSERT_EQ(lines.size(), 3u);
  for (const json& line : lines) {
    EXPECT_EQ(line.value("routes", json()), json({"all"})) << line;
    EXPECT_THAT(line.value("subject", ""), ::testing::StartsWith("sensors/"));
    EXPECT_EQ(line.value("specversion", ""), "1.0");
  }
}

TEST(Tap, ShowsOnlyWhatMatchesThePattern) {
  Site site;
  site.start();
  Running tap(site, {"tap", "--json", "-n", "2", "--where", R"({"data": {"device": [{"suffix": "5"}]}})"});
  publish_until(site, [&] { return !tap.running(); });
  EXPECT_EQ(tap.wait(), 0) << tap.errors();
  const auto lines = lines_of(tap.output());
  ASSERT_EQ(lines.size(), 2u);
  for (const json& line : lines) EXPECT_THAT(line["data"].value("device", ""), ::testing::EndsWith("5"));
}

TEST(Tap, EndsFineWhenInterruptedAndLeavesNoTap) {
  Site site;
  site.start();
  Running tap(site, {"tap"});
  publish_until(site, [&] { return tap.output().ends_with('\n'); });
  EXPECT_THAT(tap.output(), HasSubstr("  plant-floor  sensors/"));
  tap.signal(SIGINT);
  EXPECT_EQ(tap.wait(), 0) << tap.errors();
  EXPECT_EQ(site.gateway.get("/v1/taps/1").status, 404);
}

TEST(Tap, SaysWhatIsWrongAndHowToMendIt) {
  Site site;
  site.start();
  const auto unknown = site.gateway.command({"tap", "--route", "none"});
  EXPECT_EQ(unknown.status, 1);
  EXPECT_THAT(unknown.errors, HasSubstr("there is no route none; there are: all"));
  const auto where = site.gateway.command({"tap", "--where", R"({"type": "x"})"});
  EXPECT_EQ(where.status, 1);
  EXPECT_THAT(where.errors, HasSubstr("where: 1:10: "));
  EXPECT_EQ(site.gateway.stop(), 0);
  const auto alone = site.gateway.command({"tap"});
  EXPECT_EQ(alone.status, 1);
  EXPECT_THAT(alone.errors, HasSubstr("tidegate run"));
}

}  // namespace
}  // namespace tidegate::e2e
