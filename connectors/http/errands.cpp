#include "connectors/http/errands.h"

#include <utility>

#include "connectors/auth/limits.h"

namespace tidegate::http {

std::optional<Status> Errands::begin(CURLM* multi) {
  if (talk_) return std::nullopt;
  const WallTime now = clock_.wall();
  if (auth_.ready(now) && clock_.steady() < again_) return std::nullopt;
  auto errand = auth_.errand(now);
  if (!errand) return std::nullopt;
  talk_.emplace(std::move(errand), connection_);
  return step(multi);
}

std::optional<Status> Errands::go_on(CURLM* multi, CURLcode code) {
  if (Status taken = talk_->take(code, clock_.wall()); !taken) return end(std::move(taken));
  return step(multi);
}

/// Puts the errand's next request on the wire.
std::optional<Status> Errands::step(CURLM* multi) {
  const Result<Transfer*> next = talk_->next(clock_.wall());
  if (!next) return end(next.error());
  if (*next == nullptr) return end({});
  if (multi == nullptr) return end(Error{ErrorCode::unavailable, "libcurl: out of memory"});
  curl_multi_add_handle(multi, (*next)->easy());
  return std::nullopt;
}

/// The errand is over, its request off the wire.
Status Errands::end(Status ended) {
  talk_.reset();
  again_ = ended ? SteadyTime::min() : clock_.steady() + limits::kErrandPause;
  return ended;
}

void Errands::drop(CURLM* multi) noexcept {
  if (talk_ && talk_->easy() != nullptr) curl_multi_remove_handle(multi, talk_->easy());
  talk_.reset();
}

}  // namespace tidegate::http
