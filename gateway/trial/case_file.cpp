#include "gateway/trial/case_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>

#include "gateway/config/files.h"
#include "gateway/config/scalars.h"
#include "gateway/config/yaml_reader.h"
#include "gateway/event/json_text.h"
#include "gateway/trial/case_options.h"
#include "gateway/trial/limits.h"
#include "gateway/trial/peer.h"
#include "gateway/trial/tree_json.h"

namespace tidegate {

namespace {

using Kind = ConfigNode::Kind;

std::string json_of(const ConfigNode& node) {
  std::string json;
  append_tree_as_json(node, json);
  return json;
}

/// The values of something that may be one or a list.
std::span<const ConfigNode> items_of(const ConfigNode& node) {
  return node.kind == Kind::list ? std::span(node.items) : std::span(&node, 1);
}

/// A time since the beginning: durations one after the other, as in 2h1m.
Result<milliseconds> read_moment(std::string_view text) {
  milliseconds sum{0};
  while (true) {
    const std::size_t unit = std::min(text.find_first_not_of("0123456789"), text.size());
    const std::size_t end = std::min(text.find_first_of("0123456789", unit), text.size());
    const auto part = read_duration(text.substr(0, end));
    if (!part) return part.error();
    if (*part > limits::kCaseRunMax - sum) return Error{ErrorCode::invalid, "is longer than a case may run"};
    sum += *part;
    text.remove_prefix(end);
    if (text.empty()) return sum;
  }
}

/// Reads a file's tree into cases.
class CaseLoader {
 public:
  CaseLoader(Diagnostics& diagnostics, const Config& config) : diagnostics_(diagnostics), config_(config) {
    for (const SourceConfig& source : config.sources) sources_.push_back(source.name);
    for (const SinkConfig& sink : config.sinks) sinks_.push_back(sink.name);
    for (const RouteConfig& route : config.routes) routes_.push_back(route.name);
  }

  std::vector<TestCase> load(const ConfigNode& root) {
    const ConfigEntry* cases = root.kind == Kind::map ? root.find("cases") : nullptr;
    if (cases == nullptr || cases->value.kind != Kind::list || cases->value.items.empty()) {
      diagnostics_.error(cases != nullptr ? cases->at : root.at,
                         "the file must hold a list named cases, with at least one");
      return {};
    }
    for (const ConfigEntry& entry : root.entries) {
      if (&entry != cases)
        diagnostics_.error(entry.at, fmt::format("unknown section {}; there is only cases", quote(entry.key)));
    }
    std::vector<TestCase> loaded;
    std::set<std::string> names;
    for (const ConfigNode& item : cases->value.items) {
      loaded.push_back(read_case(item, fmt::format("cases[{}]", loaded.size() + 1)));
      if (!loaded.back().name.empty() && !names.insert(loaded.back().name).second) {
        diagnostics_.error(item.at, fmt::format("there is a case {} already", quote(loaded.back().name)));
      }
    }
    return loaded;
  }

 private:
  template <class S>
  bool read_row(const ConfigNode& node, const OptionTableOf<S>& table, S& row, const std::string& path) {
    ReadContext context{diagnostics_, {}, path, node.at};
    const OptionTable& options = table;
    const ReadTarget target{&options, &row};
    if (node.kind == Kind::scalar && !options.shorthand().empty()) {
      ConfigNode map(Kind::map, node.at);
      map.entries.push_back({options.shorthand(), node.at, node});
      return read_options(map, std::span(&target, 1), context);
    }
    return read_options(node, std::span(&target, 1), context);
  }

  TestCase read_case(const ConfigNode& node, const std::string& path) {
    CaseRow row;
    read_row(node, case_options(), row, path);
    TestCase out{row.name, node.at, row.starts, row.run_for, {}, {}, {}};
    if (row.given) read_given(*row.given, path + ".given", out);
    if (row.sinks) read_scripts(*row.sinks, path + ".sinks", out);
    if (row.expect) {
      read_expectations(*row.expect, path + ".expect", out);
    } else {
      diagnostics_.error(node.at, fmt::format("{}: a case that expects nothing shows nothing; add expect", path));
    }
    return out;
  }

  void read_given(const ConfigNode& node, const std::string& path, TestCase& out) {
    std::uint64_t events = 0;
    std::uint64_t bytes = 0;
    for (const ConfigNode& item : items_of(node)) {
      GivenRow row;
      const std::string item_path = fmt::format("{}[{}]", path, out.given.size() + 1);
      GivenEvent& given = out.given.emplace_back();
      if (!read_row(item, given_options(), row, item_path)) continue;
      given = given_of(row, item, item_path);
      events += given.repeat;
      bytes += given.repeat * payload_bytes(given.event);
      for (std::size_t i = 0; i < given.series.size(); ++i) {
        bytes += (given.repeat / given.series.size() + 1) * given.series[i].size();
      }
      if (events > limits::kCaseEventsMax || bytes > limits::kCaseBytesMax) {
        diagnostics_.error(item.at, fmt::format("{}: more than {} events or {} of payload in one case", path,
                                                limits::kCaseEventsMax, write_byte_size(limits::kCaseBytesMax)));
        return;
      }
    }
  }

  GivenEvent given_of(const GivenRow& row, const ConfigNode& node, const std::string& path) {
    GivenEvent given;
    given.source = row.source;
    given.at = row.at;
    given.every = row.every;
    given.position = node.at;
    given.event.id = row.id;
    given.event.type = row.type;
    given.event.subject = row.topic;
    given.event.datacontenttype = row.datacontenttype;
    given.event.attributes.assign(row.attributes.begin(), row.attributes.end());
    if (row.time) given.event.time = *row.time;
    if (row.data) given.event.data = json_of(*row.data);
    if (!row.text.empty()) given.event.data = row.text;
    if (!row.base64.empty() && !append_from_base64(row.base64, given.event.data)) {
      diagnostics_.error(node.at, fmt::format("{}: base64 is none (RFC 4648, padded with =)", path));
    }
    if (row.series) {
      for (const ConfigNode& item : items_of(*row.series)) given.series.push_back(json_of(item));
      if (given.series.empty()) diagnostics_.error(row.series->at, path + ".series: an empty list brings no event");
    }
    given.repeat = row.repeat.value_or(std::max<std::uint64_t>(1, given.series.size()));
    if (const Status fits = check_event(given.event); !row.topic.empty() && !fits) {
      diagnostics_.error(node.at, fmt::format("{}: {}", path, fits.error().message));
    }
    check_source(given, node, path);
    return given;
  }

  void check_source(const GivenEvent& given, const ConfigNode& node, const std::string& path) {
    if (given.source.empty()) {
      if (sources_.size() != 1) {
        diagnostics_.error(node.at, fmt::format("{}: say which source brings it: {}", path, fmt::join(sources_, ", ")));
      }
    } else if (std::ranges::find(sources_, given.source) == sources_.end()) {
      const ConfigEntry* entry = node.find("source");
      diagnostics_.error(entry != nullptr ? entry->value.at : node.at,
                         fmt::format("{}: the config has no source {}{}", path, quote(given.source),
                                     did_you_mean(given.source, sources_)));
    }
  }

  /// The entries of a map from names to something, or null with an error.
  const std::vector<ConfigEntry>* named(const ConfigNode& node, const std::string& path, std::string_view of_what) {
    if (node.kind == Kind::map) return &node.entries;
    if (node.kind != Kind::failed) diagnostics_.error(node.at, fmt::format("{} must be a map of {}", path, of_what));
    return nullptr;
  }

  void read_scripts(const ConfigNode& node, const std::string& path, TestCase& out) {
    const auto* entries = named(node, path, "sinks, with a list of steps for each");
    if (entries == nullptr) return;
    for (const ConfigEntry& entry : *entries) {
      const SinkConfig* sink = config_.sink(entry.key);
      if (sink == nullptr) {
        diagnostics_.error(entry.at, fmt::format("{}: the config has no sink {}{}", path, quote(entry.key),
                                                 did_you_mean(entry.key, sinks_)));
        continue;
      }
      std::vector<ScriptStep>& steps = out.sinks[entry.key];
      if (items_of(entry.value).size() > limits::kScriptStepsMax) {
        diagnostics_.error(entry.at, fmt::format("{}: more than {} steps", path, limits::kScriptStepsMax));
        continue;
      }
      for (const ConfigNode& item : items_of(entry.value)) {
        ScriptStep& step = steps.emplace_back();
        step.position = item.at;
        const std::string step_path = fmt::format("{}.{}[{}]", path, entry.key, steps.size());
        if (steps.size() > 1 && endless(steps[steps.size() - 2])) {
          diagnostics_.error(item.at,
                             fmt::format("{}: never reached; the step before needs \"for\" or \"times\"", step_path));
        }
        if (!read_row(item, script_options(), step, step_path)) continue;
        if (const Status known = check_answer(*sink->type, step); !known) {
          diagnostics_.error(item.at, fmt::format("{}: {}", step_path, known.error().message));
        }
      }
    }
  }

  static bool endless(const ScriptStep& step) { return !step.lasts && !step.times; }

  void read_expectations(const ConfigNode& node, const std::string& path, TestCase& out) {
    const auto* entries = named(node, path, "routes, or ROUTE/SINK");
    if (entries == nullptr) return;
    if (entries->empty()) diagnostics_.error(node.at, path + ": a case that expects nothing shows nothing");
    for (const ConfigEntry& entry : *entries) {
      ExpectedLane lane;
      const std::size_t slash = entry.key.find('/');
      lane.route = entry.key.substr(0, slash);
      if (slash != std::string::npos) lane.sink = entry.key.substr(slash + 1);
      if (!knows(lane, slash != std::string::npos, entry, path)) continue;
      read_lane(entry, fmt::format("{}.{}", path, entry.key), out.given.size(), lane);
      out.expect.push_back(std::move(lane));
    }
  }

  bool knows(const ExpectedLane& lane, bool names_sink, const ConfigEntry& entry, const std::string& path) {
    const auto route = std::ranges::find(config_.routes, lane.route, &RouteConfig::name);
    if (route == config_.routes.end()) {
      diagnostics_.error(entry.at, fmt::format("{}: the config has no route {}{}", path, quote(lane.route),
                                               did_you_mean(lane.route, routes_)));
      return false;
    }
    if (names_sink && std::ranges::find(route->to, lane.sink) == route->to.end()) {
      diagnostics_.error(entry.at, fmt::format("{}: route {} does not lead to {}; it leads to {}", path, lane.route,
                                               quote(lane.sink), fmt::join(route->to, ", ")));
      return false;
    }
    return true;
  }

  void read_lane(const ConfigEntry& entry, const std::string& path, std::size_t given, ExpectedLane& lane) {
    ExpectationRow row;
    if (!read_row(entry.value, expectation_options(), row, path)) return;
    lane.in_the_end = expectation_of(row, entry.at, path, given);
    if (!row.at) return;
    const auto* moments = named(*row.at, path + ".at", "times since the beginning");
    if (moments == nullptr) return;
    for (const ConfigEntry& moment : *moments) {
      const auto time = read_moment(moment.key);
      if (!time) {
        diagnostics_.error(moment.at, fmt::format("{}.at: {} {}", path, quote(moment.key), time.error().message));
        continue;
      }
      ExpectationRow inner;
      const std::string moment_path = fmt::format("{}.at.{}", path, moment.key);
      if (!read_row(moment.value, expectation_options(), inner, moment_path)) continue;
      if (inner.at) diagnostics_.error(inner.at->at, moment_path + ": a moment has no moments of its own");
      lane.moments.emplace_back(*time, expectation_of(inner, moment.at, moment_path, given));
    }
    std::ranges::stable_sort(lane.moments, {}, &std::pair<milliseconds, Expectation>::first);
  }

  Expectation expectation_of(const ExpectationRow& row, Position at, const std::string& path, std::size_t given) {
    Expectation out;
    out.position = at;
    out.pending = row.pending;
    if (row.matched) out.matched = numbers_of(*row.matched, path + ".matched", given);
    if (row.delivered) out.delivered = shapes_of(*row.delivered, path + ".delivered", false);
    if (row.dead) out.dead = shapes_of(*row.dead, path + ".dead", true);
    if (row.filtered) read_filtered(*row.filtered, path + ".filtered", out);
    const bool nothing = !out.pending && !out.matched && !out.delivered && !out.dead && !out.filtered &&
                         out.filtered_by.empty() && !row.at;
    if (nothing) {
      diagnostics_.error(at, path + ": expects nothing; write matched, delivered, filtered, dead, pending or at");
    }
    return out;
  }

  std::vector<std::uint64_t> numbers_of(const ConfigNode& node, const std::string& path, std::size_t given) {
    std::vector<std::uint64_t> numbers;
    for (const ConfigNode& item : items_of(node)) {
      const auto number = item.kind == Kind::scalar ? read_unsigned(item.text) : Error{ErrorCode::invalid, ""};
      if (!number || *number == 0 || *number > given) {
        diagnostics_.error(item.at,
                           fmt::format("{}: the numbers of given events are 1 to {}; none is []", path, given));
        continue;
      }
      numbers.push_back(*number);
    }
    std::ranges::sort(numbers);
    return numbers;
  }

  std::vector<EventShape> shapes_of(const ConfigNode& node, const std::string& path, bool dead) {
    std::vector<EventShape> shapes;
    for (const ConfigNode& item : items_of(node)) {
      EventShape shape;
      shape.position = item.at;
      const std::string shape_path = fmt::format("{}[{}]", path, shapes.size() + 1);
      if (!read_row(item, shape_options(), shape, shape_path)) continue;
      if (shape.reason && !dead) diagnostics_.error(item.at, shape_path + ": only dead letters have a reason");
      shapes.push_back(std::move(shape));
    }
    return shapes;
  }

  void read_filtered(const ConfigNode& node, const std::string& path, Expectation& out) {
    const auto count = [&](const ConfigNode& value) -> std::uint64_t {
      const auto number = value.kind == Kind::scalar ? read_unsigned(value.text) : Error{ErrorCode::invalid, ""};
      if (!number) diagnostics_.error(value.at, path + ": must be a number, or a map of reasons with a number each");
      return number.value_or(0u);
    };
    if (node.kind != Kind::map) {
      out.filtered = count(node);
      return;
    }
    for (const ConfigEntry& entry : node.entries) out.filtered_by[entry.key] = count(entry.value);
    if (node.entries.empty()) diagnostics_.error(node.at, path + ": an empty map expects nothing; none is 0");
  }

  Diagnostics& diagnostics_;
  const Config& config_;
  std::vector<std::string_view> sources_, sinks_, routes_;
};

}  // namespace

std::filesystem::path cases_beside(const std::filesystem::path& config_file) {
  std::filesystem::path beside = config_file;
  return beside.replace_extension(".test.yaml");
}

LoadedCases load_cases_text(std::string_view text, const std::filesystem::path& file, const Config& config) {
  LoadedCases loaded{std::nullopt, Diagnostics(file.string())};
  const ConfigNode root = read_yaml(text, loaded.diagnostics);
  if (root.kind == Kind::null && loaded.diagnostics.errors() > 0) return loaded;
  auto cases = CaseLoader(loaded.diagnostics, config).load(root);
  if (loaded.diagnostics.errors() == 0) loaded.cases = std::move(cases);
  return loaded;
}

LoadedCases load_cases(const std::filesystem::path& file, const Config& config) {
  const auto text = read_file_text(file, limits::kCaseFileBytesMax);
  if (text) return load_cases_text(*text, file, config);
  LoadedCases loaded{std::nullopt, Diagnostics(file.string())};
  loaded.diagnostics.error({}, text.error().message);
  return loaded;
}

}  // namespace tidegate
