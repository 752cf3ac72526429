#pragma once

#include <curl/curl.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "connectors/auth/auth.h"
#include "connectors/connector.h"
#include "connectors/http/connection.h"
#include "connectors/http/errands.h"
#include "connectors/http/service.h"
#include "connectors/http/transfer.h"
#include "gateway/base/mutex.h"

namespace tidegate::http {

/// Somebody must mend something before a credential can be had; else it may pass by itself.
bool is_refusal(const Error& error) noexcept;

/// Delivers batches as HTTP requests, several at a time, over connections that stay open. What the requests are and
/// what answers mean is the service's; who sends them, the credential's.
class HttpSink final : public Sink {
 public:
  /// *Errors*: unavailable, when libcurl has no memory. Reaches for no peer.
  static Result<std::unique_ptr<Sink>> create(const ConnectorContext& context, const ConnectionOptions& options,
                                              std::unique_ptr<Service> service, std::unique_ptr<auth::Auth> auth);
  ~HttpSink() override;
  HttpSink(const HttpSink&) = delete;
  HttpSink& operator=(const HttpSink&) = delete;

  [[nodiscard]] SinkLimits limits() const noexcept override;
  /// Fetches the credential when there is none, then makes the service's probe, or, where it has none, opens a
  /// connection, TLS included, and closes it.
  Status connect(Deadline deadline, std::stop_token stop) override;
  [[nodiscard]] std::uint64_t destination(const OutEvent& event) override { return service_->destination(event); }
  void submit(Batch batch) override;
  std::vector<Settled> wait(Deadline deadline, std::stop_token stop) override;
  void wake() noexcept override;
  bool refresh_credentials() override;
  void close() noexcept override;

 private:
  HttpSink(const ConnectorContext& context, const ConnectionOptions& options, std::unique_ptr<Service> service,
           std::unique_ptr<auth::Auth> auth);
  CURLM* open_multi();
  Transfer* idle_transfer();
  void send(Batch batch);
  bool write(Transfer& transfer);
  bool prove(Transfer& transfer);
  void settle(const Cargo& cargo, Settled answer);
  void settle(BatchId id, Settled answer);
  void fail(BatchId id, std::string reason, Cause cause);
  void collect();
  bool answered(Transfer& transfer, CURLcode code);

  void send_waiting(const Status& ended);
  Status fetch_credential(Deadline deadline, const std::stop_token& stop);

  Result<CURLcode> run_alone(CURL* easy, Deadline deadline, const std::stop_token& stop) const;
  Status open_connection(Deadline deadline, const std::stop_token& stop) const;
  Status probe(Transfer& transfer, Deadline deadline, const std::stop_token& stop);

  [[nodiscard]] std::string without_secrets(std::string text) const;
  [[nodiscard]] int wait_ms(Deadline deadline) const;

  const Clock& clock_;
  ConnectionOptions options_;
  const std::unique_ptr<Service> service_;
  const std::unique_ptr<auth::Auth> auth_;

  Multi multi_;  ///< the worker's
  Mutex wake_mutex_;
  CURLM* wake_target_ GUARDED_BY(wake_mutex_) = nullptr;  ///< multi_, as long as other threads may wake it
  std::atomic<bool> woken_{false};
  std::vector<std::unique_ptr<Transfer>> busy_, idle_;
  Errands errands_{clock_, *auth_, options_};
  std::vector<Batch> waiting_;  ///< for a credential
  std::vector<Settled> settled_;
};

}  // namespace tidegate::http
