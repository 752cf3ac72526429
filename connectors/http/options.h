#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "gateway/base/clock.h"
#include "gateway/config/option_table.h"

namespace tidegate::http {

enum class Format : std::uint8_t { cloudevents, cloudevents_binary, json_array, ndjson, raw };
enum class Compression : std::uint8_t { none, gzip, zstd };
enum class Method : std::uint8_t { post, put, patch };
enum class Version : std::uint8_t { automatic, http_1_1, http_2 };
enum class AuthType : std::uint8_t { none, basic, bearer, header };

/// How the sink proves who it is.
struct AuthOptions {
  AuthType type = AuthType::none;
  std::string user;       ///< basic
  StoredSecret password;  ///< basic
  StoredSecret token;     ///< bearer
  std::string name;       ///< header: its name
  StoredSecret value;     ///< header: its value
};

struct TlsOptions {
  std::filesystem::path ca_file;    ///< empty: the system's
  std::filesystem::path cert_file;  ///< empty: no client certificate
  std::filesystem::path key_file;
  bool insecure_skip_verify = false;
};

struct ProxyOptions {
  std::string url;  ///< empty: none
  std::string user;
  StoredSecret password;
};

struct TimeoutOptions {
  milliseconds connect{10'000};
  milliseconds total{60'000};
};

/// The options of one HTTP sink beside those of delivery. Initialisers are the defaults.
struct SinkOptions {
  std::string url;
  Method method = Method::post;
  std::map<std::string, std::string> headers;
  Format format = Format::cloudevents;
  Compression compression = Compression::none;
  AuthOptions auth;
  TlsOptions tls;
  ProxyOptions proxy;
  TimeoutOptions timeout;
  Version http_version = Version::automatic;
  bool follow_redirects = false;
};

const OptionTableOf<SinkOptions>& sink_table();

}  // namespace tidegate::http
