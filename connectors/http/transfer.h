#pragma once

#include <curl/curl.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "connectors/connector.h"
#include "connectors/http/header_lines.h"
#include "connectors/http/judge.h"
#include "connectors/http/options.h"

namespace tidegate::http {

struct EasyCleanup {
  void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, EasyCleanup>;

/// Sets everything about a connection that is the same for every request: address, proxy, TLS, HTTP version, timeouts.
void apply_connection_options(CURL* easy, const SinkOptions& options);
/// Takes over the proxy's password, which may have changed since.
void use_proxy_password(CURL* easy, const ProxyOptions& proxy);

/// One request at a time: an easy handle with the memory its requests need. Stays where it was made, because libcurl
/// holds its address.
class Transfer {
 public:
  /// Null when libcurl has no memory.
  static std::unique_ptr<Transfer> create(const SinkOptions& options);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  [[nodiscard]] CURL* easy() const noexcept { return easy_.get(); }
  /// Where the next request's body and headers are put before start().
  [[nodiscard]] std::string& body() noexcept { return body_; }
  [[nodiscard]] HeaderLines& headers() noexcept { return headers_; }

  /// Makes the handle ready to run the request of `batch` with the body and headers that were put.
  void start(Batch batch);
  [[nodiscard]] const Batch& batch() const noexcept { return batch_; }
  /// How the request ended. Valid until the next start().
  [[nodiscard]] Reply reply(CURLcode code);
  /// Lets go of the batch and of memory beyond limits::kHttpBodyBytesKept.
  void finish();

 private:
  explicit Transfer(Easy easy) : easy_(std::move(easy)) {}
  static std::size_t take_body(const char* bytes, std::size_t one, std::size_t size, void* self);

  Easy easy_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  Batch batch_;
  std::string body_;
  HeaderLines headers_;
  std::string response_;            ///< the start of the response body
  std::size_t response_bytes_ = 0;  ///< of the whole response body so far
};

}  // namespace tidegate::http
