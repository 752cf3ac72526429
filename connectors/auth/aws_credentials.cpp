#include "connectors/auth/aws_credentials.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "connectors/auth/limits.h"
#include "connectors/http/judge.h"
#include "gateway/event/json_text.h"
#include "gateway/event/rfc3339.h"

namespace tidegate::auth {
namespace {

struct Wanted {
  std::string_view name;
  std::string& text;
};

Error unusable(std::string_view why) {
  return {ErrorCode::unavailable, fmt::format("the answer is of no use: {}", why)};
}

/// Strings and numbers of a JSON object, by the names that are wanted; nullopt when it is none. `nested`: the member
/// that holds them, empty: the object itself.
bool read_object(std::string_view json, std::span<const Wanted> wanted, std::string_view nested = {}) {
  if (!is_embeddable_json(json)) return false;
  JsonItems items(json);
  if (!items.is_object()) return false;
  bool found = nested.empty();
  while (items.next()) {
    const std::string name = json_string_content(items.key());
    if (!nested.empty()) {
      if (name == nested) found = read_object(items.value(), wanted);
      continue;
    }
    for (const Wanted& one : wanted) {
      if (name != one.name) continue;
      const std::string_view value = items.value();
      one.text = value.starts_with('"') ? json_string_content(value) : value == "null" ? "" : std::string(value);
    }
  }
  return found && !items.failed();
}

/// The text of the first element of that name; false when there is none. Elements inside it are left as they are.
bool element(std::string_view xml, std::string_view name, std::string_view& content) {
  const std::string begin = fmt::format("<{}>", name), end = fmt::format("</{}>", name);
  const std::size_t from = xml.find(begin);
  if (from == xml.npos) return false;
  const std::size_t to = xml.find(end, from + begin.size());
  if (to == xml.npos) return false;
  content = xml.substr(from + begin.size(), to - from - begin.size());
  return true;
}

/// What an XML text says. Character references other than the five named ones stay as they are.
std::string xml_text(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, char>, 5> kNamed = {
      {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}}};
  std::string out;
  while (!text.empty()) {
    const auto* const known =
        std::ranges::find_if(kNamed, [&](const auto& reference) { return text.starts_with(reference.first); });
    out += known == kNamed.end() ? text.front() : known->second;
    text.remove_prefix(known == kNamed.end() ? 1 : known->first.size());
  }
  return out;
}

std::string element_text(std::string_view xml, std::string_view name) {
  std::string_view content;
  return element(xml, name, content) ? xml_text(content) : std::string();
}

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
  std::string id, secret, token, expiration, code, message;
  const std::array<Wanted, 6> wanted = {{{"AccessKeyId", id},
                                         {"SecretAccessKey", secret},
                                         {"Token", token},
                                         {"Expiration", expiration},
                                         {"Code", code},
                                         {"Message", message}}};
  if (!read_object(body, wanted)) return unusable("it is not a JSON object");
  if (!code.empty() && code != "Success") {
    return Error{ErrorCode::refused, http::excerpt(code + ": " + message, limits::kTokenErrorBytesMax)};
  }
  return credentials_of(std::move(id), std::move(secret), std::move(token), expiration);
}

Result<AwsCredentials> read_process_output(std::string_view output) {
  std::string version, id, secret, token, expiration;
  const std::array<Wanted, 5> wanted = {{{"Version", version},
                                         {"AccessKeyId", id},
                                         {"SecretAccessKey", secret},
                                         {"SessionToken", token},
                                         {"Expiration", expiration}}};
  if (!read_object(output, wanted)) return unusable("it is not a JSON object");
  if (version != "1") return unusable("its Version is not 1");
  return credentials_of(std::move(id), std::move(secret), std::move(token), expiration);
}

Result<AwsCredentials> read_iot_reply(std::string_view body) {
  std::string id, secret, token, expiration;
  const std::array<Wanted, 4> wanted = {
      {{"accessKeyId", id}, {"secretAccessKey", secret}, {"sessionToken", token}, {"expiration", expiration}}};
  if (!read_object(body, wanted, "credentials")) return unusable("it is not a JSON object with credentials");
  return credentials_of(std::move(id), std::move(secret), std::move(token), expiration);
}

Result<AwsCredentials> read_sts_reply(std::string_view body) {
  std::string_view given;
  if (!element(body, "Credentials", given)) return unusable("it holds no Credentials");
  return credentials_of(element_text(given, "AccessKeyId"), element_text(given, "SecretAccessKey"),
                        element_text(given, "SessionToken"), element_text(given, "Expiration"));
}

Error provider_refusal(long status, std::string_view body) {
  std::string code, message, type, small_message, small_code;
  const std::array<Wanted, 5> wanted = {
      {{"Code", code}, {"code", small_code}, {"__type", type}, {"Message", message}, {"message", small_message}}};
  if (read_object(body, wanted)) {
    if (code.empty()) code = small_code.empty() ? type : small_code;
    if (message.empty()) message = small_message;
  } else {
    std::string_view error;
    if (element(body, "Error", error)) {
      code = element_text(error, "Code");
      message = element_text(error, "Message");
    }
  }
  std::string reason = fmt::format("HTTP {}", status);
  for (const std::string& part : {std::cref(code), std::cref(message)}) {
    if (!part.empty()) reason += ": " + http::excerpt(part, limits::kTokenErrorBytesMax);
  }
  const bool later = status == 408 || status == 429 || status >= 500 || passes(code);
  return {later ? ErrorCode::unavailable : ErrorCode::refused, std::move(reason)};
}

}  // namespace tidegate::auth
