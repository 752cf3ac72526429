// How HttpSink comes by its credential: errands beside the deliveries, or one before them.

#include <utility>

#include "connectors/auth/limits.h"
#include "connectors/http/sink.h"

namespace tidegate::http {

bool is_refusal(const Error& error) noexcept {
  return error.code == ErrorCode::refused || error.code == ErrorCode::invalid || error.code == ErrorCode::not_found;
}

/// Begins an errand when one is due.
void HttpSink::look_after_credential() {
  if (talk_) return;
  const WallTime now = clock_.wall();
  if (auth_->ready(now) && clock_.steady() < talk_again_) return;
  auto errand = auth_->errand(now);
  if (!errand) return;
  talk_.emplace(std::move(errand), options_);
  step_talk();
}

/// Puts the errand's next request on the wire.
void HttpSink::step_talk() {
  const Result<Transfer*> next = talk_->next(clock_.wall());
  if (!next) return end_talk(next.error());
  if (*next == nullptr) return end_talk({});
  CURLM* multi = open_multi();
  if (multi == nullptr) return end_talk(Error{ErrorCode::unavailable, "libcurl: out of memory"});
  curl_multi_add_handle(multi, (*next)->easy());
}

/// The errand is over, its request off the wire: what waited for the credential is sent, or goes back to the lane.
void HttpSink::end_talk(const Status& ended) {
  talk_.reset();
  talk_again_ = ended ? SteadyTime::min() : clock_.steady() + limits::kErrandPause;
  const bool ready = auth_->ready(clock_.wall());
  for (Batch& batch : std::exchange(waiting_, {})) {
    if (ready) {
      send(std::move(batch));
    } else if (ended) {
      fail(batch.id, "not sent: the new credential has expired already", Cause::unauthorized);
    } else {
      fail(batch.id, "not sent: no credential: " + ended.error().message,
           is_refusal(ended.error()) ? Cause::unauthorized : Cause::peer_down);
    }
  }
}

void HttpSink::drop_talk() noexcept {
  if (talk_ && multi_ && talk_->easy() != nullptr) curl_multi_remove_handle(multi_.get(), talk_->easy());
  talk_.reset();
}

/// Has the whole errand now, when there is no credential.
Status HttpSink::fetch_credential(Deadline deadline, const std::stop_token& stop) {
  if (auth_->ready(clock_.wall())) return {};
  drop_talk();
  auto errand = auth_->errand(clock_.wall());
  if (!errand) return Error{ErrorCode::refused, "there is no credential"};
  talk_.emplace(std::move(errand), options_);
  Status ended;
  for (;;) {
    const Result<Transfer*> next = talk_->next(clock_.wall());
    if (!next) ended = next.error();
    if (!next || *next == nullptr) break;
    const Result<CURLcode> code = run_alone((*next)->easy(), deadline, stop);
    ended = code ? talk_->take(*code, clock_.wall()) : Status(code.error());
    if (!ended) break;
  }
  end_talk(ended);
  if (ended && !auth_->ready(clock_.wall())) return Error{ErrorCode::refused, "the new credential has expired already"};
  if (ended) return {};
  return Error{ended.error().code, without_secrets("no credential: " + ended.error().message)};
}

}  // namespace tidegate::http
