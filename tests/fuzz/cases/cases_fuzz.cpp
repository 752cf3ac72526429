#include "cases_fuzz.h"

#include <algorithm>

#include "gateway/event/json_text.h"
#include "gateway/trial/case_file.h"
#include "gateway/trial/limits.h"
#include "tests/fuzz/require.h"
#include "tests/unit/config/fake_connectors.h"

namespace tidegate {

namespace {

using test::require;

const Config& site() {
  static const LoadedConfig loaded = load_text(R"(
sources: { floor: { type: mqtt, broker: "mqtt://home" } }
sinks: { cloud: { type: http, url: "http://cloud" } }
routes: { all: { to: cloud }, some: { topic: "a/#", to: cloud } }
)");
  require(loaded.config.has_value(), "the site loads");
  return *loaded.config;
}

void check(const TestCase& test) {
  std::uint64_t events = 0;
  for (const GivenEvent& given : test.given) {
    events += given.repeat;
    require(is_utf8(given.event.subject) && !given.event.subject.empty(), "a given event has a topic");
    for (const std::string& payload : given.series)
      require(is_embeddable_json(payload), "a payload of a series is JSON");
  }
  require(events <= limits::kCaseEventsMax, "at most so many events");
  require(!test.name.empty() || !test.expect.empty(), "a case expects something");
  for (const auto& [sink, script] : test.sinks) require(site().sink(sink) != nullptr, "a script is of a sink");
  for (const ExpectedLane& lane : test.expect) {
    const auto is_it = [&](const RouteConfig& route) { return route.name == lane.route; };
    require(std::ranges::any_of(site().routes, is_it), "a route that is expected of is there");
    require(std::ranges::is_sorted(lane.moments, {}, &std::pair<milliseconds, Expectation>::first), "moments ascend");
  }
}

}  // namespace

void load_any_cases(std::string_view bytes) {
  const LoadedCases loaded = load_cases_text(bytes, "site.test.yaml", site());
  require(loaded.cases.has_value() == (loaded.diagnostics.errors() == 0), "cases exactly when there is no error");
  if (!loaded.cases) {
    require(!loaded.diagnostics.text().empty(), "a refusal has a reason");
    return;
  }
  require(!loaded.cases->empty(), "a file has a case");
  for (const TestCase& test : *loaded.cases) check(test);
}

}  // namespace tidegate
