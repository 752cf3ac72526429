#include "gateway/config/sections.h"

namespace tidegate {

namespace {

const OptionTableOf<EventTimeOptions>& event_time_options() {
  using namespace std::chrono_literals;
  static const auto table =
      OptionTableOf<EventTimeOptions>("When an event happened, as its device says.")
          .required_parsed("field", &EventTimeOptions::field, read_time_field,
                           "data.NAME, attributes.NAME, captures.NAME", "Where the time stands.")
          .parsed("format", &EventTimeOptions::format, TimeFormat::parse,
                  "rfc3339, unix_s, unix_ms, unix_us, unix_ns, or a pattern",
                  "How it is written. A pattern is as for strptime: %Y-%m-%d %H:%M:%S.")
          .default_text("rfc3339")
          .parsed("zone", &EventTimeOptions::zone, read_zone, "UTC or an offset as +02:00",
                  "What a time is relative to that does not say so itself.")
          .default_text("UTC for patterns")
          .option("max_ahead", &EventTimeOptions::max_ahead,
                  "How far the device's clock may be ahead of the time at which the event came in.",
                  between(0s, 876'000h))
          .option("max_behind", &EventTimeOptions::max_behind,
                  "How far the time may lie back. Devices that keep readings while offline need days.",
                  between(0s, 876'000h))
          .choice("otherwise", &EventTimeOptions::otherwise,
                  {{"received", AbsurdClock::received,
                    "The event keeps the time it came with; what the device said becomes the attribute `deviceclock`."},
                   {"dead", AbsurdClock::dead, "The event goes to the dead letters."},
                   {"keep", AbsurdClock::keep, "The device's time counts all the same, if there is one."}},
                  "What happens when the time is missing, unreadable, or further away than that.");
  return table;
}

}  // namespace

const OptionTableOf<TransformOptions>& transform_options() {
  static const auto table =
      OptionTableOf<TransformOptions>(
          "What events look like when they leave. Texts and templates take placeholders: "
          "${data.value}, ${captures.site}, ${time}; see docs/shape-events.md.")
          .section("time", &TransformOptions::time, event_time_options(), "When an event happened, as its device says.")
          .tree("jq", &TransformOptions::jq, read_jq_source, "a jq program",
                "Each output is the payload of an event; none: the event does not leave. Before all others but `time`.")
          .tree("template", &TransformOptions::shape, Template::parse_shape, "any YAML, or JSON as a text",
                "The new payload, as JSON. A value that is one placeholder alone keeps its type.")
          .tree("set", &TransformOptions::set, read_attribute_templates, "a map of texts",
                "Attributes to add or replace.")
          .option("drop", &TransformOptions::drop, "Names of attributes to leave out, one or a list.")
          .tree("type", &TransformOptions::type, read_type_template, "text with placeholders", "The new type.")
          .tree("subject", &TransformOptions::subject, Template::parse_text, "text with placeholders",
                "The new subject. The order of events goes by the old one.")
          .tree("source", &TransformOptions::source, read_type_template, "text with placeholders", "The new source.")
          .tree("data_schema", &TransformOptions::data_schema, read_schema_template, "text with placeholders",
                "The attribute `dataschema`: an absolute URI that says what the payload looks like.");
  return table;
}

}  // namespace tidegate
