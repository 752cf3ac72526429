#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "gateway/base/secret.h"

namespace tidegate::mqtt {

/// Where a broker is: `mqtt://host[:port]` or `mqtts://host[:port]`.
struct BrokerAddress {
  std::string host;  ///< a name or an address; IPv6 without its brackets
  std::uint16_t port = 1883;
  bool tls = false;

  /// As the user would write it.
  [[nodiscard]] std::string text() const;
};

/// *Errors*: invalid, to be read after the offending text.
Result<BrokerAddress> parse_broker(std::string_view text);

struct Subscription {
  std::string topic;
  std::uint8_t qos = 1;
};

struct TlsOptions {
  std::filesystem::path ca_file;
  std::filesystem::path cert_file;
  std::filesystem::path key_file;
  std::string server_name;
  std::string alpn = "mqtt";
  bool insecure_skip_verify = false;
};

struct ReconnectOptions {
  milliseconds initial{500};
  milliseconds max{30'000};
};

enum class VersionChoice : std::uint8_t { automatic, v5, v3_1_1 };

/// What a user can say about a source of type `mqtt`. The initialisers are the defaults.
struct SourceOptions {
  BrokerAddress broker;
  std::string client_id;  ///< empty: the gateway's id
  std::vector<Subscription> subscribe;
  std::optional<std::string> user;
  Secret password;
  VersionChoice version = VersionChoice::automatic;
  std::chrono::seconds keep_alive{60};
  std::chrono::seconds session_expiry{7 * 86'400};
  std::uint16_t receive_maximum = 1000;
  std::uint16_t topic_alias_maximum = 64;
  milliseconds connect_timeout{10'000};
  ReconnectOptions reconnect;
  TlsOptions tls;
};

}  // namespace tidegate::mqtt
