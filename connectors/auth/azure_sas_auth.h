#pragma once

#include <string>

#include "connectors/auth/auth.h"
#include "connectors/auth/options.h"
#include "connectors/auth/peer_clock.h"

namespace tidegate::auth {

/// Shared access signatures of Event Hubs, Service Bus and Event Grid, made ahead of the end of the one before.
class AzureSasAuth final : public Auth {
 public:
  explicit AzureSasAuth(const AuthOptions& options) : options_(options) {}

  Status prove(http::Request& request, WallTime now) override;
  void hear(const http::Reply& reply, WallTime now) override;
  bool renew() override;
  void redact(std::string& text) const override;

 private:
  Status sign(const std::string& resource, WallTime now);

  AuthOptions options_;
  PeerClock clock_;
  std::string resource_;   ///< what the signature is for
  std::string signature_;  ///< empty: there is none yet
  WallTime replace_at_{};  ///< by the peer's clock
};

}  // namespace tidegate::auth
