// How HttpSink comes by its credential: errands beside the deliveries, or one before them.

#include <utility>

#include "connectors/http/sink.h"

namespace tidegate::http {

bool is_refusal(const Error& error) noexcept {
  return error.code == ErrorCode::refused || error.code == ErrorCode::invalid || error.code == ErrorCode::not_found;
}

/// After an errand: what waited for the credential is sent, or goes back to the lane.
void HttpSink::send_waiting(const Status& ended) {
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

/// Has the whole errand now, when there is no credential.
Status HttpSink::fetch_credential(Deadline deadline, const std::stop_token& stop) {
  if (auth_->ready(clock_.wall())) return {};
  errands_.drop(multi_.get());
  auto errand = auth_->errand(clock_.wall());
  if (!errand) return Error{ErrorCode::refused, "there is no credential"};
  Talk talk(std::move(errand), options_);
  Status ended;
  for (;;) {
    const Result<Transfer*> next = talk.next(clock_.wall());
    if (!next) ended = next.error();
    if (!next || *next == nullptr) break;
    const Result<CURLcode> code = run_alone((*next)->easy(), deadline, stop);
    ended = code ? talk.take(*code, clock_.wall()) : Status(code.error());
    if (!ended) break;
  }
  send_waiting(ended);
  if (ended && !auth_->ready(clock_.wall())) return Error{ErrorCode::refused, "the new credential has expired already"};
  if (ended) return {};
  return Error{ended.error().code, without_secrets("no credential: " + ended.error().message)};
}

}  // namespace tidegate::http
