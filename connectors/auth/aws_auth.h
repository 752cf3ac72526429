#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "connectors/auth/auth.h"
#include "connectors/auth/aws_key_source.h"
#include "connectors/auth/aws_options.h"
#include "connectors/auth/aws_request.h"
#include "connectors/auth/peer_clock.h"

namespace tidegate::auth {

/// Signs requests with AWS keys: fetches the keys, replaces them ahead of their end, and goes by the peer's clock when
/// the gateway's is wrong.
class AwsAuth final : public Auth {
 public:
  /// Who knows a refusal of the keys by its words, where its status is 400: the service of a sink for AWS, or nobody
  /// else.
  enum class Refusals : std::uint8_t { known_to_service, to_be_told };

  /// `connection`: the sink's, for AWS's own providers of keys. *Errors*: as SigV4Signer::create.
  static Result<std::unique_ptr<Auth>> create(const SigV4Scope& scope, const AwsCredentialOptions& options,
                                              const http::ConnectionOptions& connection,
                                              Environment environment = process_environment(),
                                              Refusals refusals = Refusals::known_to_service);

  std::unique_ptr<Errand> errand(WallTime now) override;
  [[nodiscard]] bool ready(WallTime now) const override;
  Status prove(http::Request& request, WallTime now) override;
  void hear(const http::Reply& reply, WallTime now) override;
  [[nodiscard]] bool blames_proof(const http::Reply& reply) const override;
  bool renew() override;
  void redact(std::string& text) const override;

 private:
  class Fetch;

  AwsAuth(AwsRequestSigner signer, AwsCredentialOptions options, AwsSurroundings surroundings, Refusals refusals);
  void accept(const AwsCredentials& credentials, WallTime now);
  /// True: AWS's clock shows something else than was known.
  bool set_clock_by(const http::Reply& reply, WallTime now);

  AwsRequestSigner signer_;
  AwsCredentialOptions options_;
  const AwsSurroundings surroundings_;
  const Refusals refusals_;
  std::optional<AwsCredentials> credentials_;
  std::optional<WallTime> renew_at_;  ///< by AWS's clock; not set: the keys do not expire
  AwsKeys replaced_;                  ///< the keys before these: an answer on its way may still quote them
  PeerClock clock_;
  bool clock_moved_ = false;  ///< since the last renew()
};

}  // namespace tidegate::auth
