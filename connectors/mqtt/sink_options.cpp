#include "connectors/mqtt/sink_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/mqtt/mqtt.h"
#include "connectors/mqtt/sink_limits.h"
#include "connectors/mqtt/wire.h"
#include "gateway/routing/topic_filter.h"

namespace tidegate {
namespace mqtt {

namespace {

using namespace std::chrono_literals;

const OptionTableOf<SinkTlsOptions>& sink_tls_table() {
  static const auto table =
      OptionTableOf<SinkTlsOptions>("TLS towards the broker (`mqtts://`), version 1.2 or later.")
          .file("ca_file", &SinkTlsOptions::ca_file, "Certificates to trust, PEM.")
          .default_text("the system's")
          .file("cert_file", &SinkTlsOptions::cert_file, "The gateway's certificate and its chain, PEM.")
          .file("key_file", &SinkTlsOptions::key_file, "The key of `cert_file`, PEM.")
          .option("alpn", &SinkTlsOptions::alpn, "The protocol offered by ALPN; empty: none.")
          .option("insecure_skip_verify", &SinkTlsOptions::insecure_skip_verify,
                  "Do not check the broker's certificate: anyone on the path can read and change everything.")
          .check([](const SinkTlsOptions& o) -> std::optional<OptionFault> {
            if (o.cert_file.empty() != o.key_file.empty())
              return OptionFault{o.cert_file.empty() ? "key_file" : "cert_file", "needs both cert_file and key_file"};
            if (o.alpn.size() > limits::kAlpnBytesMax) return OptionFault{"alpn", "is longer than 255 bytes"};
            return std::nullopt;
          });
  return table;
}

bool fits_the_wire(std::string_view text) { return text.size() <= kStringBytesMax && valid_utf8(text); }

std::optional<OptionFault> check_sink(const SinkOptions& o) {
  const bool tls_given = !o.tls.ca_file.empty() || !o.tls.cert_file.empty() || o.tls.insecure_skip_verify;
  if (tls_given && !o.broker.tls) return OptionFault{"tls", "has no effect with mqtt://; write mqtts://"};
  if (!o.password.empty() && !o.user) return OptionFault{"password", "needs a user"};
  if (o.version == VersionChoice::v3_1_1) {
    if (o.format == SinkFormat::cloudevents_binary)
      return OptionFault{"format", "cloudevents_binary needs user properties, which came with MQTT 5"};
    if (!o.user_properties.empty()) return OptionFault{"user_properties", "came with MQTT 5"};
    if (o.expiry) return OptionFault{"expiry", "came with MQTT 5"};
  }
  for (const auto& [name, value] : o.user_properties) {
    if (!fits_the_wire(name) || !fits_the_wire(value))
      return OptionFault{"user_properties", "holds more than 65535 bytes, or bytes that are not UTF-8"};
  }
  if (!fits_the_wire(o.client_id)) return OptionFault{"client_id", "is not UTF-8 of at most 65535 bytes"};
  return std::nullopt;
}

}  // namespace

const OptionTableOf<SinkOptions>& sink_table() {
  static const auto table =
      OptionTableOf<SinkOptions>("Publishes events to a MQTT broker.")
          .required_parsed("broker", &SinkOptions::broker, parse_broker, "mqtt://HOST[:PORT] or mqtts://HOST[:PORT]",
                           "The broker. Ports default to 1883, and 8883 with TLS.")
          .option("client_id", &SinkOptions::client_id,
                  "Names the session at the broker. Two clients of one broker must differ in it; `{route}` stands for "
                  "the route's name, for a sink that several routes lead to.")
          .default_text("GATEWAY-ROUTE-SINK")
          .option("user", &SinkOptions::user, "User name.")
          .secret("password", &SinkOptions::password,
                  "Password. Its file is read again after the broker refused the old one.")
          .choice("version", &SinkOptions::version,
                  {{"auto", VersionChoice::automatic, "MQTT 5, and MQTT 3.1.1 where the broker refuses it."},
                   {"5", VersionChoice::v5, "MQTT 5 only."},
                   {"3.1.1", VersionChoice::v3_1_1, "MQTT 3.1.1 only: no user properties, no protection from loops."}},
                  "Version of the protocol.")
          .parsed("topic", &SinkOptions::topic, TopicTemplate::parse, "site/{site}/{device}",
                  "Where events go. `{NAME}` stands for what the route's topic captures under that name, or for the "
                  "event's `{subject}`, `{id}`, `{source}` or `{type}`.")
          .default_text("the event's own topic")
          .option("qos", &SinkOptions::qos,
                  "Quality of service. At 0 an event counts as delivered once it is written to the socket: it is lost "
                  "when the connection breaks on its way.",
                  between(0, 2))
          .option("retain", &SinkOptions::retain, "Ask the broker to keep the latest event of each topic.")
          .option("expiry", &SinkOptions::expiry,
                  "How long the broker keeps an event for subscribers that are away (MQTT 5). Left out: for ever.",
                  between(1s, std::chrono::seconds{UINT32_MAX - 1}))
          .choice("format", &SinkOptions::format,
                  {{"payload", SinkFormat::payload, "The event's payload as it came."},
                   {"cloudevents", SinkFormat::cloudevents, "CloudEvents 1.0 JSON, one event."},
                   {"cloudevents_binary", SinkFormat::cloudevents_binary,
                    "CloudEvents 1.0 binary mode: the payload as it came, the event's attributes as user properties "
                    "(MQTT 5)."}},
                  "How an event is written.")
          .option("attributes", &SinkOptions::attributes,
                  "Send the event's attributes along as user properties, in the format `payload` (MQTT 5).")
          .option("user_properties", &SinkOptions::user_properties,
                  "Further user properties of every message, name to value (MQTT 5).")
          .option("keep_alive", &SinkOptions::keep_alive, "Longest silence before the connection is tested.",
                  between(5s, 65535s))
          .option("connect_timeout", &SinkOptions::connect_timeout,
                  "Until the broker has accepted the connection, TCP and TLS included.", between(100ms, 10min))
          .option("ack_timeout", &SinkOptions::ack_timeout,
                  "Longest silence of the broker while it owes acknowledgements; after it the connection is closed and "
                  "what is open is sent again, under the same ids.",
                  between(100ms, 1h))
          .section("tls", &SinkOptions::tls, sink_tls_table(), "TLS.")
          .check(check_sink);
  return table;
}

Status check_sink_route(const SinkOptions& options, const TopicFilter& route) {
  if (!options.topic) return {};
  for (const std::string_view wanted : options.topic->captures_wanted()) {
    const bool captured = std::ranges::any_of(route.levels(), [&](const TopicFilter::Level& level) {
      return level.kind == TopicFilter::Level::Kind::capture && level.text == wanted;
    });
    if (!captured)
      return Error{
          ErrorCode::invalid,
          fmt::format("the sink's topic \"{}\" wants {{{}}}, which this route's topic \"{}\" does not capture; "
                      "write {{{}}} for a level of it",
                      options.topic->text(), wanted, route.text(), wanted)};
  }
  return {};
}

}  // namespace mqtt

const OptionTable* mqtt_sink_options() { return &mqtt::sink_table(); }

}  // namespace tidegate
