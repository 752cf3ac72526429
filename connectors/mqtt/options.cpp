#include "connectors/mqtt/options.h"

#include <charconv>

#include "connectors/mqtt/codec.h"
#include "connectors/mqtt/mqtt.h"
#include "gateway/config/option_table.h"

namespace tidegate {
namespace mqtt {

namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t kPort = 1883;
constexpr std::uint16_t kTlsPort = 8883;

Error bad_address() { return {ErrorCode::invalid, "is not mqtt://HOST[:PORT] or mqtts://HOST[:PORT]"}; }

Result<std::string> parse_filter(std::string_view text) {
  if (!valid_topic_filter(text))
    return Error{ErrorCode::invalid, "is not a topic filter: + and # stand for whole levels, # only for the last"};
  return std::string(text);
}

const OptionTableOf<Subscription>& subscription_table() {
  static const auto table =
      OptionTableOf<Subscription>("A subscription.")
          .required_parsed("topic", &Subscription::topic, parse_filter, "a/+/#",
                           "Topic filter; `$share/GROUP/FILTER` shares the messages with others.")
          .option("qos", &Subscription::qos, "The highest quality of service wanted.", between(0, 2))
          .shorthand("topic");
  return table;
}

const OptionTableOf<TlsOptions>& tls_table() {
  static const auto table =
      OptionTableOf<TlsOptions>("TLS towards the broker (`mqtts://`), version 1.2 or later.")
          .file("ca_file", &TlsOptions::ca_file, "Certificates to trust, PEM.")
          .default_text("the system's")
          .file("cert_file", &TlsOptions::cert_file, "The gateway's certificate and its chain, PEM.")
          .file("key_file", &TlsOptions::key_file, "The key of `cert_file`, PEM.")
          .option("server_name", &TlsOptions::server_name, "The name the broker's certificate must carry.")
          .default_text("the broker's host")
          .option("alpn", &TlsOptions::alpn, "The protocol offered by ALPN; empty: none.")
          .option("insecure_skip_verify", &TlsOptions::insecure_skip_verify,
                  "Do not check the broker's certificate: anyone on the path can read and change everything.")
          .check([](const TlsOptions& o) -> std::optional<OptionFault> {
            if (o.cert_file.empty() != o.key_file.empty())
              return OptionFault{o.cert_file.empty() ? "key_file" : "cert_file", "needs both cert_file and key_file"};
            return std::nullopt;
          });
  return table;
}

const OptionTableOf<ReconnectOptions>& reconnect_table() {
  static const auto table =
      OptionTableOf<ReconnectOptions>("Waits between attempts to reach the broker: random, up to a bound that doubles.")
          .option("initial", &ReconnectOptions::initial, "The first bound.", between(10ms, 1h))
          .option("max", &ReconnectOptions::max, "The last bound.", between(10ms, 24h));
  return table;
}

std::optional<OptionFault> check_source(const SourceOptions& o) {
  const bool tls_given = !o.tls.ca_file.empty() || !o.tls.cert_file.empty() || o.tls.insecure_skip_verify;
  if (tls_given && !o.broker.tls) return OptionFault{"tls", "has no effect with mqtt://; write mqtts://"};
  if (!o.password.empty() && !o.user) return OptionFault{"password", "needs a user"};
  return std::nullopt;
}

const OptionTableOf<SourceOptions>& source_table() {
  static const auto table =
      OptionTableOf<SourceOptions>("Subscribes to topics of a MQTT broker.")
          .required_parsed("broker", &SourceOptions::broker, parse_broker, "mqtt://HOST[:PORT] or mqtts://HOST[:PORT]",
                           "The broker. Ports default to 1883, and 8883 with TLS.")
          .option("client_id", &SourceOptions::client_id,
                  "Names the session at the broker. Two clients of one broker must differ in it.")
          .default_text("the gateway's id")
          .required_list("subscribe", &SourceOptions::subscribe, subscription_table(), "What to subscribe to.")
          .option("user", &SourceOptions::user, "User name.")
          .secret("password", &SourceOptions::password, "Password.")
          .choice("version", &SourceOptions::version,
                  {{"auto", VersionChoice::automatic, "MQTT 5, and MQTT 3.1.1 where the broker refuses it."},
                   {"5", VersionChoice::v5, "MQTT 5 only."},
                   {"3.1.1", VersionChoice::v3_1_1, "MQTT 3.1.1 only."}},
                  "Version of the protocol.")
          .option("keep_alive", &SourceOptions::keep_alive, "Longest silence before the connection is tested.",
                  between(5s, 65535s))
          .option("session_expiry", &SourceOptions::session_expiry,
                  "How long the broker keeps the session, and what arrives for it, while the gateway is away "
                  "(MQTT 5; in 3.1.1 the broker decides).",
                  between(0s, std::chrono::seconds{UINT32_MAX - 1}))
          .option("receive_maximum", &SourceOptions::receive_maximum,
                  "Messages the broker may have open at QoS 1 and 2 (MQTT 5; in 3.1.1 the broker decides).",
                  between(1, 65535))
          .option("topic_alias_maximum", &SourceOptions::topic_alias_maximum,
                  "Topics the broker may shorten to a number (MQTT 5).", between(0, 1024))
          .option("connect_timeout", &SourceOptions::connect_timeout, "Time for TCP and TLS to connect.",
                  between(100ms, 10min))
          .section("reconnect", &SourceOptions::reconnect, reconnect_table(), "When the broker can't be reached.")
          .section("tls", &SourceOptions::tls, tls_table(), "TLS.")
          .check(check_source);
  return table;
}

}  // namespace

Result<BrokerAddress> parse_broker(std::string_view text) {
  BrokerAddress address;
  if (text.starts_with("mqtts://")) {
    address.tls = true;
    address.port = kTlsPort;
    text.remove_prefix(8);
  } else if (text.starts_with("mqtt://")) {
    address.port = kPort;
    text.remove_prefix(7);
  } else {
    return bad_address();
  }
  if (text.ends_with('/')) text.remove_suffix(1);
  const bool bracketed = text.starts_with('[');
  const std::size_t host_end = bracketed ? text.find(']') : text.find(':');
  if (bracketed && host_end == std::string_view::npos) return bad_address();
  address.host = bracketed ? text.substr(1, host_end - 1) : text.substr(0, host_end);
  if (address.host.empty() || address.host.find_first_of(" /@?#") != std::string::npos) return bad_address();
  std::string_view rest = host_end == std::string_view::npos ? "" : text.substr(bracketed ? host_end + 1 : host_end);
  if (rest.empty()) return address;
  rest.remove_prefix(1);
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), address.port);
  if (error != std::errc{} || end != rest.data() + rest.size() || address.port == 0) return bad_address();
  return address;
}

std::string BrokerAddress::text() const {
  const bool bracketed = host.find(':') != std::string::npos;
  return (tls ? "mqtts://" : "mqtt://") + (bracketed ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace mqtt

const OptionTable* mqtt_source_options() { return &mqtt::source_table(); }

}  // namespace tidegate
