#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "connectors/fields/text.h"
#include "gateway/base/clock.h"
#include "gateway/config/option_table.h"

namespace tidegate {
class TopicFilter;
}

namespace tidegate::kafka {

enum class Format : std::uint8_t { cloudevents_binary, cloudevents, raw };
enum class Compression : std::uint8_t { none, gzip, snappy, lz4, zstd };
enum class Mechanism : std::uint8_t { plain, scram_sha_256, scram_sha_512 };

/// How the sink proves who it is.
struct SaslOptions {
  Mechanism mechanism = Mechanism::scram_sha_512;
  std::string user;
  StoredSecret password;
};

struct TlsOptions {
  std::filesystem::path ca_file;    ///< empty: the system's
  std::filesystem::path cert_file;  ///< empty: no client certificate
  std::filesystem::path key_file;
  bool insecure_skip_verify = false;
};

struct TimeoutOptions {
  milliseconds connect{10'000};
  milliseconds delivery{60'000};
};

/// The options of one Kafka sink beside those of delivery. Initialisers are the defaults.
struct SinkOptions {
  std::vector<std::string> brokers;
  fields::Text topic;
  fields::Text key = "${subject}";
  Format format = Format::cloudevents_binary;
  std::map<std::string, std::string> headers;
  Compression compression = Compression::none;
  std::optional<SaslOptions> sasl;
  std::optional<TlsOptions> tls;
  std::string client_id;  ///< empty: the gateway's id and the sink's name
  std::size_t max_message_bytes = 1'000'000;
  milliseconds linger{5};
  bool create_topics = false;
  TimeoutOptions timeout;
};

const OptionTableOf<SinkOptions>& sink_table();

/// Whether Kafka takes it as the name of a topic. *Source*: Apache Kafka, Topic.validate.
bool is_topic_name(std::string_view name) noexcept;

/// *Errors*: invalid, when a template wants a capture that the route does not have.
Status check_sink_route(const SinkOptions& options, const TopicFilter& route);

}  // namespace tidegate::kafka
