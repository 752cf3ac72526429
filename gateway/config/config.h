#pragma once

#include <any>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/connector.h"
#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/config/diagnostics.h"
#include "gateway/delivery/options.h"
#include "gateway/net/listen_address.h"
#include "gateway/routing/event_pattern.h"
#include "gateway/routing/topic_filter.h"
#include "gateway/spool/spool.h"
#include "gateway/transform/options.h"
#include "gateway/transform/reduce/options.h"

/// The config file as the gateway uses it: read once, checked whole, immutable afterwards.
namespace tidegate {

struct AdminOptions {
  ListenAddress listen{.unix_socket = false, .path = {}, .host = "127.0.0.1", .port = 8686};
  bool allow_remote = false;
};

struct LogOptions {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::text;
};

struct GatewayOptions {
  std::string id;  ///< filled with the host name when the file gives none
  std::filesystem::path data_dir = "/var/lib/tidegate";
  AdminOptions admin;
  LogOptions log;
  milliseconds shutdown_timeout{10'000};
};

struct SourceConfig {
  std::string name;
  const ConnectorType* type = nullptr;  ///< of the catalogue that load_config was given
  std::any options;                     ///< for type->make_source
  Position at;
};

struct SinkConfig {
  std::string name;
  const ConnectorType* type = nullptr;  ///< of the catalogue that load_config was given
  std::any options;                     ///< for type->make_sink
  DeliveryOptions delivery;
  Position at;
};

/// The initialisers are what a route without that option does.
struct RouteConfig {
  std::string name;
  std::vector<std::string> from;  ///< names of sources; empty: all of them
  TopicFilter topic = *TopicFilter::parse("#");
  std::optional<EventPattern> match;  ///< not set: every event of the topic
  std::vector<ReduceStep> reduce;     ///< in their order
  std::optional<TransformOptions> transform;
  std::vector<std::string> to;  ///< names of sinks; each makes a lane
  StartAt start;
  Position at;
};

/// Every name that one part uses for another is known to exist. Sources, sinks and routes in the order of the file.
struct Config {
  GatewayOptions gateway;
  SpoolOptions spool;  ///< data_dir is gateway.data_dir
  std::vector<SourceConfig> sources;
  std::vector<SinkConfig> sinks;
  std::vector<RouteConfig> routes;

  [[nodiscard]] const SinkConfig* sink(std::string_view name) const noexcept;
};

/// What loading gave: the config when there was no error, and in any case what is to be said about the file.
struct LoadedConfig {
  std::optional<Config> config;
  Diagnostics diagnostics;
};

/// Where ${NAME} gets its values.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment process_environment();

/// Reads and checks a config file. `types` outlives the result. Reports everything that is wrong, not only the first.
/// *Blocks* on disk.
LoadedConfig load_config(const std::filesystem::path& file, const std::vector<ConnectorType>& types,
                         const Environment& environment = process_environment());
/// As load_config, from text; `file` names it in diagnostics and gives relative paths their folder.
LoadedConfig load_config_text(std::string_view text, const std::filesystem::path& file,
                              const std::vector<ConnectorType>& types, const Environment& environment);

/// The JSON Schema (draft 2020-12) of the config file, for editors.
std::string json_schema(const std::vector<ConnectorType>& types);
/// Every option with its type, default and meaning, as Markdown.
std::string reference(const std::vector<ConnectorType>& types);

}  // namespace tidegate
