#include "connectors/http/connection.h"

#include <curl/curl.h>

#include <chrono>
#include <memory>

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

}  // namespace

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

}  // namespace tidegate::http
