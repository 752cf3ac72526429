#include "connectors/loki/options.h"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/http/header_lines.h"
#include "connectors/loki/limits.h"
#include "connectors/loki/loki.h"

namespace tidegate {
namespace loki {

namespace {

/// *Source*: Prometheus, "Metric names and labels".
bool is_label_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

std::optional<OptionFault> check_sink(const SinkOptions& o) {
  if (auto fault = stores::check_store(o)) return fault;
  if (o.labels.entries.empty()) return OptionFault{"labels", "a stream needs at least one label"};
  if (o.labels.entries.size() > limits::kLabelsMax) {
    return OptionFault{"labels",
                       fmt::format("Loki takes {} labels at most; put the rest into metadata", limits::kLabelsMax)};
  }
  for (const auto& [name, text] : o.labels.entries) {
    if (!is_label_name(name)) {
      return OptionFault{"labels", fmt::format("\"{}\" is no name of a label: letters, digits and _", name)};
    }
  }
  if (!http::is_header_value(o.tenant)) return OptionFault{"tenant", "holds control characters"};
  return std::nullopt;
}

}  // namespace

const OptionTableOf<SinkOptions>& sink_table() {
  static const auto table = [] {
    auto made = OptionTableOf<SinkOptions>("Writes events to Grafana Loki as log lines.");
    stores::add_store(made, "Where Loki is: http://127.0.0.1:3100.",
                      "Bearer token. Grafana Cloud takes `auth` of type basic.")
        .required_tree("labels", &SinkOptions::labels, fields::text_map_from, fields::kTextMapSyntax,
                       "Labels: those whose values are the same make a stream, of which there should be few. One whose "
                       "text is empty is left out.")
        .tree("metadata", &SinkOptions::metadata, fields::text_map_from, fields::kTextMapSyntax,
              "Structured metadata, for what has many values: ids, serial numbers. Needs Loki 2.9.")
        .option("tenant", &SinkOptions::tenant, "The tenant, where Loki serves several (X-Scope-OrgID).")
        .option("max_streams", &SinkOptions::max_streams,
                "Streams at a time. An event of one more is a dead letter: a label whose values never end would bring "
                "Loki down.",
                between(std::size_t{1}, limits::kStreamsMax))
        .choice("format", &SinkOptions::format,
                {{"payload", Format::payload, "The payload, as it came when it is text, else as JSON."},
                 {"cloudevents", Format::cloudevents, "CloudEvents 1.0 JSON."}},
                "What the line is.")
        .check(check_sink);
    return made;
  }();
  return table;
}

}  // namespace loki

const OptionTable* loki_sink_options() { return &loki::sink_table(); }

Status check_loki_sink_route(const std::any& options, const TopicFilter& route) {
  const auto& sink = std::any_cast<const loki::SinkOptions&>(options);
  if (Status checked = fields::check_captures("labels", sink.labels, route); !checked) return checked;
  return fields::check_captures("metadata", sink.metadata, route);
}

}  // namespace tidegate
