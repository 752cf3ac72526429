#include <gmock/gmock.h>

#include "tests/e2e/site.h"

/// A transform in the real gateway that cannot make what it should.
namespace tidegate::e2e {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kEvents = 20;

TEST(Transform, WhatItCannotMakeIsADeadLetterWithTheReasonAndTheMendedConfigDeliversIt) {
  Site site;
  SiteConfig config;
  config.route = R"(, transform: { template: { all: "${text}", lot: "${data.lot}" } })";
  site.start(config);
  site.publish(kEvents);
  ASSERT_TRUE(site.wait_books("dead", kEvents)) << site.gateway.log();
  const auto list = site.gateway.command({"dead", "list", "--json"});
  EXPECT_THAT(list.output, HasSubstr("template: data.lot is missing"));
  const auto exported = site.gateway.command({"dead", "export"});
  EXPECT_THAT(exported.output, HasSubstr("EVT:0001:000000017"));

  EXPECT_EQ(site.gateway.stop(), 0);
  config.route = R"(, transform: { template: { all: "${text}", lot: "${data.lot?}" }, type: mended })";
  site.write_config(config);
  site.restart();
  const auto retried = site.gateway.command({"dead", "retry", "--all"});
  EXPECT_EQ(retried.status, 0) << retried.errors;
  site.expect_arrived(kEvents);
  EXPECT_TRUE(site.wait_books("dead", 0));
  site.expect_clean_end();
}

}  // namespace
}  // namespace tidegate::e2e
