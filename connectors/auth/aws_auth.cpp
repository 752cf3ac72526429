#include "connectors/auth/aws_auth.h"

#include <algorithm>
#include <utility>

#include "connectors/auth/limits.h"
#include "connectors/aws/error_reply.h"
#include "connectors/http/service.h"

namespace tidegate::auth {

/// Asks the source that the options, the environment and the files name at this moment.
class AwsAuth::Fetch final : public Errand {
 public:
  explicit Fetch(AwsAuth& auth) : auth_(auth) {}

  Result<bool> next(http::Request& request, WallTime now) override {
    if (!source_) {
      auto made = make_key_source(auth_.options_, auth_.surroundings_);
      if (!made) return std::move(made).error();
      source_ = *std::move(made);
    }
    auto more = source_->next(request, auth_.clock_.at(now));
    if (more && !*more) auth_.accept(source_->credentials(), now);
    return more;
  }

  Status take(const http::Reply& reply, WallTime now) override {
    const bool clock_was_wrong = auth_.set_clock_by(reply, now);
    Status taken = source_->take(reply, auth_.clock_.at(now));
    if (!taken && clock_was_wrong && !std::exchange(again_, true)) return {};  // the same request, at the right time
    return taken;
  }

  [[nodiscard]] const http::ConnectionOptions* connection() const override { return source_->connection(); }

 private:
  AwsAuth& auth_;
  std::unique_ptr<AwsKeySource> source_;
  bool again_ = false;
};

Result<std::unique_ptr<Auth>> AwsAuth::create(const SigV4Scope& scope, const AwsCredentialOptions& options,
                                              const http::ConnectionOptions& connection, Environment environment,
                                              Refusals refusals) {
  auto signer = AwsRequestSigner::create(scope);
  if (!signer) return std::move(signer).error();
  AwsSurroundings surroundings{scope.region, connection, std::move(environment)};
  surroundings.connection.follow_redirects = false;
  return std::unique_ptr<Auth>(new AwsAuth(*std::move(signer), options, std::move(surroundings), refusals));
}

AwsAuth::AwsAuth(AwsRequestSigner signer, AwsCredentialOptions options, AwsSurroundings surroundings, Refusals refusals)
    : signer_(std::move(signer)),
      options_(std::move(options)),
      surroundings_(std::move(surroundings)),
      refusals_(refusals) {}

std::unique_ptr<Errand> AwsAuth::errand(WallTime now) {
  if (credentials_ && (!renew_at_ || clock_.at(now) < *renew_at_)) return nullptr;
  return std::make_unique<Fetch>(*this);
}

bool AwsAuth::ready(WallTime now) const {
  return credentials_ && (!credentials_->expires || clock_.at(now) < *credentials_->expires);
}

Status AwsAuth::prove(http::Request& request, WallTime now) {
  return signer_.sign(request, credentials_->keys, clock_.at(now));
}

void AwsAuth::hear(const http::Reply& reply, WallTime now) { set_clock_by(reply, now); }

bool AwsAuth::blames_proof(const http::Reply& reply) const {
  return refusals_ == Refusals::to_be_told && reply.status == 400 &&
         aws::meaning_of(aws::read_error(reply).code) == aws::Meaning::unauthorized;
}

bool AwsAuth::renew() {
  if (std::exchange(clock_moved_, false)) return true;  // signed at the wrong time: the keys are not to blame
  bool changed = options_.access_key_id.refresh();
  changed = options_.secret_access_key.refresh() || changed;
  changed = options_.session_token.refresh() || changed;
  const bool constant = options_.type == AwsCredentialType::environment || !options_.access_key_id.empty();
  if (credentials_) replaced_ = std::exchange(credentials_, std::nullopt)->keys;
  return changed || !constant;
}

void AwsAuth::redact(std::string& text) const {
  const auto blank = [&text](const AwsKeys& keys) {
    http::blank_out(text, keys.secret_access_key.reveal());
    http::blank_out(text, keys.session_token.reveal());
  };
  if (credentials_) blank(credentials_->keys);
  blank(replaced_);
}

/// Keys that expire are replaced limits::kKeyRenewalAhead before, or in the last quarter of a shorter life: a provider
/// that gives the same keys until they are about to end is not asked all the time.
void AwsAuth::accept(const AwsCredentials& credentials, WallTime now) {
  if (credentials_) replaced_ = credentials_->keys;
  credentials_ = credentials;
  renew_at_.reset();
  if (!credentials.expires) return;
  const milliseconds life = std::max(milliseconds{0}, *credentials.expires - clock_.at(now));
  renew_at_ = *credentials.expires - std::min<milliseconds>(limits::kKeyRenewalAhead, life / 4);
}

bool AwsAuth::set_clock_by(const http::Reply& reply, WallTime now) {
  const bool moved = clock_.hear(reply.header("Date"), now);
  clock_moved_ = clock_moved_ || moved;
  return moved;
}

}  // namespace tidegate::auth
