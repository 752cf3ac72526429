#include "gateway/config/reduce_sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <variant>

#include "gateway/transform/reduce/limits.h"

namespace tidegate {

using namespace std::chrono_literals;

namespace {

using Fields = std::vector<EventField>;
using ReadFields = std::variant<Fields, TreeFault>;

constexpr std::string_view kFieldSyntax = "field, or list of fields";
constexpr auto kLongest = 366 * 24h;

std::variant<EventField, TreeFault> read_field(const ConfigNode& node) {
  if (node.kind != ConfigNode::Kind::scalar) return TreeFault{node.at, "a field is a text like data.temperature"};
  auto field = EventField::parse(node.text);
  if (!field) return TreeFault{node.at, fmt::format("\"{}\" {}", node.text, field.error().message)};
  return *std::move(field);
}

ReadFields read_fields(const ConfigNode& node) {
  const bool list = node.kind == ConfigNode::Kind::list;
  const std::span<const ConfigNode> nodes = list ? std::span(node.items) : std::span(&node, 1);
  if (nodes.empty()) return TreeFault{node.at, "the list is empty; name at least one field"};
  if (nodes.size() > limits::kReduceFieldsMax) {
    return TreeFault{node.at, fmt::format("more than {} fields", limits::kReduceFieldsMax)};
  }
  Fields fields;
  for (const ConfigNode& each : nodes) {
    auto read = read_field(each);
    if (TreeFault* fault = std::get_if<TreeFault>(&read)) return std::move(*fault);
    fields.push_back(std::get<EventField>(std::move(read)));
  }
  return fields;
}

/// Fields that hold numbers: they lie inside the payload.
ReadFields read_numbers(const ConfigNode& node) {
  ReadFields read = read_fields(node);
  const Fields* fields = std::get_if<Fields>(&read);
  if (fields == nullptr) return read;
  for (std::size_t i = 0; i < fields->size(); ++i) {
    if ((*fields)[i].kind() == EventField::Kind::value) continue;
    return TreeFault{node.kind == ConfigNode::Kind::list ? node.items[i].at : node.at,
                     fmt::format("\"{}\" is no number of the payload; write data.PATH", (*fields)[i].text())};
  }
  return read;
}

ReadFields read_number(const ConfigNode& node) {
  if (node.kind == ConfigNode::Kind::list) return TreeFault{node.at, "one field, not a list"};
  return read_numbers(node);
}

/// The options of every step that remembers.
template <class S>
OptionTableOf<S>& with_keys(OptionTableOf<S>& table) {
  return table
      .tree("key", static_cast<Fields S::*>(&S::key), read_fields, kFieldSyntax,
            "What is remembered apart: events whose values here are the same belong together.")
      .default_text("subject")
      .option("max_keys", static_cast<std::size_t S::*>(&S::max_keys),
              "Keys that are remembered at most. For one more, the key whose events left least recently is forgotten: "
              "its next event is treated as its first.",
              between(1, limits::kReduceKeysMax));
}

const OptionTableOf<DeadbandOptions>& deadband_options() {
  static const auto table = [] {
    auto rows = OptionTableOf<DeadbandOptions>(
        "Leaves out a number that differs too little from the one that left before. An event without that number "
        "leaves.");
    rows.required_tree("field", &DeadbandOptions::field, read_number, "data.PATH", "The number.")
        .option("absolute", &DeadbandOptions::absolute, "It must differ by more than this.", at_least(0))
        .option("percent", &DeadbandOptions::percent,
                "It must differ by more than this share of the number that left before.", at_least(0))
        .option("heartbeat", &DeadbandOptions::heartbeat,
                "Whatever the number, an event leaves when the one that left before is so old; 0s: never.",
                between(0s, kLongest))
        .check([](const DeadbandOptions& o) -> std::optional<OptionFault> {
          if (o.absolute.has_value() != o.percent.has_value()) return std::nullopt;
          return OptionFault{"absolute", "give either absolute or percent"};
        });
    return with_keys(rows);
  }();
  return table;
}

const OptionTableOf<ChangedOptions>& changed_options() {
  static const auto table = [] {
    auto rows = OptionTableOf<ChangedOptions>(
        "Leaves out an event in which all fields are as in the one that left before. An event that has none of the "
        "fields leaves.");
    rows.required_tree("fields", &ChangedOptions::fields, read_fields, kFieldSyntax, "What must have changed.")
        .option("heartbeat", &ChangedOptions::heartbeat,
                "An unchanged event leaves when the one that left before is so old; 0s: never.", between(0s, kLongest));
    return with_keys(rows);
  }();
  return table;
}

const OptionTableOf<ThrottleOptions>& throttle_options() {
  static const auto table = [] {
    auto rows = OptionTableOf<ThrottleOptions>("Leaves out events beyond so many in an interval.");
    rows.option("events", &ThrottleOptions::events, "Events of a key that leave in an interval.", at_least(1))
        .option("every", &ThrottleOptions::every, "The interval; it begins with the first event that leaves in it.",
                between(1ms, kLongest));
    return with_keys(rows);
  }();
  return table;
}

const OptionTableOf<SampleOptions>& sample_options() {
  static const auto table =
      OptionTableOf<SampleOptions>("Leaves out all but one in so many; which ones depends on the key alone.")
          .option("one_in", &SampleOptions::one_in, "One in so many keys leaves.", at_least(1))
          .tree("key", &SampleOptions::key, read_fields, kFieldSyntax,
                "Events whose values here are the same all leave, or none does.")
          .default_text("id");
  return table;
}

const OptionTableOf<DedupeOptions>& dedupe_options() {
  static const auto table = [] {
    auto rows = OptionTableOf<DedupeOptions>(
        "Leaves out an event when one with the same key and the same values left a moment ago. An event that has none "
        "of the fields leaves.");
    rows.tree("fields", &DedupeOptions::fields, read_fields, kFieldSyntax, "The values that must be the same.")
        .default_text("data")
        .option("within", &DedupeOptions::within, "How long ago.", between(1ms, kLongest));
    return with_keys(rows);
  }();
  return table;
}

const OptionTableOf<WindowOptions>& window_options() {
  static const auto table = [] {
    auto rows = OptionTableOf<WindowOptions>(
        "Sums events up: in their place one event of type tidegate.window leaves per window and key, with count, min, "
        "max, mean and last of the fields. An event without any of these numbers leaves as it is.");
    rows.required_tree("fields", &WindowOptions::fields, read_numbers, "data.PATH, or list of these", "The numbers.")
        .option("every", &WindowOptions::every,
                "How long a window is. Windows lie side by side from midnight (UTC) on.", between(1s, kLongest))
        .option("grace", &WindowOptions::grace,
                "A window ends with the first event of its key from a later one; without one, so long after its end.",
                between(0s, 24h))
        .choice("late", &WindowOptions::late,
                {{"next", WindowOptions::Late::next, "It counts in the window that is open, or in the next one."},
                 {"pass", WindowOptions::Late::pass, "It leaves as it is."},
                 {"drop", WindowOptions::Late::drop, "It is left out."}},
                "An event of a window that has ended, or of one that is far ahead of the gateway's clock.");
    return with_keys(rows);
  }();
  return table;
}

}  // namespace

const OptionTableOf<ReduceStep>& reduce_options() {
  static const auto table =
      OptionTableOf<ReduceStep>("One step that leaves out events. Each step is one of these.")
          .section("deadband", &ReduceStep::deadband, deadband_options(), "Numbers that hardly change.")
          .section("changed", &ReduceStep::changed, changed_options(), "Report by exception.")
          .section("throttle", &ReduceStep::throttle, throttle_options(), "So many in an interval.")
          .section("sample", &ReduceStep::sample, sample_options(), "One in so many.")
          .section("dedupe", &ReduceStep::dedupe, dedupe_options(), "The same again.")
          .section("window", &ReduceStep::window, window_options(), "Sums instead of events; the last step.")
          .check([](const ReduceStep& step) -> std::optional<OptionFault> {
            const std::array given = {step.deadband.has_value(), step.changed.has_value(), step.throttle.has_value(),
                                      step.sample.has_value(),   step.dedupe.has_value(),  step.window.has_value()};
            if (std::ranges::count(given, true) == 1) return std::nullopt;
            return OptionFault{"deadband",
                               "a step is exactly one of deadband, changed, throttle, sample, dedupe, window"};
          });
  return table;
}

std::optional<OptionFault> check_reduction(const std::vector<ReduceStep>& steps, const TopicFilter& topic) {
  for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
    if (steps[i].window) return OptionFault{"reduce", "window must be the last step"};
  }
  const auto captured = [&](const std::string& name) {
    return std::ranges::any_of(topic.levels(), [&](const TopicFilter::Level& level) {
      return level.kind == TopicFilter::Level::Kind::capture && level.text == name;
    });
  };
  std::optional<OptionFault> fault;
  const auto look_at = [&](const Fields& fields) {
    for (const EventField& field : fields) {
      if (field.kind() != EventField::Kind::capture || captured(field.name())) continue;
      fault = OptionFault{"reduce", fmt::format("the topic has no {{{}}} for {}", field.name(), field.text())};
    }
  };
  const auto look_at_all = [&](const auto& step, const Fields& fields) {
    look_at(step.key);
    look_at(fields);
  };
  for (const ReduceStep& step : steps) {
    if (step.deadband) look_at_all(*step.deadband, {});
    if (step.changed) look_at_all(*step.changed, step.changed->fields);
    if (step.throttle) look_at_all(*step.throttle, {});
    if (step.sample) look_at_all(*step.sample, {});
    if (step.dedupe) look_at_all(*step.dedupe, step.dedupe->fields);
    if (step.window) look_at_all(*step.window, {});
  }
  return fault;
}

}  // namespace tidegate
