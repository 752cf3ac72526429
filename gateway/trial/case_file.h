#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/config/config.h"
#include "gateway/config/diagnostics.h"
#include "gateway/event/event.h"

/// The file that says what a config must do: cases of events that come in, peers that misbehave, and what is expected.
namespace tidegate {

/// Events that come in: one, or the same again and again.
struct GivenEvent {
  std::string source;  ///< a name of the config's sources; empty: the only one there is
  Event event;         ///< without what the intake adds
  milliseconds at{0};
  std::uint64_t repeat = 1;
  milliseconds every{1000};
  std::vector<std::string> series;  ///< payloads in turn, instead of event.data
  Position position;
};

/// What the peer of a sink does for a while.
struct ScriptStep {
  std::string answer = "ok";           ///< ok, down, timeout, or an answer that the sink's connector knows ("429")
  std::optional<milliseconds> lasts;   ///< `for`; counts from the end of the step before
  std::optional<std::uint64_t> times;  ///< so many requests; neither of the two: from here on
  std::optional<milliseconds> retry_after;
  std::optional<milliseconds> takes;  ///< until the answer is there
  std::string reason;                 ///< what the peer says beside its answer
  Position position;
};

/// An event as it is expected: everything named must be as it is said, the rest does not matter.
struct EventShape {
  std::uint64_t count = 1;  ///< so many of them, one after the other
  std::optional<std::string> id, source, type, subject, datacontenttype;
  std::optional<WallTime> time;
  std::optional<ConfigNode> data;   ///< a part of the JSON payload
  std::optional<std::string> text;  ///< the payload, byte for byte
  std::map<std::string, std::string> attributes;
  std::optional<std::string> reason;  ///< dead letters: a part of the reason
  Position position;
};

/// What is expected of a lane at one moment. What is not set is not looked at.
struct Expectation {
  std::optional<std::vector<std::uint64_t>> matched;  ///< numbers of the given events, ascending, from 1
  std::optional<std::vector<EventShape>> delivered, dead;
  std::optional<std::uint64_t> filtered;             ///< by whatever
  std::map<std::string, std::uint64_t> filtered_by;  ///< by reason
  std::optional<std::uint64_t> pending;
  Position position;
};

/// What is expected of a lane, or of every lane of a route.
struct ExpectedLane {
  std::string route;
  std::string sink;  ///< empty: every sink of the route
  Expectation in_the_end;
  std::vector<std::pair<milliseconds, Expectation>> moments;  ///< ascending
};

struct TestCase {
  std::string name;
  Position position;
  /// What the clock shows when the case begins. Some Thursday's midnight: a case must not depend on today.
  WallTime starts{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
  std::optional<milliseconds> run_for;  ///< not set: until nothing is left to happen
  std::vector<GivenEvent> given;
  std::map<std::string, std::vector<ScriptStep>> sinks;  ///< by name; without a script a sink takes everything
  std::vector<ExpectedLane> expect;
};

struct LoadedCases {
  std::optional<std::vector<TestCase>> cases;  ///< set when there was no error
  Diagnostics diagnostics;
};

/// "gateway.yaml" -> "gateway.test.yaml", beside it.
std::filesystem::path cases_beside(const std::filesystem::path& config_file);

/// Reads and checks a file of cases for a config. Reports everything that is wrong, not only the first. *Blocks*.
LoadedCases load_cases(const std::filesystem::path& file, const Config& config);
/// As load_cases, from text; `file` names it in diagnostics.
LoadedCases load_cases_text(std::string_view text, const std::filesystem::path& file, const Config& config);

}  // namespace tidegate
