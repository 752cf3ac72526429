#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "gateway/base/clock.h"
#include "gateway/config/option_table.h"

namespace tidegate::http {

enum class Version : std::uint8_t { automatic, http_1_1, http_2 };

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

/// How connections are made: the same options for every sink that speaks HTTP, whose own options derive from these.
struct ConnectionOptions {
  TlsOptions tls;
  ProxyOptions proxy;
  TimeoutOptions timeout;
  Version http_version = Version::automatic;
  bool follow_redirects = false;  ///< only the generic sink offers it
};

const OptionTableOf<TlsOptions>& tls_table();
const OptionTableOf<ProxyOptions>& proxy_table();
const OptionTableOf<TimeoutOptions>& timeout_table();

/// Adds the options of ConnectionOptions to the table of a struct that derives from it.
template <class S>
OptionTableOf<S>& add_connection(OptionTableOf<S>& table) {
  return table.section("tls", static_cast<TlsOptions S::*>(&S::tls), tls_table(), "Certificates, both ways.")
      .section("proxy", static_cast<ProxyOptions S::*>(&S::proxy), proxy_table(), "A proxy on the way.")
      .section("timeout", static_cast<TimeoutOptions S::*>(&S::timeout), timeout_table(),
               "How long a request may take.")
      .choice("http_version", static_cast<Version S::*>(&S::http_version),
              {{"auto", Version::automatic, "HTTP/2 over TLS where the endpoint offers it, else 1.1."},
               {"1.1", Version::http_1_1, "HTTP/1.1 only."},
               {"2", Version::http_2, "HTTP/2; over plain http without asking first."}},
              "Version of HTTP.");
}

/// Why `text` cannot be the address of an endpoint, to be read after it; nullopt when it can.
std::optional<std::string> url_fault(const std::string& text);

}  // namespace tidegate::http
