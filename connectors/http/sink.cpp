#include "connectors/http/sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <stop_token>

#include "connectors/http/http.h"
#include "connectors/http/limits.h"
#include "gateway/delivery/options.h"
#include "gateway/event/cloud_events.h"
#include "gateway/event/json_text.h"

namespace tidegate::http {
namespace {

/// libcurl wants one call per process before its first use.
bool curl_is_ready() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  return code == CURLE_OK;
}

SinkLimits limits_for(Format format, bool structured) {
  SinkLimits limits;
  limits.batch_events_max = is_batched(format) && !structured ? limits::kHttpBatchEventsMax : 1;
  limits.batch_bytes_max = limits::kHttpBatchBytesMax;
  limits.batches_in_flight_max = limits::kHttpInFlightMax;
  return limits;
}

bool is_structured(const ConnectorContext& context, const SinkOptions& options) {
  return options.format == Format::cloudevents && context.delivery != nullptr &&
         context.delivery->batch.max_events == 1;
}

void add_authorization(const AuthOptions& auth, HeaderLines& headers) {
  std::string value;
  switch (auth.type) {
    case AuthType::none: return;
    case AuthType::basic:
      value = "Basic ";
      append_base64(auth.user + ":" + auth.password.value().reveal(), value);
      return headers.add("Authorization", value);
    case AuthType::bearer: return headers.add("Authorization", "Bearer " + auth.token.value().reveal());
    case AuthType::header: return headers.add(auth.name, auth.value.value().reveal());
  }
}

void replace_all(std::string& text, const std::string& what) {
  if (what.empty()) return;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += 3)
    text.replace(at, what.size(), "***");
}

}  // namespace

Result<std::unique_ptr<Sink>> HttpSink::create(const ConnectorContext& context, const SinkOptions& options) {
  if (!curl_is_ready()) return Error{ErrorCode::unavailable, "libcurl cannot start: out of memory"};
  auto compressor = Compressor::create(options.compression);
  if (!compressor) return std::move(compressor).error();
  return std::unique_ptr<Sink>(new HttpSink(context, options, *std::move(compressor)));
}

HttpSink::HttpSink(const ConnectorContext& context, const SinkOptions& options, Compressor compressor)
    : limits_(limits_for(options.format, is_structured(context, options))),
      clock_(*context.clock),
      options_(options),
      structured_(is_structured(context, options)),
      compressor_(std::move(compressor)) {}

HttpSink::~HttpSink() { close(); }

SinkLimits HttpSink::limits() const noexcept { return limits_; }

Status HttpSink::connect(Deadline deadline, std::stop_token stop) {
  const Easy easy(curl_easy_init());
  const Multi multi(curl_multi_init());
  if (!easy || !multi) return Error{ErrorCode::unavailable, "libcurl: out of memory"};
  std::array<char, CURL_ERROR_SIZE> words{};
  apply_connection_options(easy.get(), options_);
  curl_easy_setopt(easy.get(), CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, words.data());
  curl_multi_add_handle(multi.get(), easy.get());
  const std::stop_callback wake_on_stop(stop, [&multi] { curl_multi_wakeup(multi.get()); });
  Status result = Error{ErrorCode::timeout, "not connected within the deadline"};
  for (;;) {
    int running = 0, left = 0;
    curl_multi_perform(multi.get(), &running);
    if (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
      const CURLcode code = message->data.result;
      result = code == CURLE_OK
                   ? Status()
                   : Error{ErrorCode::unavailable, words[0] != '\0' ? words.data() : curl_easy_strerror(code)};
      break;
    }
    if (stop.stop_requested()) {
      result = Error{ErrorCode::stopping, "stopped while connecting"};
      break;
    }
    const int ms = wait_ms(deadline);
    if (ms == 0) break;
    curl_multi_poll(multi.get(), nullptr, 0, ms, nullptr);
  }
  curl_multi_remove_handle(multi.get(), easy.get());
  return result;
}

void HttpSink::submit(Batch batch) {
  CURLM* multi = open_multi();
  Transfer* transfer = multi != nullptr ? idle_transfer() : nullptr;
  if (transfer == nullptr) {
    return settle(batch.id, {{Fate::retry, "not sent: libcurl is out of memory"}, Cause::peer_down, std::nullopt});
  }
  if (const Status prepared = prepare(*transfer, batch); !prepared) {
    busy_.pop_back();
    return settle(batch.id, {{Fate::retry, "not sent: " + prepared.error().message}, Cause::peer_down, std::nullopt});
  }
  transfer->start(std::move(batch));
  curl_multi_add_handle(multi, transfer->easy());
}

std::vector<Settled> HttpSink::wait(Deadline deadline, std::stop_token stop) {
  const std::stop_callback wake_on_stop(stop, [this] { wake(); });
  CURLM* multi = open_multi();
  for (;;) {
    int running = 0;
    if (multi != nullptr) curl_multi_perform(multi, &running);
    collect();
    if (!settled_.empty() || stop.stop_requested() || woken_.exchange(false) || multi == nullptr) break;
    const int ms = wait_ms(deadline);
    if (ms == 0) break;
    curl_multi_poll(multi, nullptr, 0, ms, nullptr);
  }
  return std::exchange(settled_, {});
}

void HttpSink::wake() noexcept {
  woken_ = true;
  const MutexLock lock(wake_mutex_);
  if (wake_target_ != nullptr) curl_multi_wakeup(wake_target_);
}

bool HttpSink::refresh_credentials() {
  bool changed = options_.auth.password.refresh();
  changed = options_.auth.token.refresh() || changed;
  changed = options_.auth.value.refresh() || changed;
  return options_.proxy.password.refresh() || changed;
}

void HttpSink::close() noexcept {
  {
    const MutexLock lock(wake_mutex_);
    wake_target_ = nullptr;
  }
  for (const auto& transfer : busy_) curl_multi_remove_handle(multi_.get(), transfer->easy());
  busy_.clear();
  idle_.clear();
  multi_.reset();
}

CURLM* HttpSink::open_multi() {
  if (!multi_) {
    multi_.reset(curl_multi_init());
    const MutexLock lock(wake_mutex_);
    wake_target_ = multi_.get();
  }
  return multi_.get();
}

/// A transfer at the end of busy_; null when libcurl has no memory.
Transfer* HttpSink::idle_transfer() {
  if (idle_.empty()) {
    auto made = Transfer::create(options_);
    if (!made) return nullptr;
    busy_.push_back(std::move(made));
  } else {
    busy_.push_back(std::move(idle_.back()));
    idle_.pop_back();
  }
  return busy_.back().get();
}

/// Puts the batch's body and headers.
Status HttpSink::prepare(Transfer& transfer, const Batch& batch) {
  const bool compressed = !compressor_.content_encoding().empty();
  std::string& plain = compressed ? plain_ : transfer.body();
  write_body(options_.format, structured_, batch.events, plain);
  if (compressed) {
    if (Status done = compressor_.compress(plain, transfer.body()); !done) return done;
    if (plain_.capacity() > limits::kHttpBodyBytesKept) std::string().swap(plain_);
  }
  HeaderLines& headers = transfer.headers();
  headers.clear();
  for (const auto& [name, value] : options_.headers) headers.add(name, value);
  const auto add_unless_set = [&headers](std::string_view name, std::string_view value) {
    if (!headers.has(name)) headers.add(name, value);
  };
  const OutEvent& first = *batch.events.front();
  if (options_.format == Format::cloudevents_binary) {
    for (const auto& [name, value] : cloud_event_headers(first.event)) add_unless_set(name, value);
  } else {
    add_unless_set("Content-Type", body_content_type(options_.format, structured_, first));
  }
  if (compressed) headers.add("Content-Encoding", compressor_.content_encoding());
  headers.add("Idempotency-Key", idempotency_key(batch.events));
  add_authorization(options_.auth, headers);
  headers.omit("Expect");  // a wait of a second for "100 Continue" from a peer that does not know it
  use_proxy_password(transfer.easy(), options_.proxy);
  return {};
}

/// Turns what libcurl has finished into settled_.
void HttpSink::collect() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    const CURLcode code = message->data.result;
    CURL* easy = message->easy_handle;
    const auto done = std::find_if(busy_.begin(), busy_.end(), [&](const auto& t) { return t->easy() == easy; });
    Transfer& transfer = **done;
    curl_multi_remove_handle(multi_.get(), easy);
    settle(transfer.batch().id, judge(transfer.reply(code), transfer.batch().events.size(), clock_.wall()));
    transfer.finish();
    idle_.push_back(std::move(*done));
    busy_.erase(done);
  }
}

void HttpSink::settle(BatchId id, Verdict verdict) {
  Settled settled;
  settled.id = id;
  verdict.outcome.reason = without_secrets(std::move(verdict.outcome.reason));
  settled.outcomes.push_back(std::move(verdict.outcome));
  settled.cause = verdict.cause;
  settled.retry_after = verdict.retry_after;
  settled_.push_back(std::move(settled));
}

/// A peer may quote a request in its answer, and an answer goes into logs and dead letters.
std::string HttpSink::without_secrets(std::string reason) const {
  if (reason.empty()) return reason;
  for (const StoredSecret* secret :
       {&options_.auth.password, &options_.auth.token, &options_.auth.value, &options_.proxy.password}) {
    replace_all(reason, secret->value().reveal());
  }
  for (const auto& header : options_.headers) {
    if (header.second.size() >= limits::kHttpSecretBytesMin) replace_all(reason, header.second);
  }
  return reason;
}

/// Milliseconds until the deadline, rounded up; 0 when it has passed.
int HttpSink::wait_ms(Deadline deadline) const {
  const auto left = std::chrono::ceil<milliseconds>(deadline.at - clock_.steady()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

}  // namespace tidegate::http

namespace tidegate {

const OptionTable* http_sink_options() { return &http::sink_table(); }

Result<std::unique_ptr<Sink>> make_http_sink(const ConnectorContext& context, const std::any& options) {
  return http::HttpSink::create(context, std::any_cast<const http::SinkOptions&>(options));
}

}  // namespace tidegate
