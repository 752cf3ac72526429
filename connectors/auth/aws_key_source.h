#pragma once

#include <memory>
#include <string>

#include "connectors/auth/aws_credentials.h"
#include "connectors/auth/aws_options.h"
#include "connectors/http/connection.h"
#include "connectors/http/judge.h"
#include "connectors/http/request.h"
#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "gateway/config/config.h"

namespace tidegate::auth {

/// One way to come by AWS keys, once: the provider's part of an errand. Times are AWS's, as well as they are known.
class AwsKeySource {
 public:
  virtual ~AwsKeySource() = default;
  /// Writes the next request. False: there is none, credentials() has the keys. After a take() that failed, the same
  /// request again. *Blocks* and *Errors*: as Errand::next.
  virtual Result<bool> next(http::Request& request, WallTime now) = 0;
  virtual Status take(const http::Reply& reply, WallTime now) = 0;
  /// As Errand::connection.
  [[nodiscard]] virtual const http::ConnectionOptions* connection() const { return nullptr; }
  [[nodiscard]] virtual const AwsCredentials& credentials() const noexcept = 0;
};

/// What sources need around them. Outlives them.
struct AwsSurroundings {
  std::string region;                  ///< of the endpoint for roles
  http::ConnectionOptions connection;  ///< towards AWS, as the sink's; the machine's own services need no proxy
  Environment environment;
};

/// The source that the options, the environment and the files name. *Blocks* on disk. *Errors*: invalid, not_found,
/// refused: a sentence.
Result<std::unique_ptr<AwsKeySource>> make_key_source(const AwsCredentialOptions& options,
                                                      const AwsSurroundings& surroundings);

}  // namespace tidegate::auth
