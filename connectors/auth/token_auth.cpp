#include "connectors/auth/token_auth.h"

#include <algorithm>
#include <utility>

#include "connectors/auth/limits.h"
#include "connectors/http/service.h"

namespace tidegate::auth {

namespace {

Error error_of(const TokenRefusal& refusal) {
  return {refusal.cause == Cause::unauthorized ? ErrorCode::refused : ErrorCode::unavailable, refusal.reason};
}

}  // namespace

/// One token from its endpoint: a request, and another one when the endpoint's clock turns out to be elsewhere.
class TokenAuth::Fetch final : public Errand {
 public:
  explicit Fetch(TokenAuth& auth) : auth_(auth) {}

  Result<bool> next(http::Request& request, WallTime now) override {
    if (done_) return false;
    // A secret may have been replaced in its file long before the old one is refused.
    if (requests_++ == 0) auth_.request_->reread();
    if (Status written = auth_.request_->write(request, auth_.clock_.at(now)); !written) return written.error();
    return true;
  }

  Status take(const http::Reply& reply, WallTime now) override {
    const bool other_time = auth_.clock_.hear(reply.header("Date"), now);
    auto answer = read_token_reply(reply.status, reply.body, auth_.request_->kind(), auth_.clock_.at(now));
    if (auto* grant = std::get_if<TokenGrant>(&answer)) {
      auth_.take(std::move(*grant), now);
      done_ = true;
      return {};
    }
    const auto& refusal = std::get<TokenRefusal>(answer);
    const bool again = other_time && requests_ == 1 && auth_.request_->dated() && refusal.cause == Cause::unauthorized;
    if (again) return {};
    return error_of(refusal);
  }

 private:
  TokenAuth& auth_;
  int requests_ = 0;
  bool done_ = false;
};

std::unique_ptr<Errand> TokenAuth::errand(WallTime now) {
  if (!token_.empty() && now < replace_at_) return nullptr;
  return std::make_unique<Fetch>(*this);
}

bool TokenAuth::ready(WallTime now) const { return !token_.empty() && now < useless_at_; }

Status TokenAuth::prove(http::Request& request, WallTime /*now*/) {
  request.headers.add("Authorization", "Bearer " + token_.reveal());
  return {};
}

bool TokenAuth::renew() {
  const bool changed = request_->reread();
  const bool had_token = !token_.empty();
  former_ = std::exchange(token_, {});
  return changed || had_token;
}

void TokenAuth::redact(std::string& text) const {
  http::blank_out(text, token_.reveal());
  http::blank_out(text, former_.reveal());
  request_->redact(text);
}

void TokenAuth::take(TokenGrant grant, WallTime now) {
  if (!token_.empty()) former_ = std::move(token_);
  token_ = std::move(grant.token);
  const milliseconds life = grant.lifetime;
  replace_at_ = now + life - std::min<milliseconds>(limits::kTokenRenewalTime, life / 4);
  useless_at_ = now + life - std::min<milliseconds>(limits::kTokenLastMoments, life / 10);
}

}  // namespace tidegate::auth
