#include "connectors/auth/aws_credentials.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "connectors/auth/limits.h"
#include "connectors/aws/json_members.h"
#include "connectors/aws/xml.h"
#include "connectors/http/judge.h"
#include "gateway/event/json_text.h"
#include "gateway/event/rfc3339.h"

namespace tidegate::auth {
namespace {

using aws::element_text;
using aws::text_member;

Error unusable(std::string_view why) {
  return {ErrorCode::unavailable, fmt::format("the answer is of no use: {}", why)};
}

bool is_object(std::string_view text) noexcept { return is_embeddable_json(text) && JsonItems(text).is_object(); }

/// Credentials of the texts that a provider gave.
Result<AwsCredentials> credentials_of(std::string id, std::string secret, std::string token,
                                      const std::string& expiration) {
  AwsCredentials made;
  made.keys = {std::move(id), Secret(std::move(secret)), Secret(std::move(token))};
  if (Status checked = check_keys(made.keys); !checked) return unusable("it " + checked.error().message);
  if (!expiration.empty()) {
    made.expires = parse_rfc3339(expiration);
    if (!made.expires) return unusable("its time of expiration is not a time");
  }
  return made;
}

bool is_visible_ascii(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

/// Codes that pass by themselves, whatever the status.
bool passes(std::string_view code) noexcept {
  constexpr std::array<std::string_view, 6> kPassing = {"Throttling",           "ThrottlingException",
                                                        "RequestLimitExceeded", "ServiceUnavailable",
                                                        "InternalFailure",      "IDPCommunicationError"};
  return std::ranges::find(kPassing, code) != kPassing.end();
}

}  // namespace

Status check_keys(const AwsKeys& keys) {
  const auto invalid = [](std::string why) { return Error{ErrorCode::invalid, std::move(why)}; };
  if (keys.access_key_id.empty()) return invalid("has no access key id");
  if (keys.secret_access_key.empty()) return invalid("has no secret access key");
  for (const std::string_view text :
       {std::string_view(keys.access_key_id), std::string_view(keys.secret_access_key.reveal()),
        std::string_view(keys.session_token.reveal())}) {
    if (!is_visible_ascii(text)) return invalid("has a key with more than visible ASCII");
    if (text.size() > limits::kTokenBytesMax) {
      return invalid(fmt::format("has a key of more than {} bytes", limits::kTokenBytesMax));
    }
  }
  return {};
}

Result<AwsCredentials> read_metadata_reply(std::string_view body) {
  if (!is_object(body)) return unusable("it is not a JSON object");
  const std::string code = text_member(body, "Code");
  if (!code.empty() && code != "Success") {
    return Error{ErrorCode::refused,
                 http::excerpt(code + ": " + text_member(body, "Message"), limits::kTokenErrorBytesMax)};
  }
  return credentials_of(text_member(body, "AccessKeyId"), text_member(body, "SecretAccessKey"),
                        text_member(body, "Token"), text_member(body, "Expiration"));
}

Result<AwsCredentials> read_process_output(std::string_view output) {
  if (!is_object(output)) return unusable("it is not a JSON object");
  const std::string_view version = aws::member(output, "Version");
  if (version != "1" && version != R"("1")") return unusable("its Version is not 1");
  return credentials_of(text_member(output, "AccessKeyId"), text_member(output, "SecretAccessKey"),
                        text_member(output, "SessionToken"), text_member(output, "Expiration"));
}

Result<AwsCredentials> read_iot_reply(std::string_view body) {
  const std::string_view given = is_object(body) ? aws::member(body, "credentials") : std::string_view();
  if (!is_object(given)) return unusable("it is not a JSON object with credentials");
  return credentials_of(text_member(given, "accessKeyId"), text_member(given, "secretAccessKey"),
                        text_member(given, "sessionToken"), text_member(given, "expiration"));
}

Result<AwsCredentials> read_sts_reply(std::string_view body) {
  std::string_view given;
  if (!aws::take_element(body, "Credentials", given)) return unusable("it holds no Credentials");
  return credentials_of(element_text(given, "AccessKeyId"), element_text(given, "SecretAccessKey"),
                        element_text(given, "SessionToken"), element_text(given, "Expiration"));
}

Error provider_refusal(long status, std::string_view body) {
  std::string code, message;
  if (std::string_view error; is_object(body)) {
    code = text_member(body, "Code");
    if (code.empty()) code = text_member(body, "__type");
    message = text_member(body, "Message");
  } else if (aws::take_element(body, "Error", error)) {
    code = element_text(error, "Code");
    message = element_text(error, "Message");
  }
  std::string reason = fmt::format("HTTP {}", status);
  for (const std::string& part : {std::cref(code), std::cref(message)}) {
    if (!part.empty()) reason += ": " + http::excerpt(part, limits::kTokenErrorBytesMax);
  }
  const bool later = status == 408 || status == 429 || status >= 500 || passes(code);
  return {later ? ErrorCode::unavailable : ErrorCode::refused, std::move(reason)};
}

}  // namespace tidegate::auth
