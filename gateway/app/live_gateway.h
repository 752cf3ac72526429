#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "gateway/base/result.h"
#include "gateway/config/config.h"
#include "gateway/net/listen_address.h"

namespace tidegate {

/// A gateway that runs with this config, as the commands talk to it.
class LiveGateway {
 public:
  /// Asks at the config's admin address; nullopt when nobody answers there, or somebody with another data directory.
  /// *Errors*: what keeps it from telling (no permission for the socket, say). *Blocks*.
  static Result<std::optional<LiveGateway>> find(const Config& config);

  /// As find(), for a command that is nothing without a gateway. *Errors*: also unavailable: none runs.
  static Result<LiveGateway> need(const Config& config);

  /// One call; the text of the answer, which is JSON. *Errors*: as admin_call(), and refused with the gateway's own
  /// words.
  [[nodiscard]] Result<std::string> call_text(const std::string& method, const std::string& target,
                                              const std::string& body = {}) const;
  /// As call_text(), parsed. Numbers may lose digits that a double does not have.
  [[nodiscard]] Result<nlohmann::json> call(const std::string& method, const std::string& target) const;

 private:
  explicit LiveGateway(ListenAddress at) : at_(std::move(at)) {}
  ListenAddress at_;
};

}  // namespace tidegate
