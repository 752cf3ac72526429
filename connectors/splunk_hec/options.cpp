#include "connectors/splunk_hec/options.h"

#include "connectors/splunk_hec/splunk_hec.h"

namespace tidegate {
namespace splunk_hec {

const OptionTableOf<SinkOptions>& sink_table() {
  static const auto table = [] {
    auto made = OptionTableOf<SinkOptions>("Writes events to Splunk by the HTTP event collector.");
    stores::add_store(made, "Where the collector is: https://splunk.example.com:8088.",
                      "The collector's token. Indexer acknowledgement must be off for it.")
        .tree("index", &SinkOptions::index, fields::text_from, fields::kTextSyntax, "The index.")
        .default_text("the token's own")
        .tree("host", &SinkOptions::host, fields::text_from, fields::kTextSyntax, "The host.")
        .default_text("the token's own")
        .tree("sourcetype", &SinkOptions::sourcetype, fields::text_from, fields::kTextSyntax, "The source type.")
        .default_text("the token's own")
        .tree("source", &SinkOptions::source, fields::text_from, fields::kTextSyntax, "The source.")
        .tree("fields", &SinkOptions::fields, fields::text_map_from, fields::kTextMapSyntax,
              "Indexed fields. One whose text is empty is left out.")
        .choice("format", &SinkOptions::format,
                {{"payload", Format::payload, "The payload."},
                 {"cloudevents", Format::cloudevents, "CloudEvents 1.0 JSON."}},
                "What the event is.")
        .check([](const SinkOptions& o) { return stores::check_store(o); });
    return made;
  }();
  return table;
}

}  // namespace splunk_hec

const OptionTable* splunk_hec_sink_options() { return &splunk_hec::sink_table(); }

Status check_splunk_hec_sink_route(const std::any& options, const TopicFilter& route) {
  const auto& sink = std::any_cast<const splunk_hec::SinkOptions&>(options);
  for (const Status& checked :
       {fields::check_captures("index", sink.index, route), fields::check_captures("host", sink.host, route),
        fields::check_captures("sourcetype", sink.sourcetype, route),
        fields::check_captures("source", sink.source, route), fields::check_captures("fields", sink.fields, route)}) {
    if (!checked) return checked;
  }
  return {};
}

}  // namespace tidegate
