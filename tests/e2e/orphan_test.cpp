#include <gmock/gmock.h>

#include "tests/e2e/site.h"

namespace tidegate::e2e {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr std::uint64_t kBacklog = 120;

/// A site whose route "all" was renamed to "every" while its sink was down: all/cloud is an orphan with a backlog.
struct RenamedSite : Site {
  RenamedSite() {
    receiver->answer_by_default(testing::parse_answers("503")->front());
    start();
    publish(kBacklog);
    EXPECT_TRUE(wait_books("pending", kBacklog)) << gateway.log();
    EXPECT_EQ(gateway.stop(), 0);
    std::string text = test::read_file(gateway.config_path());
    text.replace(text.find("  all: {"), 8, "  every: {");
    gateway.configure(text);
    receiver->answer_by_default({});
    restart();
  }
  [[nodiscard]] bool orphan_is_gone() {
    return test::wait_until(test::within(kPatience), [&] {
      const json now = status();
      return now["lanes"].size() == 1 && now["lanes"][0]["name"] == "every/cloud";
    });
  }
};

TEST(Orphan, StatusShowsItWithTheCommandsThatDecideAboutIt) {
  RenamedSite site;
  const auto status = site.gateway.command({"status"});
  EXPECT_THAT(status.output, HasSubstr("all/cloud          orphaned      120"));
  EXPECT_THAT(status.output, HasSubstr("tidegate lanes adopt all/cloud --to every/cloud -c "));
  EXPECT_THAT(status.output, HasSubstr("tidegate lanes drop all/cloud -c "));
  site.publish(10, 1, 2);
  site.expect_arrived(10);
  EXPECT_EQ(site.gateway.stop(), 0);
  EXPECT_THAT(site.gateway.command({"lanes", "list"}).output, HasSubstr("all/cloud    orphaned"));
}

TEST(Orphan, AnotherLaneThatAdoptsItDeliversTheBacklog) {
  RenamedSite site;
  const auto adopted = site.gateway.command({"lanes", "adopt", "all/cloud", "--to", "every/cloud"});
  EXPECT_EQ(adopted.status, 0) << adopted.errors;
  EXPECT_EQ(adopted.output, "120 events of all/cloud go to every/cloud, behind what waits there\n");
  site.expect_arrived(kBacklog);
  EXPECT_TRUE(site.orphan_is_gone()) << site.status().dump(2);
  site.expect_clean_end();
}

TEST(Orphan, DroppingItCountsItsBacklogAsEvictedAndIsAskedForFirst) {
  RenamedSite site;
  const auto unsure = site.gateway.command({"lanes", "drop", "all/cloud"});
  EXPECT_EQ(unsure.status, 2);
  EXPECT_THAT(unsure.errors, HasSubstr("say --yes"));
  EXPECT_EQ(site.gateway.books("pending"), kBacklog);
  const auto dropped = site.gateway.command({"lanes", "drop", "all/cloud", "--yes", "--json"});
  EXPECT_EQ(dropped.status, 0) << dropped.errors;
  EXPECT_EQ(dropped.output, "{\"dropped\":120}\n");
  EXPECT_TRUE(site.orphan_is_gone()) << site.status().dump(2);
  EXPECT_THAT(site.gateway.get("/metrics").body,
              HasSubstr("tidegate_lane_events_total{route=\"all\",sink=\"cloud\",outcome=\"evicted\"} 120"));
  site.expect_clean_end();
  EXPECT_EQ(site.receiver->summary().arrivals.distinct, 0u);
}

TEST(Orphan, WhatCannotBeDoneIsSaid) {
  RenamedSite site;
  const auto configured = site.gateway.command({"lanes", "drop", "every/cloud", "--yes"});
  EXPECT_EQ(configured.status, 1);
  EXPECT_THAT(configured.errors, HasSubstr("only an orphan can be dropped or adopted"));
  EXPECT_THAT(site.gateway.command({"lanes", "adopt", "none/cloud", "--to", "every/cloud"}).errors,
              HasSubstr("there is no lane none/cloud"));
  EXPECT_THAT(site.gateway.command({"lanes", "adopt", "all/cloud", "--to", "none/cloud"}).errors,
              HasSubstr("lane none/cloud is not in the config"));
  EXPECT_EQ(site.gateway.command({"lanes", "adopt", "all", "--to", "every/cloud"}).status, 2);
}

}  // namespace
}  // namespace tidegate::e2e
