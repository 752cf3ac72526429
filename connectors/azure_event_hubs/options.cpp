#include "connectors/azure_event_hubs/options.h"

#include <algorithm>

#include "connectors/azure_event_hubs/azure_event_hubs.h"

namespace tidegate {
namespace azure_event_hubs {
namespace {

constexpr std::string_view kQuery = "/messages?timeout=60&api-version=2014-01";

Result<std::string> parse_hub(std::string_view text) {
  const bool fits = !text.empty() && text.size() <= 256 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_';
  });
  if (!fits) return Error{ErrorCode::invalid, "is no name of an event hub"};
  return std::string(text);
}

std::optional<OptionFault> check_sink(const SinkOptions& o) {
  if (auto fault = http::url_fault(o.endpoint)) return OptionFault{"endpoint", *std::move(fault)};
  std::string_view rest = o.endpoint;
  while (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#", rest.find("//") + 2) != std::string_view::npos) {
    return OptionFault{"endpoint", "must end with the host: https://NAMESPACE.servicebus.windows.net"};
  }
  return std::nullopt;
}

}  // namespace

const OptionTableOf<SinkOptions>& sink_table() {
  static const auto table =
      http::add_connection(
          OptionTableOf<SinkOptions>("Sends events to Azure Event Hubs over HTTPS.")
              .required("endpoint", &SinkOptions::endpoint,
                        "Of the namespace, such as https://NAMESPACE.servicebus.windows.net.")
              .required_parsed("hub", &SinkOptions::hub, parse_hub, "name of an event hub", "Where events go.")
              .choice(
                  "format", &SinkOptions::format,
                  {{"cloudevents", Format::cloudevents, "One CloudEvent 1.0 in JSON, with the payload as `data`."},
                   {"raw", Format::raw, "The payload as it came, which must be text: the interface takes no bytes."}},
                  "How an event is written.")
              .tree("partition_key", &SinkOptions::partition_key, fields::text_from, fields::kTextSyntax,
                    "Events of one key go to one partition, in order, such as `${subject}`; then a request holds the "
                    "events of one key. Not set: the hub spreads them.")
              .tree("properties", &SinkOptions::properties, fields::text_map_from, fields::kTextMapSyntax,
                    "Application properties of each event.")
              .section("auth", &SinkOptions::auth, auth::auth_table(),
                       "How the gateway proves who it is: `azure_sas` or `oauth2`."))
          .check(check_sink);
  return table;
}

std::string publish_url(const SinkOptions& options) {
  std::string_view endpoint = options.endpoint;
  while (endpoint.ends_with('/')) endpoint.remove_suffix(1);
  return std::string(endpoint) + '/' + options.hub + std::string(kQuery);
}

}  // namespace azure_event_hubs

const OptionTable* azure_event_hubs_sink_options() { return &azure_event_hubs::sink_table(); }

Status check_azure_event_hubs_sink_route(const std::any& options, const TopicFilter& route) {
  const auto& sink = std::any_cast<const azure_event_hubs::SinkOptions&>(options);
  if (Status checked = fields::check_captures("partition_key", sink.partition_key, route); !checked) return checked;
  return fields::check_captures("properties", sink.properties, route);
}

}  // namespace tidegate
