#include "connectors/azure_event_grid/options.h"

#include <algorithm>

#include "connectors/azure_event_grid/azure_event_grid.h"

namespace tidegate {
namespace azure_event_grid {
namespace {

/// Versions of the two interfaces, as Microsoft dates them.
constexpr std::string_view kCustomTopicVersion = "?api-version=2018-01-01";
constexpr std::string_view kNamespaceVersion = "?api-version=2024-06-01";
constexpr std::string_view kCustomTopicPath = "/api/events";

bool is_topic(std::string_view text) {
  return text.size() <= 128 && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                  c == '_';
         });
}

/// Without slashes at its end.
std::string_view trimmed(const SinkOptions& options) {
  std::string_view text = options.endpoint;
  while (text.ends_with('/')) text.remove_suffix(1);
  return text;
}

/// What follows the host.
std::string_view path_of(std::string_view url) {
  const std::size_t path = url.find('/', url.find("//") + 2);
  return path == std::string_view::npos ? std::string_view() : url.substr(path);
}

std::optional<OptionFault> check_sink(const SinkOptions& o) {
  if (auto fault = http::url_fault(o.endpoint)) return OptionFault{"endpoint", *std::move(fault)};
  if (o.endpoint.find_first_of("?#") != std::string::npos) {
    return OptionFault{"endpoint", "must not hold a query: api-version is added"};
  }
  const std::string_view path = path_of(trimmed(o));
  if (o.namespace_topic.empty() && !path.empty() && path != kCustomTopicPath) {
    return OptionFault{"endpoint", "must end with the host, or with /api/events; for a namespace, set namespace_topic"};
  }
  if (!o.namespace_topic.empty() && !path.empty()) {
    return OptionFault{"endpoint", "of a namespace must end with the host"};
  }
  if (!is_topic(o.namespace_topic)) return OptionFault{"namespace_topic", "is no name of a topic"};
  return std::nullopt;
}

}  // namespace

const OptionTableOf<SinkOptions>& sink_table() {
  static const auto table =
      http::add_connection(
          OptionTableOf<SinkOptions>("Publishes events to Azure Event Grid, as batches of CloudEvents.")
              .required("endpoint", &SinkOptions::endpoint,
                        "Of the custom topic, such as https://NAME.REGION-1.eventgrid.azure.net/api/events, or of the "
                        "namespace, such as https://NAME.REGION-1.eventgrid.azure.net.")
              .option("namespace_topic", &SinkOptions::namespace_topic, "The topic in the namespace.")
              .default_text("none: `endpoint` is a custom topic")
              .section("auth", &SinkOptions::auth, auth::auth_table(),
                       "How the gateway proves who it is: `header` with the access key, `azure_sas` or `oauth2`."))
          .check(check_sink);
  return table;
}

std::string publish_url(const SinkOptions& options) {
  std::string url(trimmed(options));
  if (!options.namespace_topic.empty()) {
    return url + "/topics/" + options.namespace_topic + ":publish" + std::string(kNamespaceVersion);
  }
  if (!url.ends_with(kCustomTopicPath)) url += kCustomTopicPath;
  return url + std::string(kCustomTopicVersion);
}

}  // namespace azure_event_grid

const OptionTable* azure_event_grid_sink_options() { return &azure_event_grid::sink_table(); }

}  // namespace tidegate
