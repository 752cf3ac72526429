#include "connectors/http/options.h"

#include <optional>

#include "connectors/http/header_lines.h"

namespace tidegate::http {
namespace {

/// A receiver compares the signature with the body, and its framework has decompressed that before it looks.
std::optional<OptionFault> signature_fault(const SinkOptions& options) {
  if (options.auth.type != auth::AuthType::standard_webhooks || options.compression == Compression::none)
    return std::nullopt;
  return OptionFault{"compression",
                     "must be none with auth of type standard_webhooks, whose receivers verify the body "
                     "that they read"};
}

std::optional<OptionFault> headers_fault(const SinkOptions& options) {
  for (const auto& [name, value] : options.headers) {
    if (!is_header_name(name)) return OptionFault{"headers", "\"" + name + "\" is not the name of an HTTP header"};
    if (!is_header_value(value)) return OptionFault{"headers", "the value of " + name + " holds control characters"};
    if (is_framing_header(name)) return OptionFault{"headers", name + " is set by the sink itself"};
    if (auth::sets_header(options.auth, name)) {
      return OptionFault{"headers", name + " is already set by auth"};
    }
  }
  return std::nullopt;
}

}  // namespace

const OptionTableOf<SinkOptions>& sink_table() {
  static const auto table =
      add_connection(
          OptionTableOf<SinkOptions>("Delivers events to an HTTP or HTTPS endpoint.")
              .required("url", &SinkOptions::url, "Where events go, such as https://ingest.example.com/events.")
              .choice("method", &SinkOptions::method,
                      {{"POST", Method::post, "What event endpoints expect."},
                       {"PUT", Method::put, "For stores that want it."},
                       {"PATCH", Method::patch, "For stores that want it."}},
                      "Of every request.")
              .option("headers", &SinkOptions::headers, "Further headers of every request, name to value.")
              .choice(
                  "format", &SinkOptions::format,
                  {{"cloudevents", Format::cloudevents,
                    "CloudEvents 1.0 JSON: a batch, or one event per request when batch.max_events is 1."},
                   {"cloudevents_binary", Format::cloudevents_binary,
                    "CloudEvents 1.0 binary mode: one event per request, its attributes as ce- headers, its payload as "
                    "the body."},
                   {"json_array", Format::json_array, "A JSON array of the payloads, without attributes."},
                   {"ndjson", Format::ndjson, "One payload as JSON per line, without attributes."},
                   {"raw", Format::raw, "One payload per request as it came, without attributes."}},
                  "How events are written.")
              .choice("compression", &SinkOptions::compression,
                      {{"none", Compression::none, "Bodies as they are."},
                       {"gzip", Compression::gzip, "Understood by most endpoints; the costliest in CPU."},
                       {"zstd", Compression::zstd, "Several times cheaper than gzip at the same size."}},
                      "Content-Encoding of every body; the endpoint must understand it.")
              .section("auth", &SinkOptions::auth, auth::auth_table(), "How the gateway proves who it is."))
          .option("follow_redirects", static_cast<bool SinkOptions::*>(&SinkOptions::follow_redirects),
                  "Follow redirects, with the same method and body. Headers that hold secrets travel along.")
          .check([](const SinkOptions& options) -> std::optional<OptionFault> {
            if (auto fault = url_fault(options.url)) return OptionFault{"url", *std::move(fault)};
            if (auto fault = signature_fault(options)) return fault;
            return headers_fault(options);
          });
  return table;
}

}  // namespace tidegate::http
