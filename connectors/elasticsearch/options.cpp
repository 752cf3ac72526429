#include "connectors/elasticsearch/options.h"

#include "connectors/elasticsearch/elasticsearch.h"

namespace tidegate {
namespace elasticsearch {

const OptionTableOf<SinkOptions>& sink_table() {
  static const auto table = [] {
    auto made = OptionTableOf<SinkOptions>(
        "Writes events to Elasticsearch or OpenSearch as documents, by the bulk API. An event's id is its document's.");
    stores::add_store(made, "Where it is: https://search.example.com:9200.",
                      "API key, as Elasticsearch encodes it. OpenSearch takes `auth` of type basic.")
        .required_tree("index", &SinkOptions::index, fields::text_from, fields::kTextSyntax,
                       "The data stream or index of an event.")
        .choice("action", &SinkOptions::action,
                {{"create", Action::create, "A document that is there already stays as it is. Data streams need this."},
                 {"index", Action::index, "A document that is there already is replaced."}},
                "How a document is written.")
        .choice(
            "format", &SinkOptions::format,
            {{"payload", Format::payload,
              "The payload, with the event's time as `@timestamp` unless it has one. What is no JSON object becomes "
              "its member `data`."},
             {"cloudevents", Format::cloudevents, "CloudEvents 1.0 JSON, and `@timestamp`."}},
            "What the document is.")
        .option("pipeline", &SinkOptions::pipeline, "Ingest pipeline.")
        .check([](const SinkOptions& o) { return stores::check_store(o); });
    return made;
  }();
  return table;
}

}  // namespace elasticsearch

const OptionTable* elasticsearch_sink_options() { return &elasticsearch::sink_table(); }

Status check_elasticsearch_sink_route(const std::any& options, const TopicFilter& route) {
  return fields::check_captures("index", std::any_cast<const elasticsearch::SinkOptions&>(options).index, route);
}

}  // namespace tidegate
