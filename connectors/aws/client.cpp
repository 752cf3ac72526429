#include "connectors/aws/client.h"

#include <algorithm>
#include <utility>

#include "connectors/auth/aws_auth.h"
#include "connectors/http/sink.h"

namespace tidegate::aws {
namespace {

Error out_of_memory() { return {ErrorCode::unavailable, "libcurl: out of memory"}; }

}  // namespace

Result<std::unique_ptr<Client>> Client::create(const Clock& clock, const AwsOptions& options,
                                               std::string_view signed_as, std::size_t reply_bytes_max) {
  auto auth =
      auth::AwsAuth::create(auth::SigV4Scope::of(options.region, std::string(signed_as)), options.credentials, options);
  if (!auth) return std::move(auth).error();
  http::Multi multi(http::curl_is_ready() ? curl_multi_init() : nullptr);
  if (!multi) return out_of_memory();
  return std::unique_ptr<Client>(new Client(clock, options, *std::move(auth), std::move(multi), reply_bytes_max));
}

Client::Client(const Clock& clock, const AwsOptions& options, std::unique_ptr<auth::Auth> auth, http::Multi multi,
               std::size_t reply_bytes_max)
    : clock_(clock),
      options_(options),
      auth_(std::move(auth)),
      multi_(std::move(multi)),
      reply_bytes_max_(reply_bytes_max) {}

void Client::send(http::Request request, Done done) {
  waiting_.push_back({std::move(request), std::move(done)});
  if (const auto ended = errands_.begin(multi_.get())) send_waiting(*ended);
  if (waiting_.empty()) return;  // the errand ended at once, and dealt with it
  if (!auth_->ready(clock_.wall())) {
    if (!errands_.busy()) send_waiting(Error{ErrorCode::refused, "there is none"});
    return;
  }
  Call call = std::move(waiting_.back());
  waiting_.pop_back();
  start(std::move(call));
}

void Client::start(Call call) {
  auto transfer = idle_.empty() ? http::Transfer::create(call.request.url, options_, reply_bytes_max_) : nullptr;
  if (!idle_.empty()) {
    transfer = std::move(idle_.back());
    idle_.pop_back();
  }
  if (!transfer) return fail(std::move(call.done), out_of_memory());
  if (const Status proved = auth_->prove(call.request, clock_.wall()); !proved)
    return fail(std::move(call.done), proved.error());
  transfer->request() = std::move(call.request);
  transfer->start(options_);
  curl_multi_add_handle(multi_.get(), transfer->easy());
  running_.push_back({std::move(transfer), std::move(call.done)});
}

void Client::fail(Done done, Error why) {
  if (http::is_refusal(why)) why.code = ErrorCode::refused;
  why.message = without_secrets(std::move(why.message));
  failed_.emplace_back(std::move(done), std::move(why));
}

void Client::run(Deadline deadline) {
  int running = 0;
  curl_multi_perform(multi_.get(), &running);
  if (collect()) return;
  const auto left = std::chrono::ceil<milliseconds>(deadline.at - clock_.steady());
  constexpr milliseconds kLongest{3'600'000};
  if (left.count() > 0)
    curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(std::min(left, kLongest).count()), nullptr);
  curl_multi_perform(multi_.get(), &running);
  collect();
}

/// Tells of what has ended. False: nothing has.
bool Client::collect() {
  bool told = !failed_.empty();
  for (const auto& [done, why] : std::exchange(failed_, {})) done({nullptr, why});
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    const CURLcode code = message->data.result;
    CURL* easy = message->easy_handle;
    curl_multi_remove_handle(multi_.get(), easy);
    if (errands_.owns(easy)) {
      if (const auto ended = errands_.go_on(multi_.get(), code)) send_waiting(*ended);
      continue;
    }
    const auto found = std::ranges::find_if(running_, [&](const Running& r) { return r.transfer->easy() == easy; });
    Running ended = std::move(*found);
    running_.erase(found);
    answered(ended, code);
    ended.transfer->finish();
    idle_.push_back(std::move(ended.transfer));
    told = true;
  }
  return told;
}

void Client::answered(Running& running, CURLcode code) {
  const http::Reply reply = running.transfer->reply(code);
  if (reply.status != 0 && (reply.code == CURLE_OK || reply.status >= 400)) {
    auth_->hear(reply, clock_.wall());
    return running.done({&reply, {}});
  }
  const std::string_view words = reply.error.empty() ? curl_easy_strerror(reply.code) : reply.error;
  running.done({nullptr, {ErrorCode::unavailable, without_secrets(std::string(words))}});
}

bool Client::renew() {
  const bool changed = auth_->renew();
  return options_.proxy.password.refresh() || changed;
}

void Client::drop() noexcept {
  errands_.drop(multi_.get());
  for (const Running& running : running_) {
    // Else it would wait for a name server that does not answer.
    curl_easy_setopt(running.transfer->easy(), CURLOPT_QUICK_EXIT, 1L);
    curl_multi_remove_handle(multi_.get(), running.transfer->easy());
  }
  running_.clear();
  idle_.clear();
  waiting_.clear();
  failed_.clear();
}

std::string Client::without_secrets(std::string text) const {
  auth_->redact(text);
  http::blank_out(text, options_.proxy.password.value().reveal());
  return text;
}

/// After an errand: what waited for the credential is sent, or fails.
void Client::send_waiting(const Status& ended) {
  const bool ready = auth_->ready(clock_.wall());
  for (Call& call : std::exchange(waiting_, {})) {
    if (ready) {
      start(std::move(call));
    } else if (ended) {
      fail(std::move(call.done), {ErrorCode::refused, "no credential: the new one has expired already"});
    } else {
      fail(std::move(call.done), ended.error().in("no credential"));
    }
  }
}

}  // namespace tidegate::aws
