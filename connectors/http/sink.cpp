#include "connectors/http/sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <stop_token>

#include "connectors/auth/limits.h"
#include "connectors/http/body.h"
#include "connectors/http/limits.h"

namespace tidegate::http {
namespace {

/// The refusal is about who sends, not about what is sent.
Settled refused_proof(const Reply& reply) {
  std::string reason = fmt::format("HTTP {}, taken for a refused credential", reply.status);
  const std::string words = excerpt(reply.body, limits::kHttpExcerptBytesMax);
  if (!words.empty()) reason.append(": ").append(words);
  return {{}, {{Fate::retry, std::move(reason)}}, Cause::unauthorized, std::nullopt};
}

std::string words_of(CURLcode code, const Reply& reply) {
  return std::string(reply.error.empty() ? curl_easy_strerror(code) : reply.error);
}

}  // namespace

Result<std::unique_ptr<Sink>> HttpSink::create(const ConnectorContext& context, const ConnectionOptions& options,
                                               std::unique_ptr<Service> service, std::unique_ptr<auth::Auth> auth) {
  if (!curl_is_ready()) return Error{ErrorCode::unavailable, "libcurl cannot start: out of memory"};
  return std::unique_ptr<Sink>(new HttpSink(context, options, std::move(service), std::move(auth)));
}

HttpSink::HttpSink(const ConnectorContext& context, const ConnectionOptions& options, std::unique_ptr<Service> service,
                   std::unique_ptr<auth::Auth> auth)
    : clock_(*context.clock), options_(options), service_(std::move(service)), auth_(std::move(auth)) {}

HttpSink::~HttpSink() { close(); }

SinkLimits HttpSink::limits() const noexcept { return service_->limits(); }

Status HttpSink::connect(Deadline deadline, std::stop_token stop) {
  if (Status fetched = fetch_credential(deadline, stop); !fetched) return fetched;
  const auto transfer = Transfer::create(service_->url(), options_, service_->reply_bytes_max());
  if (!transfer) return Error{ErrorCode::unavailable, "libcurl: out of memory"};
  if (!service_->write_probe(transfer->request())) return open_connection(deadline, stop);
  return probe(*transfer, deadline, stop);
}

Status HttpSink::open_connection(Deadline deadline, const std::stop_token& stop) const {
  const Easy easy(curl_easy_init());
  if (!easy) return Error{ErrorCode::unavailable, "libcurl: out of memory"};
  std::array<char, CURL_ERROR_SIZE> words{};
  apply_connection_options(easy.get(), service_->url(), options_);
  curl_easy_setopt(easy.get(), CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, words.data());
  const Result<CURLcode> code = run_alone(easy.get(), deadline, stop);
  if (!code) return code.error();
  if (*code == CURLE_OK) return {};
  return Error{ErrorCode::unavailable, words[0] != '\0' ? words.data() : curl_easy_strerror(*code)};
}

Status HttpSink::probe(Transfer& transfer, Deadline deadline, const std::stop_token& stop) {
  if (Status proved = auth_->prove(transfer.request(), clock_.wall()); !proved) return proved;
  transfer.start(options_);
  const Result<CURLcode> code = run_alone(transfer.easy(), deadline, stop);
  if (!code) return code.error();
  const Reply reply = transfer.reply(*code);
  if (reply.status == 0 || reply.code != CURLE_OK) return Error{ErrorCode::unavailable, words_of(*code, reply)};
  const WallTime now = clock_.wall();
  auth_->hear(reply, now);
  const Status judged = service_->judge_probe(reply, now);
  if (judged) return {};
  return Error{judged.error().code, without_secrets(judged.error().message)};
}

/// Runs a request in a multi handle of its own. *Errors*: timeout, stopping.
Result<CURLcode> HttpSink::run_alone(CURL* easy, Deadline deadline, const std::stop_token& stop) const {
  const Multi multi(curl_multi_init());
  if (!multi) return Error{ErrorCode::unavailable, "libcurl: out of memory"};
  curl_multi_add_handle(multi.get(), easy);
  const std::stop_callback wake_on_stop(stop, [&multi] { curl_multi_wakeup(multi.get()); });
  Result<CURLcode> result = Error{ErrorCode::timeout, "not connected within the deadline"};
  for (;;) {
    int running = 0, left = 0;
    curl_multi_perform(multi.get(), &running);
    if (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
      result = message->data.result;
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
  curl_multi_remove_handle(multi.get(), easy);
  return result;
}

void HttpSink::submit(Batch batch) {
  waiting_.push_back(std::move(batch));
  if (const auto ended = errands_.begin(open_multi())) send_waiting(*ended);
  if (waiting_.empty()) return;  // the errand ended at once, and dealt with it
  const bool ready = auth_->ready(clock_.wall());
  if (!ready && errands_.busy()) return;
  Batch now = std::move(waiting_.back());
  waiting_.pop_back();
  if (ready) return send(std::move(now));
  fail(now.id, "not sent: there is no credential", Cause::unauthorized);
}

/// Starts the request of a batch.
void HttpSink::send(Batch batch) {
  CURLM* multi = open_multi();
  Transfer* transfer = multi != nullptr ? idle_transfer() : nullptr;
  if (transfer == nullptr) return fail(batch.id, "not sent: libcurl is out of memory", Cause::peer_down);
  Cargo& cargo = transfer->cargo();
  cargo.batch = std::move(batch);
  if (write(*transfer)) {
    transfer->start(options_);
    curl_multi_add_handle(multi, transfer->easy());
    return;
  }
  transfer->finish();
  idle_.push_back(std::move(busy_.back()));
  busy_.pop_back();
}

/// Puts the request of the transfer's batch. False: there is nothing to send, and the batch is settled.
bool HttpSink::write(Transfer& transfer) {
  Cargo& cargo = transfer.cargo();
  Request& request = transfer.request();
  request.clear();
  request.key = idempotency_key(cargo.batch.events);
  service_->write_batch(cargo.batch, request, cargo.written);
  if (!cargo.written.failure().empty()) {
    fail(cargo.batch.id, "not sent: " + cargo.written.failure(), Cause::peer_down);
    return false;
  }
  if (!cargo.written.too_large_reason().empty()) {
    const Fate fate = cargo.batch.events.size() == 1 ? Fate::rejected : Fate::retry;
    settle(cargo.batch.id, {{}, {{fate, cargo.written.too_large_reason()}}, Cause::too_large, std::nullopt});
    return false;
  }
  auto unfit = cargo.written.unfits().begin();
  for (std::size_t i = 0; i < cargo.batch.events.size(); ++i) {
    if (unfit != cargo.written.unfits().end() && unfit->index == i) {
      ++unfit;
    } else {
      cargo.sent.push_back(cargo.batch.events[i]);
    }
  }
  if (cargo.written.held()) {
    settle(cargo, {{}, {{Fate::held, {}}}, Cause::none, std::nullopt});
    return false;
  }
  if (cargo.sent.empty() && !cargo.batch.events.empty()) {
    settle(cargo, {});
    return false;
  }
  return prove(transfer);
}

/// False: it cannot be proved who sends, and the batch is settled.
bool HttpSink::prove(Transfer& transfer) {
  const Status proved = auth_->prove(transfer.request(), clock_.wall());
  if (proved) return true;
  const Error& error = proved.error();
  fail(transfer.cargo().batch.id, "not sent: " + error.message,
       is_refusal(error) ? Cause::unauthorized : Cause::peer_down);
  return false;
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
  const bool changed = auth_->renew();
  return options_.proxy.password.refresh() || changed;
}

void HttpSink::close() noexcept {
  {
    const MutexLock lock(wake_mutex_);
    wake_target_ = nullptr;
  }
  errands_.drop(multi_.get());
  waiting_.clear();
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
    auto made = Transfer::create(service_->url(), options_, service_->reply_bytes_max());
    if (!made) return nullptr;
    busy_.push_back(std::move(made));
  } else {
    busy_.push_back(std::move(idle_.back()));
    idle_.pop_back();
  }
  return busy_.back().get();
}

/// Turns what libcurl has finished into settled_.
void HttpSink::collect() {
  int left = 0;
  while (const CURLMsg* message = multi_ ? curl_multi_info_read(multi_.get(), &left) : nullptr) {
    const CURLcode code = message->data.result;
    CURL* easy = message->easy_handle;
    curl_multi_remove_handle(multi_.get(), easy);
    if (errands_.owns(easy)) {
      if (const auto ended = errands_.go_on(multi_.get(), code)) send_waiting(*ended);
      continue;
    }
    const auto done = std::find_if(busy_.begin(), busy_.end(), [&](const auto& t) { return t->easy() == easy; });
    if (!answered(**done, code)) {
      (*done)->start(options_);
      curl_multi_add_handle(multi_.get(), easy);
      continue;
    }
    std::unique_ptr<Transfer> transfer = std::move(*done);
    busy_.erase(done);
    transfer->finish();
    idle_.push_back(std::move(transfer));
  }
}

/// Settles the batch of a request that ended. False: its next request is to be started.
bool HttpSink::answered(Transfer& transfer, CURLcode code) {
  const Reply reply = transfer.reply(code);
  const Cargo& cargo = transfer.cargo();
  const WallTime now = clock_.wall();
  const bool complete = reply.status != 0 && (reply.code == CURLE_OK || reply.status >= 400);
  if (complete) auth_->hear(reply, now);
  if (complete && reply.status >= 400 && auth_->blames_proof(reply)) {
    settle(cargo, refused_proof(reply));
    return true;
  }
  if (complete) {
    Request& request = transfer.request();
    std::string key = std::move(request.key);
    request.clear();
    request.key = std::move(key);
    if (service_->write_next(reply, request)) return !prove(transfer);
  }
  settle(cargo, complete ? service_->judge(reply, cargo.sent, now) : settled(judge(reply, cargo.sent.size(), now)));
  return true;
}

/// `answer` is about the events that were sent; the unfit ones are judged already.
void HttpSink::settle(const Cargo& cargo, Settled answer) {
  static const Outcome kNoOutcome{Fate::unknown, "the service gave no outcome"};
  if (!cargo.written.unfits().empty()) {
    std::vector<Outcome> all;
    std::size_t sent = 0;
    auto unfit = cargo.written.unfits().begin();
    for (std::size_t i = 0; i < cargo.batch.events.size(); ++i) {
      if (unfit != cargo.written.unfits().end() && unfit->index == i) {
        all.push_back({Fate::rejected, (unfit++)->reason});
      } else {
        const std::size_t which = answer.outcomes.size() == 1 ? 0 : sent++;
        all.push_back(which < answer.outcomes.size() ? answer.outcomes[which] : kNoOutcome);
      }
    }
    answer.outcomes = std::move(all);
  }
  settle(cargo.batch.id, std::move(answer));
}

void HttpSink::settle(BatchId id, Settled answer) {
  answer.id = id;
  for (Outcome& outcome : answer.outcomes) {
    if (!outcome.reason.empty()) outcome.reason = without_secrets(std::move(outcome.reason));
  }
  settled_.push_back(std::move(answer));
}

/// The batch was certainly not sent.
void HttpSink::fail(BatchId id, std::string reason, Cause cause) {
  settle(id, {{}, {{Fate::retry, std::move(reason)}}, cause, std::nullopt});
}

/// A peer may quote a request in its answer, and an answer goes into logs and dead letters.
std::string HttpSink::without_secrets(std::string text) const {
  auth_->redact(text);
  service_->redact(text);
  blank_out(text, options_.proxy.password.value().reveal());
  return text;
}

/// Milliseconds until the deadline, rounded up; 0 when it has passed.
int HttpSink::wait_ms(Deadline deadline) const {
  const auto left = std::chrono::ceil<milliseconds>(deadline.at - clock_.steady()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

}  // namespace tidegate::http
