#include <gmock/gmock.h>

#include "tests/e2e/site.h"

namespace tidegate::e2e {
namespace {

using ::testing::HasSubstr;

TEST(Content, ARouteTakesWhatItsPatternWantsAndTheRestIsFiltered) {
  Site site;
  SiteConfig config;
  config.route = R"(, match: { data: { m: [ { wildcard: "EVT:*:00000000*" } ] } })";  // the first nine
  site.start(config);
  site.publish(30);
  site.expect_arrived(9);
  EXPECT_TRUE(test::wait_until(test::within(kPatience), [&] {
    const auto status = site.status();
    return status["sources"].at(0)["ledger"].value("filtered", 0) == 21;
  })) << site.status().dump(2);
  site.expect_clean_end();
}

TEST(Content, ARouteThatStartsInThePastTakesWhatItsPatternWants) {
  Site site;
  SiteConfig config;
  config.spool = "retain: 1h";
  site.start(config);
  site.publish(30);
  site.expect_arrived(30);
  EXPECT_EQ(site.gateway.stop(), 0);
  config.more = R"(  low: { match: { data: { m: [ { wildcard: "EVT:*:00000000*" } ] } }, to: cloud, start: earliest })"
                "\n";
  site.start(config, false);
  // The same ids once more.
  EXPECT_TRUE(site.receiver->wait_for([](const auto& now) { return now.arrivals.duplicates >= 9; }, kArrivalLimit));
  site.expect_arrived(30, 9);
  site.expect_clean_end();
}

TEST(Content, CheckNamesThePlaceOfAMistakeInAPattern) {
  Site site;
  SiteConfig config;
  config.route = R"(, match: { data: { value: [ { numric: [ ">", 80 ] } ] } })";
  site.write_config(config);
  const auto check = site.gateway.command({"check"});
  EXPECT_EQ(check.status, 2);
  EXPECT_THAT(check.output + check.errors,
              HasSubstr(R"(routes.all.match: there is no operator "numric"; there are: )"));
}

}  // namespace
}  // namespace tidegate::e2e
