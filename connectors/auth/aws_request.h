#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "connectors/auth/aws_sigv4.h"
#include "connectors/http/request.h"

namespace tidegate::auth {

/// Signs requests as the HTTP sinks make them. *Threads*: one user at a time.
class AwsRequestSigner {
 public:
  /// *Errors*: as SigV4Signer::create.
  static Result<AwsRequestSigner> create(SigV4Scope scope);
  /// Adds Host, unless it is there, and what SigV4Signer::sign gives. *Errors*: as SigV4Signer::sign.
  Status sign(http::Request& request, const AwsKeys& keys, WallTime now);

 private:
  explicit AwsRequestSigner(SigV4Signer signer) : signer_(std::move(signer)) {}

  SigV4Signer signer_;
  std::vector<HeaderField> headers_;
};

/// An absolute URL as a request has it: what stands in Host, and what on the request line.
struct UrlParts {
  std::string_view authority;  ///< without the port that the scheme implies
  std::string target;
};
UrlParts split_url(std::string_view url);

}  // namespace tidegate::auth
