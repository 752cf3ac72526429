#include "connectors/kafka/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "connectors/kafka/kafka.h"
#include "connectors/kafka/limits.h"
#include "gateway/event/json_text.h"

namespace tidegate {
namespace kafka {

namespace {

using namespace std::chrono_literals;

const OptionTableOf<SaslOptions>& sasl_table() {
  static const auto table =
      OptionTableOf<SaslOptions>("How the gateway proves who it is. The file is read again after a refusal.")
          .choice("mechanism", &SaslOptions::mechanism,
                  {{"plain", Mechanism::plain, "PLAIN: the password goes to the broker as it is; with TLS only."},
                   {"scram_sha_256", Mechanism::scram_sha_256, "SCRAM-SHA-256: the password never leaves."},
                   {"scram_sha_512", Mechanism::scram_sha_512, "SCRAM-SHA-512: the password never leaves."}},
                  "Mechanism of SASL.")
          .required("user", &SaslOptions::user, "User name, or the key of an API key.")
          .required_secret("password", &SaslOptions::password, "Password, or the secret of an API key.");
  return table;
}

const OptionTableOf<TlsOptions>& tls_table() {
  static const auto table =
      OptionTableOf<TlsOptions>("TLS towards the brokers, version 1.2 at least; `tls: {}` trusts what the system does.")
          .file("ca_file", &TlsOptions::ca_file, "Certificates to trust, PEM.")
          .default_text("the system's")
          .file("cert_file", &TlsOptions::cert_file, "The gateway's certificate and its chain, PEM, for mutual TLS.")
          .file("key_file", &TlsOptions::key_file, "The key of `cert_file`, PEM.")
          .option("insecure_skip_verify", &TlsOptions::insecure_skip_verify,
                  "Accept any certificate: whoever sits in between can read and change every event, and take the "
                  "credential. For a test bench only.")
          .check([](const TlsOptions& tls) -> std::optional<OptionFault> {
            if (tls.cert_file.empty() == tls.key_file.empty()) return std::nullopt;
            return OptionFault{tls.cert_file.empty() ? "key_file" : "cert_file",
                               "needs the other of cert_file and key_file"};
          });
  return table;
}

const OptionTableOf<TimeoutOptions>& timeout_table() {
  static const auto table =
      OptionTableOf<TimeoutOptions>("How long to wait.")
          .option("connect", &TimeoutOptions::connect,
                  "Until a broker is reached, TLS and SASL included; after it what is open is sent again later.",
                  between(1s, 10min))
          .option("delivery", &TimeoutOptions::delivery,
                  "Until every event of a batch is acknowledged, librdkafka's own attempts included. After it "
                  "everything that is open is given up and sent again, under the same ids.",
                  between(1s, 1h));
  return table;
}

/// Why `text` is no address of a broker; nullopt when it is one.
std::optional<std::string> broker_fault(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (text.empty() || colon == 0 || text.find_first_of("/, \t") != std::string_view::npos || !is_utf8(text))
    return fmt::format("\"{}\" is not HOST:PORT", text);
  if (colon == std::string_view::npos || text.back() == ']') return std::nullopt;
  unsigned port = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, port);
  if (error == std::errc() && rest == end && port > 0 && port < 65536) return std::nullopt;
  return fmt::format("\"{}\" is not HOST:PORT; a port is 1 to 65535", text);
}

std::optional<OptionFault> check_sink(const SinkOptions& o) {
  if (o.brokers.empty()) return OptionFault{"brokers", "must name at least one broker"};
  if (o.brokers.size() > limits::kBrokersMax)
    return OptionFault{
        "brokers",
        fmt::format("names more than {} brokers; a few are enough, the cluster names the rest", limits::kBrokersMax)};
  for (const std::string_view broker : o.brokers) {
    // As other clients of Kafka, one text may name several.
    for (std::size_t start = 0, end = 0; end != broker.size(); start = end + 1) {
      end = std::min(broker.find(',', start), broker.size());
      if (auto fault = broker_fault(broker.substr(start, end - start)))
        return OptionFault{"brokers", *std::move(fault)};
    }
  }
  if (const std::string* topic = o.topic.filled().constant(); topic != nullptr && !is_topic_name(*topic))
    return OptionFault{"topic", fmt::format("\"{}\" is no topic of Kafka: 1 to {} letters, digits, dots, dashes and "
                                            "underscores",
                                            *topic, limits::kTopicBytesMax)};
  if (o.sasl && o.sasl->mechanism == Mechanism::plain && !o.tls)
    return OptionFault{"sasl", "sends the password as it is with mechanism plain; add `tls: {}`"};
  for (const auto& [name, value] : o.headers) {
    if (name.empty() || !is_utf8(name) || !is_utf8(value))
      return OptionFault{"headers", "holds an empty name, or bytes that are not UTF-8"};
    if (name.starts_with("ce_") || name == "content-type")
      return OptionFault{"headers", fmt::format("\"{}\" is set by the sink itself", name)};
  }
  if (o.timeout.delivery < o.timeout.connect) return OptionFault{"timeout", "delivery must not be below connect"};
  return std::nullopt;
}

}  // namespace

bool is_topic_name(std::string_view name) noexcept {
  const auto legal = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  return !name.empty() && name.size() <= limits::kTopicBytesMax && name != "." && name != ".." &&
         std::ranges::all_of(name, legal);
}

const OptionTableOf<SinkOptions>& sink_table() {
  static const auto table =
      OptionTableOf<SinkOptions>("Produces events to Apache Kafka, or to what speaks its protocol.")
          .required("brokers", &SinkOptions::brokers,
                    "Brokers to begin with, HOST:PORT each; the cluster names the rest. The port defaults to 9092.")
          .required_tree("topic", &SinkOptions::topic, fields::text_from, fields::kTextSyntax,
                         "The topic, such as plant-events or \"site-${captures.site}\".")
          .tree(
              "key", &SinkOptions::key, fields::text_from, fields::kTextSyntax,
              "Key of a message: events of one key stay in one partition, in their order. A placeholder with `?` that "
              "an event has no value for gives it no key, and any partition.")
          .default_text("${subject}")
          .choice("format", &SinkOptions::format,
                  {{"cloudevents_binary", Format::cloudevents_binary,
                    "CloudEvents 1.0 binary mode: the payload as it came, the event's attributes as `ce_` headers."},
                   {"cloudevents", Format::cloudevents, "CloudEvents 1.0 structured mode: one event as JSON."},
                   {"raw", Format::raw, "The payload as it came, without attributes."}},
                  "How an event is written.")
          .option("headers", &SinkOptions::headers, "Further headers of every message, name to value.")
          .choice("compression", &SinkOptions::compression,
                  {{"none", Compression::none, "Messages as they are."},
                   {"gzip", Compression::gzip, "Understood everywhere; the costliest in CPU."},
                   {"snappy", Compression::snappy, "Cheap; about half the size."},
                   {"lz4", Compression::lz4, "The cheapest; about half the size."},
                   {"zstd", Compression::zstd, "The smallest for its CPU; brokers since 2.1."}},
                  "Compression of what goes to a partition at once.")
          .section("sasl", &SinkOptions::sasl, sasl_table(), "Credentials. Left out: none.")
          .section("tls", &SinkOptions::tls, tls_table(), "TLS. Left out: none.")
          .option("client_id", &SinkOptions::client_id, "Names the gateway in the brokers' logs and quotas.")
          .default_text("GATEWAY-SINK")
          .bytes("max_message_bytes", &SinkOptions::max_message_bytes,
                 "Largest message, key and headers included: what the topic's `max.message.bytes` and the service "
                 "allow. A larger event goes to the dead letters. Requests to a partition are no larger either.",
                 between(std::size_t{1024}, limits::kMessageBytesCeiling))
          .option("linger", &SinkOptions::linger,
                  "How long a message waits for others to the same partition, beyond `batch.max_wait`.",
                  between(0ms, 1s))
          .option("create_topics", &SinkOptions::create_topics,
                  "Let the brokers create a topic that does not exist, where they are set up to.")
          .section("timeout", &SinkOptions::timeout, timeout_table(), "How long to wait.")
          .check(check_sink);
  return table;
}

Status check_sink_route(const SinkOptions& options, const TopicFilter& route) {
  if (Status topic = fields::check_captures("topic", options.topic, route); !topic) return topic;
  return fields::check_captures("key", options.key, route);
}

}  // namespace kafka

const OptionTable* kafka_sink_options() { return &kafka::sink_table(); }

Status check_kafka_sink_route(const std::any& options, const TopicFilter& route) {
  return kafka::check_sink_route(std::any_cast<const kafka::SinkOptions&>(options), route);
}

}  // namespace tidegate
