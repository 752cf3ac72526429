#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/e2e/site.h"

/// A jq program in the real gateway, on events that it does not bear.
namespace tidegate::e2e {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kEvents = 200;

/// False as well for one that has ended and is still to be reaped.
bool is_jq_process(pid_t process) {
  return test::read_file("/proc/" + std::to_string(process) + "/cmdline").find("jq-worker") != std::string::npos;
}

/// The jq process of a gateway with one; 0 when there is none.
pid_t jq_process(pid_t gateway) {
  const std::string task = "/proc/" + std::to_string(gateway) + "/task";
  for (const auto& thread : std::filesystem::directory_iterator(task)) {
    std::ifstream children(thread.path() / "children");
    for (pid_t child = 0; children >> child;) {
      if (is_jq_process(child)) return child;
    }
  }
  return 0;
}

TEST(Jq, AnEndlessProgramIsADeadLetterTheOthersArriveAndTheMendedProgramDeliversIt) {
  Site site;
  SiteConfig config;
  config.route =
      R"(, transform: { jq: 'def f: f; if (.data | tostring | contains(":000000017")) then f else .data end' })";
  site.start(config);
  site.publish(kEvents);
  site.expect_arrived(kEvents - 1);
  ASSERT_TRUE(site.wait_books("dead", 1)) << site.gateway.log();
  const auto list = site.gateway.command({"dead", "list", "--json"});
  EXPECT_THAT(list.output, HasSubstr("jq: the program took longer than 1 s"));

  EXPECT_EQ(site.gateway.stop(), 0);
  config.route = ", transform: { jq: .data }";
  site.write_config(config);
  site.restart();
  const auto retried = site.gateway.command({"dead", "retry", "1"});
  EXPECT_EQ(retried.status, 0) << retried.errors;
  site.expect_arrived(kEvents);
  site.expect_clean_end();
}

TEST(Jq, AProcessThatIsKilledOverAndOverLosesNothing) {
  Site site;
  SiteConfig config;
  config.route = ", transform: { jq: .data }";
  site.start(config);
  for (std::uint32_t publisher = 1; publisher <= 5; ++publisher) {
    site.publish(kEvents, 1, publisher);
    if (const pid_t process = jq_process(site.gateway.pid()); process != 0) kill(process, SIGKILL);
  }
  site.expect_arrived(5 * kEvents);
  EXPECT_EQ(site.gateway.books("dead"), 0u);
  site.expect_clean_end();
}

TEST(Jq, TheProcessEndsWithAGatewayThatIsKilled) {
  Site site;
  SiteConfig config;
  config.route = ", transform: { jq: .data }";
  site.start(config);
  site.publish(kEvents);
  site.expect_arrived(kEvents);
  const pid_t process = jq_process(site.gateway.pid());
  ASSERT_NE(process, 0);
  site.gateway.kill();
  EXPECT_TRUE(test::wait_until(test::within(kPatience), [&] { return !is_jq_process(process); }));
}

}  // namespace
}  // namespace tidegate::e2e
