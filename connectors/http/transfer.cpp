#include "connectors/http/transfer.h"

#include <algorithm>

#include "connectors/http/limits.h"

namespace tidegate::http {
namespace {

/// Sets an option whose value libcurl copies; an empty text leaves libcurl's default.
void set_text(CURL* easy, CURLoption option, const std::string& text) {
  if (!text.empty()) curl_easy_setopt(easy, option, text.c_str());
}

long curl_version(const SinkOptions& options) {
  switch (options.http_version) {
    case Version::http_1_1: return CURL_HTTP_VERSION_1_1;
    case Version::http_2:
      return options.url.starts_with("https") ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
    case Version::automatic: break;
  }
  return CURL_HTTP_VERSION_2TLS;
}

void apply_tls(CURL* easy, const TlsOptions& tls) {
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, tls.insecure_skip_verify ? 0L : 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, tls.insecure_skip_verify ? 0L : 2L);
  const char* system_directory = nullptr;
  if (!tls.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, tls.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, tls.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
    curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, nullptr);
  } else if (curl_easy_getinfo(easy, CURLINFO_CAPATH, &system_directory) == CURLE_OK && system_directory != nullptr) {
    // The directory is searched for the one certificate needed; the bundle file would be parsed whole, for each
    // connection, and hold megabytes.
    curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
    curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, nullptr);
  }
  set_text(easy, CURLOPT_SSLCERT, tls.cert_file.string());
  set_text(easy, CURLOPT_SSLKEY, tls.key_file.string());
}

}  // namespace

void apply_connection_options(CURL* easy, const SinkOptions& options) {
  curl_easy_setopt(easy, CURLOPT_URL, options.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "tidegate");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, curl_version(options));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.timeout.connect.count()));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.total.count()));
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, limits::kHttpReceiveBytes);
  curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, limits::kHttpSendBytes);
  // An empty proxy also keeps libcurl from reading the environment.
  curl_easy_setopt(easy, CURLOPT_PROXY, options.proxy.url.c_str());
  set_text(easy, CURLOPT_PROXYUSERNAME, options.proxy.user);
  use_proxy_password(easy, options.proxy);
  apply_tls(easy, options.tls);
}

void use_proxy_password(CURL* easy, const ProxyOptions& proxy) {
  set_text(easy, CURLOPT_PROXYPASSWORD, proxy.password.value().reveal());
}

std::unique_ptr<Transfer> Transfer::create(const SinkOptions& options) {
  std::unique_ptr<Transfer> made(new Transfer(Easy(curl_easy_init())));
  CURL* easy = made->easy();
  if (easy == nullptr) return nullptr;
  apply_connection_options(easy, options);
  switch (options.method) {
    case Method::post: break;
    case Method::put: curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "PUT"); break;
    case Method::patch: curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "PATCH"); break;
  }
  // A connection under way may carry this request beside others (HTTP/2), which TLS tells at the handshake. Without TLS
  // libcurl would wait for the first answer.
  if (options.http_version != Version::http_1_1 && options.url.starts_with("https")) {
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
  }
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, options.follow_redirects ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, limits::kHttpRedirectsMax);
  curl_easy_setopt(easy, CURLOPT_POSTREDIR, static_cast<long>(CURL_REDIR_POST_ALL));
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, options.url.starts_with("https") ? "https" : "http,https");
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, made->error_.data());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, made.get());
  curl_easy_setopt(easy, CURLOPT_PRIVATE, made.get());
  return made;
}

void Transfer::start(Batch batch) {
  batch_ = std::move(batch);
  response_.clear();
  response_bytes_ = 0;
  error_[0] = '\0';
  curl_easy_setopt(easy(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_.size()));
  curl_easy_setopt(easy(), CURLOPT_POSTFIELDS, body_.data());
  curl_easy_setopt(easy(), CURLOPT_HTTPHEADER, headers_.list());
}

std::size_t Transfer::take_body(const char* bytes, std::size_t one, std::size_t size, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  size *= one;
  transfer.response_bytes_ += size;
  if (transfer.response_bytes_ > limits::kHttpResponseBytesMax) return 0;  // ends the transfer with CURLE_WRITE_ERROR
  const std::size_t room = limits::kHttpExcerptBytesMax + 1 - transfer.response_.size();
  transfer.response_.append(bytes, std::min(size, room));
  return size;
}

Reply Transfer::reply(CURLcode code) {
  Reply reply;
  const bool said_too_much = response_bytes_ > limits::kHttpResponseBytesMax;
  reply.code = said_too_much ? CURLE_OK : code;
  reply.error = error_.data();
  long sent = 0;
  curl_easy_getinfo(easy(), CURLINFO_REQUEST_SIZE, &sent);
  reply.request_sent = sent > 0;
  curl_easy_getinfo(easy(), CURLINFO_RESPONSE_CODE, &reply.status);
  if (reply.status < 200) reply.status = 0;
  const auto header = [&](const char* name) -> std::string_view {
    curl_header* found = nullptr;
    return curl_easy_header(easy(), name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK ? found->value : "";
  };
  reply.retry_after = header("Retry-After");
  reply.location = header("Location");
  reply.body = response_;
  return reply;
}

void Transfer::finish() {
  batch_ = {};
  if (body_.capacity() > limits::kHttpBodyBytesKept) std::string().swap(body_);
}

}  // namespace tidegate::http
