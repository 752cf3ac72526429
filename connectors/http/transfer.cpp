#include "connectors/http/transfer.h"

#include <algorithm>

#include "connectors/http/limits.h"

namespace tidegate::http {
namespace {

/// Sets an option whose value libcurl copies; an empty text leaves libcurl's default.
void set_text(CURL* easy, CURLoption option, const std::string& text) {
  if (!text.empty()) curl_easy_setopt(easy, option, text.c_str());
}

long curl_version(const std::string& url, Version version) {
  switch (version) {
    case Version::http_1_1: return CURL_HTTP_VERSION_1_1;
    case Version::http_2:
      return url.starts_with("https") ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
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

void use_proxy_password(CURL* easy, const ProxyOptions& proxy) {
  set_text(easy, CURLOPT_PROXYPASSWORD, proxy.password.value().reveal());
}

}  // namespace

bool curl_is_ready() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);  // once per process
  return code == CURLE_OK;
}

void apply_connection_options(CURL* easy, const std::string& url, const ConnectionOptions& options) {
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);  // a signature covers the path as it was written
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "tidegate");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, curl_version(url, options.http_version));
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

std::unique_ptr<Transfer> Transfer::create(const std::string& url, const ConnectionOptions& options,
                                           std::size_t reply_bytes_max) {
  std::unique_ptr<Transfer> made(new Transfer(Easy(curl_easy_init()), reply_bytes_max));
  CURL* easy = made->easy();
  if (easy == nullptr) return nullptr;
  apply_connection_options(easy, url, options);
  // A connection under way may carry this request beside others (HTTP/2), which TLS tells at the handshake. Without TLS
  // libcurl would wait for the first answer.
  if (options.http_version != Version::http_1_1 && url.starts_with("https")) {
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
  }
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, options.follow_redirects ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, limits::kHttpRedirectsMax);
  curl_easy_setopt(easy, CURLOPT_POSTREDIR, static_cast<long>(CURL_REDIR_POST_ALL));
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, url.starts_with("https") ? "https" : "http,https");
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, made->error_.data());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, made.get());
  curl_easy_setopt(easy, CURLOPT_PRIVATE, made.get());
  return made;
}

void Transfer::start(const ConnectionOptions& options) {
  response_.clear();
  cut_ = false;
  error_[0] = '\0';
  use_proxy_password(easy(), options.proxy);
  curl_easy_setopt(easy(), CURLOPT_URL, request_.url.c_str());
  if (request_.method == "GET" || request_.method == "HEAD") {
    curl_easy_setopt(easy(), request_.method == "GET" ? CURLOPT_HTTPGET : CURLOPT_NOBODY, 1L);
    curl_easy_setopt(easy(), CURLOPT_CUSTOMREQUEST, nullptr);
  } else {
    curl_easy_setopt(easy(), CURLOPT_POST, 1L);
    const std::string_view content = request_.content();
    curl_easy_setopt(easy(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(content.size()));
    curl_easy_setopt(easy(), CURLOPT_POSTFIELDS, content.data());
    curl_easy_setopt(easy(), CURLOPT_CUSTOMREQUEST, request_.method == "POST" ? nullptr : request_.method.c_str());
  }
  request_.headers.omit("Expect");  // a wait of a second for "100 Continue" from a peer that does not know it
  curl_easy_setopt(easy(), CURLOPT_HTTPHEADER, request_.headers.list());
}

std::size_t Transfer::take_body(const char* bytes, std::size_t one, std::size_t size, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  size *= one;
  const std::size_t room = transfer.reply_bytes_max_ - transfer.response_.size();
  transfer.response_.append(bytes, std::min(size, room));
  transfer.cut_ = size > room;
  return transfer.cut_ ? 0 : size;  // 0 ends the transfer with CURLE_WRITE_ERROR
}

Reply Transfer::reply(CURLcode code) {
  Reply reply;
  reply.code = cut_ ? CURLE_OK : code;
  reply.error = error_.data();
  reply.cut = cut_;
  long sent = 0;
  curl_easy_getinfo(easy(), CURLINFO_REQUEST_SIZE, &sent);
  reply.request_sent = sent > 0;
  curl_easy_getinfo(easy(), CURLINFO_RESPONSE_CODE, &reply.status);
  if (reply.status < 200) reply.status = 0;
  reply.easy = easy();
  reply.retry_after = reply.header("Retry-After");
  reply.location = reply.header("Location");
  reply.body = response_;
  return reply;
}

void Transfer::finish() {
  cargo_ = {};
  request_.trim();
  if (response_.capacity() > limits::kHttpReplyBytesKept) std::string().swap(response_);
}

}  // namespace tidegate::http
