#pragma once

#include <curl/curl.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "connectors/connector.h"
#include "connectors/http/connection.h"
#include "connectors/http/judge.h"
#include "connectors/http/request.h"
#include "connectors/http/service.h"

namespace tidegate::http {

struct EasyCleanup {
  void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, EasyCleanup>;
struct MultiCleanup {
  void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
};
using Multi = std::unique_ptr<CURLM, MultiCleanup>;

/// Before the first use of libcurl. False: it has no memory.
bool curl_is_ready();

/// Sets everything about connections to `url` that is the same for every request: proxy, TLS, HTTP version, timeouts.
void apply_connection_options(CURL* easy, const std::string& url, const ConnectionOptions& options);

/// A batch on its way, and which of its events are in the request.
struct Cargo {
  Batch batch;
  std::vector<const OutEvent*> sent;
  Written written;
};

/// One request at a time: an easy handle with the memory its requests need. Stays where it was made, because libcurl
/// holds its address.
class Transfer {
 public:
  /// For requests to `url`'s host. Null when libcurl has no memory. Reads at most `reply_bytes_max` of an answer's
  /// body.
  static std::unique_ptr<Transfer> create(const std::string& url, const ConnectionOptions& options,
                                          std::size_t reply_bytes_max);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  [[nodiscard]] CURL* easy() const noexcept { return easy_.get(); }
  /// What start() will send; put it there first.
  [[nodiscard]] Request& request() noexcept { return request_; }
  /// Of the request, when it delivers.
  [[nodiscard]] Cargo& cargo() noexcept { return cargo_; }

  /// Makes the handle ready to run the request that was put.
  void start(const ConnectionOptions& options);
  /// How the request ended. Valid until the next start() or finish().
  [[nodiscard]] Reply reply(CURLcode code);
  /// Lets go of the cargo and of memory beyond limits::kHttpBodyBytesKept.
  void finish();

 private:
  Transfer(Easy easy, std::size_t reply_bytes_max) : easy_(std::move(easy)), reply_bytes_max_(reply_bytes_max) {}
  static std::size_t take_body(const char* bytes, std::size_t one, std::size_t size, void* self);

  Easy easy_;
  const std::size_t reply_bytes_max_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  Cargo cargo_;
  Request request_;
  std::string response_;  ///< the response body so far
  bool cut_ = false;      ///< it is longer than reply_bytes_max_
};

}  // namespace tidegate::http
