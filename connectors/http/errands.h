#pragma once

#include <curl/curl.h>

#include <optional>

#include "connectors/auth/auth.h"
#include "connectors/http/connection.h"
#include "connectors/http/talk.h"
#include "gateway/base/clock.h"
#include "gateway/base/result.h"

namespace tidegate::http {

/// The errands that keep a credential fresh: begun when they are due, one at a time, on its owner's multi handle.
/// Where a function returns a Status, an errand has just ended with it, and what waited for it can go on.
class Errands {
 public:
  /// All of them outlive it. `connection`: for errands that have none of their own.
  Errands(const Clock& clock, auth::Auth& auth, const ConnectionOptions& connection)
      : clock_(clock), auth_(auth), connection_(connection) {}

  /// One is under way.
  [[nodiscard]] bool busy() const noexcept { return talk_.has_value(); }
  /// Begins one when one is due. `multi` null: there was no memory for it.
  std::optional<Status> begin(CURLM* multi);
  /// The request is that of the errand under way.
  [[nodiscard]] bool owns(const CURL* easy) const noexcept { return talk_ && talk_->easy() == easy; }
  /// Its request has ended, and is off the handle.
  std::optional<Status> go_on(CURLM* multi, CURLcode code);
  /// Abandons the one under way.
  void drop(CURLM* multi) noexcept;

 private:
  std::optional<Status> step(CURLM* multi);
  Status end(Status ended);

  const Clock& clock_;
  auth::Auth& auth_;
  const ConnectionOptions& connection_;
  std::optional<Talk> talk_;
  SteadyTime again_ = SteadyTime::min();  ///< none before, as long as there is a credential
};

}  // namespace tidegate::http
