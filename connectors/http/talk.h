#pragma once

#include <memory>
#include <string>

#include "connectors/auth/auth.h"
#include "connectors/http/connection.h"
#include "connectors/http/transfer.h"
#include "gateway/base/result.h"

namespace tidegate::http {

/// An errand under way: which of its requests is on the wire. Whoever has it runs the transfers.
class Talk {
 public:
  Talk(std::unique_ptr<auth::Errand> errand, const ConnectionOptions& sink_connection)
      : errand_(std::move(errand)), sink_connection_(sink_connection) {
    sink_connection_.follow_redirects = false;  // secrets go where the config says, and nowhere else
  }

  /// The next request, ready to run; null: the errand is over and done. *Errors*: as auth::Errand::next.
  Result<Transfer*> next(WallTime now);
  /// Takes how that request ended. *Errors*: as auth::Errand::take; unavailable when no answer came.
  Status take(CURLcode code, WallTime now);
  /// The request on the wire; null: none.
  [[nodiscard]] CURL* easy() const noexcept { return transfer_ ? transfer_->easy() : nullptr; }

 private:
  std::unique_ptr<auth::Errand> errand_;
  ConnectionOptions sink_connection_;
  std::unique_ptr<Transfer> transfer_;
  int requests_ = 0;
};

}  // namespace tidegate::http
