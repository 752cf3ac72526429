#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "connectors/auth/aws_sigv4.h"
#include "gateway/base/clock.h"
#include "gateway/base/result.h"

/// What providers of AWS keys answer. No message quotes a body, only the error's code and words where it has them.
namespace tidegate::auth {

/// Keys and how long they hold. Fit for headers.
struct AwsCredentials {
  AwsKeys keys;
  std::optional<WallTime> expires;  ///< not set: they hold until somebody takes them back
};

/// Checks what came from anywhere: visible ASCII, within limits. *Errors*: invalid; the message goes on after the name
/// of where they came from ("has no access key id").
Status check_keys(const AwsKeys& keys);

/// Of container agents and of the instance metadata service: AccessKeyId, SecretAccessKey, Token, Expiration, and maybe
/// a Code. *Errors*: unavailable, when it is no such answer; refused, when its code says so.
Result<AwsCredentials> read_metadata_reply(std::string_view body);
/// Of a credential_process: Version 1, AccessKeyId, SecretAccessKey, SessionToken, Expiration.
Result<AwsCredentials> read_process_output(std::string_view output);
/// Of the AWS IoT credentials provider: `credentials` with accessKeyId, secretAccessKey, sessionToken, expiration.
Result<AwsCredentials> read_iot_reply(std::string_view body);
/// Of AssumeRole and AssumeRoleWithWebIdentity (XML).
Result<AwsCredentials> read_sts_reply(std::string_view body);

/// Why a provider gives no keys, from an answer that is not 200: "HTTP 403: AccessDenied: not authorized ...".
/// *Errors*: always; refused when somebody must mend something, unavailable when it may pass.
Error provider_refusal(long status, std::string_view body);

}  // namespace tidegate::auth
