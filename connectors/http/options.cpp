#include "connectors/http/options.h"

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

#include "connectors/http/header_lines.h"

namespace tidegate::http {
namespace {

using namespace std::chrono_literals;

struct UrlCleanup {
  void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
};

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

/// Why `text` cannot be the URL of a sink; nullopt when it can.
std::optional<std::string> url_fault(const std::string& text) {
  const std::unique_ptr<CURLU, UrlCleanup> url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    return "is not a URL; write it like https://ingest.example.com/events";
  }
  const std::string scheme = part_of(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return "must start with https:// or http://";
  if (!part_of(url.get(), CURLUPART_USER).empty()) return "must not hold a user or password; put them under auth";
  return std::nullopt;
}

std::optional<OptionFault> auth_fault(const AuthOptions& auth) {
  switch (auth.type) {
    case AuthType::none:
      if (!auth.user.empty() || !auth.password.empty() || !auth.token.empty() || !auth.value.empty()) {
        return OptionFault{"type", "says none, but there is a credential; set it to basic, bearer or header"};
      }
      return std::nullopt;
    case AuthType::basic:
      if (auth.user.empty()) return OptionFault{"type", "is basic, which needs user and password"};
      return std::nullopt;
    case AuthType::bearer:
      if (auth.token.empty()) return OptionFault{"type", "is bearer, which needs token or token_file"};
      return std::nullopt;
    case AuthType::header:
      if (!is_header_name(auth.name)) return OptionFault{"name", "must be the name of an HTTP header"};
      if (auth.value.empty()) return OptionFault{"type", "is header, which needs value or value_file"};
      return std::nullopt;
  }
  return std::nullopt;
}

const OptionTableOf<AuthOptions>& auth_table() {
  static const auto table =
      OptionTableOf<AuthOptions>("How the gateway proves who it is. Files are read again after a 401 or 403.")
          .choice("type", &AuthOptions::type,
                  {{"none", AuthType::none, "No credential."},
                   {"basic", AuthType::basic, "`user` and `password`."},
                   {"bearer", AuthType::bearer, "`token` in the header Authorization: Bearer."},
                   {"header", AuthType::header, "`value` in the header called `name`."}},
                  "Kind of credential.")
          .option("user", &AuthOptions::user, "Of type basic.")
          .secret("password", &AuthOptions::password, "Of type basic.")
          .secret("token", &AuthOptions::token, "Of type bearer.")
          .option("name", &AuthOptions::name, "Of type header: its name, such as X-Api-Key.")
          .secret("value", &AuthOptions::value, "Of type header: its value.")
          .check(auth_fault);
  return table;
}

const OptionTableOf<TlsOptions>& tls_table() {
  static const auto table =
      OptionTableOf<TlsOptions>("TLS towards the endpoint; version 1.2 at least.")
          .file("ca_file", &TlsOptions::ca_file, "Certificates to trust (PEM) instead of the system's.")
          .file("cert_file", &TlsOptions::cert_file, "The gateway's own certificate (PEM), for mutual TLS.")
          .file("key_file", &TlsOptions::key_file, "Its private key (PEM, not encrypted).")
          .option("insecure_skip_verify", &TlsOptions::insecure_skip_verify,
                  "Accept any certificate: whoever sits in between can read, change and swallow every event, and take "
                  "the credential. For a test bench only.")
          .check([](const TlsOptions& tls) -> std::optional<OptionFault> {
            if (tls.cert_file.empty() == tls.key_file.empty()) return std::nullopt;
            return OptionFault{tls.cert_file.empty() ? "key_file" : "cert_file",
                               "needs the other of cert_file and key_file"};
          });
  return table;
}

const OptionTableOf<ProxyOptions>& proxy_table() {
  static const auto table =
      OptionTableOf<ProxyOptions>("A proxy on the way. Proxy variables of the environment are not used.")
          .option("url", &ProxyOptions::url, "Such as http://proxy.plant:3128; also https, socks5 and socks5h.")
          .option("user", &ProxyOptions::user, "When the proxy asks for one.")
          .secret("password", &ProxyOptions::password, "When the proxy asks for one.")
          .shorthand("url");
  return table;
}

const OptionTableOf<TimeoutOptions>& timeout_table() {
  static const auto table =
      OptionTableOf<TimeoutOptions>("How long a request may take.")
          .option("connect", &TimeoutOptions::connect, "Until the connection stands, TLS included.",
                  between(100ms, 10min))
          .option("total", &TimeoutOptions::total,
                  "Until the whole answer is there. After it the request is sent again, under the same ids.",
                  between(100ms, 1h));
  return table;
}

std::optional<OptionFault> headers_fault(const SinkOptions& options) {
  for (const auto& [name, value] : options.headers) {
    if (!is_header_name(name)) return OptionFault{"headers", "\"" + name + "\" is not the name of an HTTP header"};
    if (!is_header_value(value)) return OptionFault{"headers", "the value of " + name + " holds control characters"};
    if (is_framing_header(name)) return OptionFault{"headers", name + " is set by the sink itself"};
    const bool auth_header = options.auth.type == AuthType::header ? same_header(name, options.auth.name)
                                                                   : same_header(name, "Authorization");
    if (options.auth.type != AuthType::none && auth_header) {
      return OptionFault{"headers", name + " is already set by auth"};
    }
  }
  return std::nullopt;
}

}  // namespace

const OptionTableOf<SinkOptions>& sink_table() {
  static const auto table =
      OptionTableOf<SinkOptions>("Delivers events to an HTTP or HTTPS endpoint.")
          .required("url", &SinkOptions::url, "Where events go, such as https://ingest.example.com/events.")
          .choice("method", &SinkOptions::method,
                  {{"POST", Method::post, "What event endpoints expect."},
                   {"PUT", Method::put, "For stores that want it."},
                   {"PATCH", Method::patch, "For stores that want it."}},
                  "Of every request.")
          .option("headers", &SinkOptions::headers, "Further headers of every request, name to value.")
          .choice("format", &SinkOptions::format,
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
          .section("auth", &SinkOptions::auth, auth_table(), "How the gateway proves who it is.")
          .section("tls", &SinkOptions::tls, tls_table(), "Certificates, both ways.")
          .section("proxy", &SinkOptions::proxy, proxy_table(), "A proxy on the way.")
          .section("timeout", &SinkOptions::timeout, timeout_table(), "How long a request may take.")
          .choice("http_version", &SinkOptions::http_version,
                  {{"auto", Version::automatic, "HTTP/2 over TLS where the endpoint offers it, else 1.1."},
                   {"1.1", Version::http_1_1, "HTTP/1.1 only."},
                   {"2", Version::http_2, "HTTP/2; over plain http without asking first."}},
                  "Version of HTTP.")
          .option("follow_redirects", &SinkOptions::follow_redirects,
                  "Follow redirects, with the same method and body. Headers that hold secrets travel along.")
          .check([](const SinkOptions& options) -> std::optional<OptionFault> {
            if (auto fault = url_fault(options.url)) return OptionFault{"url", *std::move(fault)};
            return headers_fault(options);
          });
  return table;
}

}  // namespace tidegate::http
