#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "connectors/net/deduplicate.h"
#include "connectors/net/server_tls.h"
#include "gateway/base/clock.h"
#include "gateway/base/secret.h"
#include "gateway/config/option_table.h"
#include "gateway/net/listen_address.h"

namespace tidegate::ingest {

/// Tokens of which a client must send one. Initialisers are the defaults, here and below.
struct AuthOptions {
  std::vector<Secret> tokens;
  std::filesystem::path tokens_file;  ///< one per line
};

/// Requests signed as Standard Webhooks say.
struct SignatureOptions {
  std::vector<Secret> secrets;         ///< "whsec_" and base64, or base64 alone
  std::filesystem::path secrets_file;  ///< one per line
  std::chrono::seconds tolerance{300};
};

/// What a user can say about a source of type `http`.
struct SourceOptions {
  ListenAddress listen{.unix_socket = false, .path = {}, .host = "127.0.0.1", .port = 8080};
  bool allow_remote = false;
  std::string topic;  ///< empty: "http/<source name>"
  std::optional<TlsServerOptions> tls;
  std::optional<AuthOptions> auth;
  std::optional<SignatureOptions> signature;
  DeduplicateOptions deduplicate;
  std::uint64_t max_body = 10u << 20;
  std::uint32_t max_events = 10'000;
  std::uint32_t max_connections = 256;
  std::uint64_t max_in_flight = 32u << 20;

  /// True when a client must prove who it is: by token, signature or certificate.
  [[nodiscard]] bool asks_for_proof() const;
};

const OptionTableOf<SourceOptions>& source_table();

}  // namespace tidegate::ingest
