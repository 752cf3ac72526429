#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "connectors/http/ingest/options.h"
#include "connectors/http/ingest/request.h"
#include "gateway/base/clock.h"
#include "gateway/base/result.h"

namespace tidegate::ingest {

/// Decides who may send events. Comparisons take the same time whatever is wrong.
class Gatekeeper {
 public:
  /// Reads the files that the options name. *Errors*: io, invalid; they name the option. *Blocks* on disk.
  static Result<Gatekeeper> create(const SourceOptions& options);

  enum class Proof : std::uint8_t {
    given,         ///< or not asked for
    in_signature,  ///< check_signature() decides, once the body is there
  };
  /// *Errors*: 401 without proof, 403 for a web page where no proof is asked for.
  [[nodiscard]] std::variant<Proof, Refusal> check_head(const RequestHead& head, WallTime now) const;
  /// *Source*: Standard Webhooks 1.0, symmetric signatures (v1). *Errors*: 401.
  [[nodiscard]] std::optional<Refusal> check_signature(const RequestHead& head, std::string_view body) const;

 private:
  using Digest = std::array<unsigned char, 32>;
  std::vector<Digest> tokens_;  ///< SHA-256 of each
  std::vector<Secret> keys_;    ///< decoded
  std::chrono::seconds tolerance_{0};
  bool asks_ = false;  ///< for a token or a signature; certificates are TLS's to check
};

}  // namespace tidegate::ingest
