#include "connectors/gcp_pubsub/options.h"

#include <algorithm>

#include "connectors/gcp_pubsub/gcp_pubsub.h"
#include "connectors/gcp_pubsub/limits.h"

namespace tidegate {
namespace gcp_pubsub {
namespace {

bool is_id(std::string_view text, std::string_view also) {
  return !text.empty() && text.size() <= 255 && std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || also.find(c) != also.npos;
  });
}

Result<std::string> parse_project(std::string_view text) {
  if (!is_id(text, "-.:")) return Error{ErrorCode::invalid, "is no project's id, such as plant-7-prod"};
  return std::string(text);
}

Result<std::string> parse_topic(std::string_view text) {
  // "%" and "+", which are allowed too, are left out: nobody could tell whether they are encoded already.
  if (!is_id(text, "-_.~")) {
    return Error{ErrorCode::invalid, "is no topic's name; write the last part of projects/PROJECT/topics/TOPIC"};
  }
  return std::string(text);
}

std::optional<OptionFault> check_sink(const SinkOptions& o) {
  if (auto fault = http::url_fault(o.endpoint)) return OptionFault{"endpoint", *std::move(fault)};
  if (o.endpoint.find_first_of("?#") != std::string::npos) return OptionFault{"endpoint", "must not hold a query"};
  for (const auto& [name, text] : o.attributes.entries) {
    if (name.size() > limits::kAttributeNameBytesMax || name.starts_with("goog")) {
      return OptionFault{"attributes",
                         "\"" + name + "\" is longer than 256 bytes, or begins with goog, which is Google's"};
    }
    if (o.format != Format::raw && (name.starts_with("ce-") || name == "content-type")) {
      return OptionFault{"attributes", name + " is set by the format; choose another name, or format: raw"};
    }
  }
  return std::nullopt;
}

}  // namespace

const OptionTableOf<SinkOptions>& sink_table() {
  static const auto table =
      http::add_connection(
          OptionTableOf<SinkOptions>("Publishes events to a topic of Google Cloud Pub/Sub.")
              .required_parsed("project", &SinkOptions::project, parse_project, "id of a project",
                               "The topic's project.")
              .required_parsed("topic", &SinkOptions::topic, parse_topic, "name of a topic", "Where events go.")
              .option("endpoint", &SinkOptions::endpoint,
                      "Another address: of one region (https://europe-west3-pubsub.googleapis.com), which ordering "
                      "keys want, or of an emulator.")
              .choice("format", &SinkOptions::format,
                      {{"cloudevents_binary", Format::cloudevents_binary,
                        "CloudEvents binary mode: the payload as data, the rest as attributes with ce- in front."},
                       {"cloudevents", Format::cloudevents, "CloudEvents structured mode: one JSON object as data."},
                       {"raw", Format::raw, "The payload as data, without attributes of CloudEvents."}},
                      "How an event is written.")
              .tree("ordering_key", &SinkOptions::ordering_key, fields::text_from, fields::kTextSyntax,
                    "Subscriptions that ask for it get messages of one key in order, such as `${subject}`. Not set: "
                    "messages have none.")
              .tree("attributes", &SinkOptions::attributes, fields::text_map_from, fields::kTextMapSyntax,
                    "Further attributes of each message, for filters of subscriptions.")
              .section("auth", &SinkOptions::auth, auth::auth_table(),
                       "How the gateway proves who it is: `google_service_account`."))
          .check(check_sink);
  return table;
}

}  // namespace gcp_pubsub

const OptionTable* gcp_pubsub_sink_options() { return &gcp_pubsub::sink_table(); }

Status check_gcp_pubsub_sink_route(const std::any& options, const TopicFilter& route) {
  const auto& sink = std::any_cast<const gcp_pubsub::SinkOptions&>(options);
  if (Status checked = fields::check_captures("ordering_key", sink.ordering_key, route); !checked) return checked;
  return fields::check_captures("attributes", sink.attributes, route);
}

}  // namespace tidegate
