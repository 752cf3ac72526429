#pragma once

#include <curl/curl.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "connectors/connector.h"
#include "connectors/http/body.h"
#include "connectors/http/options.h"
#include "connectors/http/transfer.h"
#include "gateway/base/mutex.h"

namespace tidegate::http {

/// Delivers batches as HTTP requests, several at a time, over connections that stay open.
class HttpSink final : public Sink {
 public:
  static Result<std::unique_ptr<Sink>> create(const ConnectorContext& context, const SinkOptions& options);
  ~HttpSink() override;
  HttpSink(const HttpSink&) = delete;
  HttpSink& operator=(const HttpSink&) = delete;

  [[nodiscard]] SinkLimits limits() const noexcept override;
  /// Opens a connection, TLS included, and closes it: no request is made.
  Status connect(Deadline deadline, std::stop_token stop) override;
  void submit(Batch batch) override;
  std::vector<Settled> wait(Deadline deadline, std::stop_token stop) override;
  void wake() noexcept override;
  bool refresh_credentials() override;
  void close() noexcept override;

 private:
  struct MultiCleanup {
    void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
  };
  using Multi = std::unique_ptr<CURLM, MultiCleanup>;

  HttpSink(const ConnectorContext& context, const SinkOptions& options, Compressor compressor);
  CURLM* open_multi();
  Transfer* idle_transfer();
  Status prepare(Transfer& transfer, const Batch& batch);
  void collect();
  void settle(BatchId id, Verdict verdict);
  [[nodiscard]] std::string without_secrets(std::string reason) const;
  [[nodiscard]] int wait_ms(Deadline deadline) const;

  const SinkLimits limits_;
  const Clock& clock_;
  SinkOptions options_;
  const bool structured_;
  Compressor compressor_;
  std::string plain_;  ///< the body before compression

  Multi multi_;  ///< the worker's
  Mutex wake_mutex_;
  CURLM* wake_target_ GUARDED_BY(wake_mutex_) = nullptr;  ///< multi_, as long as other threads may wake it
  std::atomic<bool> woken_{false};
  std::vector<std::unique_ptr<Transfer>> busy_, idle_;
  std::vector<Settled> settled_;
};

}  // namespace tidegate::http
