#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <string>

#include "fake_connectors.h"
#include "gateway/base/limits.h"
#include "gateway/config/limits.h"

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kSmall = R"(
sources: { floor: { type: mqtt, broker: b } }
sinks: { cloud: { type: http, url: u } }
routes: { all: { to: cloud } }
)";

/// What is reported, without the file's name.
std::string report(std::string_view text) {
  std::string out = load_text(text).diagnostics.text();
  const std::string file = "/etc/tidegate/site.yaml:";
  for (std::size_t at = out.find(file); at != std::string::npos; at = out.find(file, at)) out.erase(at, file.size());
  return out;
}

/// A config whose source has one option more.
std::string with_source_option(const std::string& option) {
  return "sources:\n  floor:\n    type: mqtt\n    broker: b\n    " + option +
         "\nsinks: { cloud: { type: http, url: u } }\nroutes: { all: { to: cloud } }\n";
}

TEST(LoadConfig, ASinkIsAskedWhetherItCanDeliverWhatARouteMatches) {
  constexpr std::string_view kText =
      "sources: { floor: { type: mqtt, broker: b } }\n"
      "sinks: { strict: { type: picky, url: u } }\n"
      "routes:\n"
      "  good: { topic: 'a/{b}', to: strict }\n"
      "  bad: { topic: 'a/+', to: strict }\n";
  EXPECT_EQ(report(kText), "5:3: error: routes.bad, to sink \"strict\": wants a capture\n");
}

TEST(LoadConfig, AVariableThatIsMissingIsSaidOnce) {
  EXPECT_EQ(report("sources: { floor: { type: mqtt, broker: b } }\n"
                   "sinks: { cloud: { type: http, url: u, retry: { initial: 2m, max: '${NONE}' } } }\n"
                   "routes: { all: { to: cloud } }\n"),
            "2:66: error: the environment has no NONE; set it, or give a default: ${NONE:-value}\n");
}

TEST(LoadConfig, ATransformsCapturesMustBeOnesOfTheTopic) {
  constexpr std::string_view kText =
      "sources: { floor: { type: mqtt, broker: b } }\n"
      "sinks: { cloud: { type: http, url: u } }\n"
      "routes:\n"
      "  all:\n"
      "    topic: 'a/{site}/#'\n"
      "    to: cloud\n"
      "    transform:\n"
      "      template: { a: '${captures.site}' }\n"
      "      type: x.${captures.sites}\n";
  EXPECT_EQ(
      report(kText),
      "9:15: error: routes.all.transform: the topic \"a/{site}/#\" captures no {sites}; did you mean \"site\"?\n");
}

TEST(LoadConfig, ASmallFileGetsAllDefaults) {
  const LoadedConfig loaded = load_text(kSmall);
  ASSERT_TRUE(loaded.config) << loaded.diagnostics.text();
  const Config& config = *loaded.config;
  EXPECT_FALSE(config.gateway.id.empty());
  EXPECT_EQ(config.gateway.data_dir, "/var/lib/tidegate");
  EXPECT_EQ(config.spool.data_dir, "/var/lib/tidegate");
  EXPECT_EQ(config.gateway.admin.listen.text(), "127.0.0.1:8686");
  EXPECT_EQ(config.spool.sync, SyncMode::full);
  ASSERT_EQ(config.sinks.size(), 1u);
  EXPECT_EQ(config.sinks[0].delivery.batch.max_events, DeliveryOptions{}.batch.max_events);
  ASSERT_EQ(config.routes.size(), 1u);
  EXPECT_EQ(config.routes[0].topic.text(), "#");
  EXPECT_TRUE(config.routes[0].from.empty());
  EXPECT_EQ(config.routes[0].start.kind, StartAt::Kind::now);
  EXPECT_EQ(loaded.diagnostics.text(), "");
}

TEST(LoadConfig, EveryOptionOfTheGatewayIsRead) {
  const LoadedConfig loaded = load_text(R"(
x-shared: &shared
  type: http
  url: https://x
gateway:
  id: plant-7
  data_dir: data
  admin: { listen: "unix:/run/t.sock" }
  log: { level: debug, format: json }
  shutdown_timeout: 3s
spool: { sync: normal, max_bytes: 1GiB, when_full: drop_oldest, retain: 24h }
sources:
  one: { type: mqtt, broker: "${HOME_BROKER}:${PORT}" }
  two: { type: kafka, broker: "${MISSING:-fallback}" }
sinks:
  cloud:
    <<: *shared
    order: strict
    batch: { max_events: 7, max_bytes: 2KiB, max_wait: 1s }
    in_flight: 2
    retry: { initial: 1s, max: 2s }
    breaker: { failures: 0, interval: 1m }
    rate_limit: 12.5
    max_age: 1d
    max_attempts: 9
  other: { <<: *shared, url: "https://y" }
routes:
  a: { from: [ one, two ], topic: "s/{site}/#", to: [ cloud, other ], start: earliest }
  b: { from: one, to: cloud, start: "2026-05-01T08:00:00.25+02:00" }
)");
  ASSERT_TRUE(loaded.config) << loaded.diagnostics.text();
  const Config& c = *loaded.config;
  EXPECT_EQ(c.gateway.id, "plant-7");
  EXPECT_EQ(c.gateway.data_dir, "/etc/tidegate/data");
  EXPECT_TRUE(c.gateway.admin.listen.unix_socket);
  EXPECT_EQ(c.gateway.log.level, LogLevel::debug);
  EXPECT_EQ(c.gateway.log.format, LogFormat::json);
  EXPECT_EQ(c.gateway.shutdown_timeout, 3s);
  EXPECT_EQ(c.spool.data_dir, "/etc/tidegate/data");
  EXPECT_EQ(c.spool.sync, SyncMode::normal);
  EXPECT_EQ(c.spool.max_bytes, 1u << 30);
  EXPECT_EQ(c.spool.when_full, WhenFull::drop_oldest);
  EXPECT_EQ(c.spool.retain, 24h);
  EXPECT_EQ(std::any_cast<FakeSource>(c.sources[0].options).broker, "mqtt://home:8883");
  EXPECT_EQ(std::any_cast<FakeSource>(c.sources[1].options).broker, "fallback");
  const DeliveryOptions& d = c.sinks[0].delivery;
  EXPECT_EQ(d.order, Order::strict);
  EXPECT_EQ(d.batch.max_events, 7u);
  EXPECT_EQ(d.batch.max_bytes, 2048u);
  EXPECT_EQ(d.batch.max_wait, 1s);
  EXPECT_EQ(d.in_flight, 2u);
  EXPECT_EQ(d.retry.max, 2s);
  EXPECT_EQ(d.breaker.failures, 0u);
  EXPECT_EQ(d.rate_limit, 12.5);
  EXPECT_EQ(d.max_age, 24h);
  EXPECT_EQ(d.max_attempts, 9u);
  ASSERT_NE(c.sink("other"), nullptr);
  EXPECT_EQ(std::any_cast<FakeSink>(c.sink("other")->options).url, "https://y");
  EXPECT_THAT(c.routes[0].from, ElementsAre("one", "two"));
  EXPECT_THAT(c.routes[0].to, ElementsAre("cloud", "other"));
  EXPECT_EQ(c.routes[0].start.kind, StartAt::Kind::earliest);
  EXPECT_EQ(c.routes[1].start.kind, StartAt::Kind::time);
  EXPECT_EQ(c.routes[1].start.time, WallTime(std::chrono::sys_days{2026y / 5 / 1}) + 6h + 250ms);
}

std::string file_text(const std::string& name) {
  std::ifstream file(std::string(TIDEGATE_TEST_DATA) + "/" + name);
  EXPECT_TRUE(file) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(LoadConfig, EveryMistakeOfAFileIsReportedAtOnceInItsOrder) {
  EXPECT_EQ(report(file_text("mistakes.yaml")), file_text("mistakes.txt"));
}

TEST(LoadConfig, UnusedSourcesAndSinksAreWarnings) {
  const LoadedConfig loaded = load_text(R"(sources:
  used: { type: mqtt, broker: b }
  unused: { type: mqtt, broker: b }
sinks:
  used: { type: http, url: u }
  unused: { type: http, url: u }
routes:
  r: { from: used, to: used }
)");
  EXPECT_TRUE(loaded.config);
  EXPECT_EQ(loaded.diagnostics.warnings(), 2u);
  EXPECT_THAT(loaded.diagnostics.text(), HasSubstr(":3:3: warning: no route takes events from source \"unused\""));
  EXPECT_THAT(loaded.diagnostics.text(), HasSubstr(":6:3: warning: no route leads to sink \"unused\""));
}

TEST(LoadConfig, SyntaxErrorsHaveAPlaceAndNothingElseIsReported) {
  EXPECT_EQ(report("sources: { a: b\n"), "2:1: error: not valid YAML: end of map flow not found\n");
  EXPECT_EQ(report("sources:\n\ta: b\n"), "2:1: error: a tab in the indentation; YAML wants spaces\n");
  EXPECT_EQ(report("sources:\n  a: {x}/b\n"), "2:9: error: not valid YAML: end of map not found\n");
  EXPECT_EQ(report("a: *nowhere\n"), "1:4: error: not valid YAML: the referenced anchor is not defined\n");
  EXPECT_EQ(report("a: \xff\n"), "1:4: error: this byte is not UTF-8; save the file as UTF-8\n");
  EXPECT_EQ(report("a: \x01\n"), "1:4: error: control character \\x01; remove it\n");
  EXPECT_THAT(report(std::string(kSmall) + "---\na: b\n"), HasSubstr("error: a second YAML document"));
}

TEST(LoadConfig, AnEmptyFileSaysWhatBelongsIntoIt) {
  EXPECT_THAT(report(""), HasSubstr("must hold a map of sources, sinks and routes"));
  EXPECT_THAT(report("gateway: { id: x }\n"), HasSubstr("missing section \"sources\""));
  EXPECT_THAT(report("- a\n"), HasSubstr("1:1: error: the file must hold a map"));
}

TEST(LoadConfig, BombsEndAtALimit) {
  std::string bomb = "a0: &a0 [ x, x, x, x, x, x, x, x, x, x ]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += fmt::format("a{0}: &a{0} [ {1}, {1}, {1}, {1}, {1}, {1}, {1}, {1}, {1}, {1} ]\n", i, before);
  }
  EXPECT_THAT(report(bomb), HasSubstr("more than 50000 values, aliases expanded"));
  EXPECT_THAT(report("a: " + std::string(40, '[')), HasSubstr("nested deeper than 32 levels"));
  EXPECT_THAT(report(std::string(limits::kConfigFileBytesMax + 1, '#')), HasSubstr("larger than 1024 KiB"));
  EXPECT_THAT(report("a: &a [ *a ]\n"), HasSubstr("this alias lies inside its own anchor"));
}

TEST(LoadConfig, TooManyMistakesAreCounted) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += fmt::format("key{}: x\n", i);
  EXPECT_THAT(report(text), HasSubstr(" 103 more not shown\n"));
}

TEST(LoadConfig, VariablesAreReplacedInValues) {
  const auto client_id = [](const std::string& written) {
    const LoadedConfig loaded = load_text(with_source_option("client_id: \"" + written + "\""));
    return loaded.config ? std::any_cast<FakeSource>(loaded.config->sources[0].options).client_id
                         : loaded.diagnostics.text();
  };
  EXPECT_EQ(client_id("a${PORT}b${PORT}"), "a8883b8883");
  EXPECT_EQ(client_id("${NONE:-}"), "");
  EXPECT_EQ(client_id("${EMPTY:-x}"), "x");
  EXPECT_EQ(client_id("$${PORT} $PORT pa$$word"), "${PORT} $PORT pa$$word");
  EXPECT_THAT(client_id("${NONE}"), HasSubstr("5:16: error: the environment has no NONE; set it, or give a default"));
  EXPECT_THAT(client_id("${PORT"), HasSubstr("${ without a }"));
  EXPECT_THAT(client_id("${PO RT}"), HasSubstr("\"${PO RT}\" names no variable"));
  EXPECT_THAT(client_id("${BAD}"), HasSubstr("BAD is not UTF-8"));
}

TEST(LoadConfig, AVariablesValueIsNeverShown) {
  EXPECT_EQ(report(with_source_option("keep_alive: ${PORT}")),
            "5:17: error: sources.floor.keep_alive: \"${PORT}\" has no unit; write one of ms, s, m, h, d, as in 30s\n");
}

TEST(LoadConfig, LanesHaveALimit) {
  std::string text =
      "sources: { floor: { type: mqtt, broker: b } }\nsinks: { cloud: { type: http, url: u } }\nroutes:\n";
  for (std::size_t i = 0; i <= limits::kLanesMax; ++i) text += fmt::format("  r{}: {{ to: cloud }}\n", i);
  EXPECT_THAT(report(text), HasSubstr("260:3: error: more than 256 lanes"));
}

TEST(LoadConfig, LinesMayEndAsWindowsWritesThem) {
  std::string text;
  for (const char c : kSmall) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_EQ(report(text), "");
}

TEST(LoadConfig, AFileThatIsNotThereIsAnError) {
  const LoadedConfig loaded = load_config("/nowhere/tidegate.yaml", fake_types());
  EXPECT_FALSE(loaded.config);
  EXPECT_THAT(loaded.diagnostics.text(),
              HasSubstr("/nowhere/tidegate.yaml: error: cannot be read: No such file or directory"));
}

}  // namespace
}  // namespace tidegate
