#include "connectors/aws/error_reply.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "connectors/aws/json_members.h"
#include "connectors/aws/limits.h"
#include "connectors/aws/xml.h"
#include "connectors/http/limits.h"
#include "gateway/event/json_text.h"

namespace tidegate::aws {
namespace {

bool is_code(std::string_view text) noexcept {
  return !text.empty() && text.size() <= limits::kAwsCodeBytesMax && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

/// "com.amazonaws.sqs#QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", "InternalFailure:http://..." and
/// "ThrottlingException" without what is not the name.
std::string_view bare_code(std::string_view code) {
  code = code.substr(0, code.find(':'));
  if (const std::size_t hash = code.rfind('#'); hash != std::string_view::npos) code.remove_prefix(hash + 1);
  if (const std::size_t dot = code.rfind('.'); dot != std::string_view::npos) code.remove_prefix(dot + 1);
  constexpr std::string_view kEnd = "Exception";
  if (code.size() > kEnd.size() && code.ends_with(kEnd)) code.remove_suffix(kEnd.size());
  return is_code(code) ? code : std::string_view();
}

/// The first sentences of a message: what some append, line by line, is the request with its token.
std::string short_message(std::string_view message) {
  message = message.substr(0, message.find("The Canonical String"));
  message = message.substr(0, message.find('\n'));
  return http::excerpt(message, limits::kAwsMessageBytesMax);
}

std::string_view remedy(Meaning meaning, const ServiceError& error) {
  if (meaning == Meaning::wrong_target) return "; check its name, its account and the region";
  if (meaning != Meaning::unauthorized) return "";
  if (error.message.find("scoped to a valid region") != std::string::npos) {
    return "; the endpoint is in another region than `region` says";
  }
  if (error.code == "InvalidClientTokenId" || error.code == "UnrecognizedClient" ||
      error.code == "InvalidAccessKeyId") {
    return "; AWS does not know the access key id (or its session token)";
  }
  if (error.code == "SignatureDoesNotMatch") return "; the secret access key does not belong to the access key id";
  if (error.code.starts_with("AccessDenied") || error.code == "AuthorizationError") {
    return "; the key is right, but its policy does not allow this";
  }
  return "";
}

http::Verdict verdict(Fate fate, Cause cause, std::string reason) {
  return {{fate, std::move(reason)}, cause, std::nullopt};
}

/// By the status, for codes that the table does not have.
Meaning meaning_of_status(long status) {
  if (status == 401 || status == 403) return Meaning::unauthorized;
  if (status == 429) return Meaning::throttled;
  if (status == 413) return Meaning::too_large;
  if (status == 408 || status >= 500) return Meaning::down;
  return Meaning::content;
}

}  // namespace

ServiceError service_error(std::string_view code, std::string_view message) {
  return {std::string(bare_code(code)), short_message(message)};
}

ServiceError read_error(const http::Reply& reply) {
  const std::string_view typed = reply.header("x-amzn-errortype");
  std::string_view body = reply.body;
  if (is_embeddable_json(body)) {
    std::string code(typed);
    for (const char* name : {"__type", "code"}) {
      if (code.empty()) code = text_member(body, name);
    }
    return service_error(code, text_member(body, "message"));
  }
  std::string_view error;
  if (take_element(body, "Error", error)) {
    return service_error(element_text(error, "Code"), element_text(error, "Message"));
  }
  return service_error(typed, "");
}

Meaning meaning_of(std::string_view code) noexcept {
  struct Row {
    Meaning meaning;
    std::string_view code;
  };
  using enum Meaning;
  static constexpr std::array kRows = {
      Row{throttled, "Throttling"},
      Row{throttled, "Throttled"},
      Row{throttled, "ThrottledRequest"},
      Row{throttled, "RequestThrottled"},
      Row{throttled, "TooManyRequests"},
      Row{throttled, "RequestLimitExceeded"},
      Row{throttled, "ProvisionedThroughputExceeded"},
      Row{throttled, "BandwidthLimitExceeded"},
      Row{throttled, "LimitExceeded"},
      Row{throttled, "OverLimit"},
      Row{throttled, "SlowDown"},
      Row{throttled, "EC2Throttled"},
      Row{throttled, "KMSThrottling"},
      Row{throttled, "KmsThrottled"},
      Row{unauthorized, "AccessDenied"},
      Row{unauthorized, "AuthFailure"},
      Row{unauthorized, "AuthorizationError"},
      Row{unauthorized, "ExpiredToken"},
      Row{unauthorized, "IncompleteSignature"},
      Row{unauthorized, "InvalidAccessKeyId"},
      Row{unauthorized, "InvalidClientTokenId"},
      Row{unauthorized, "InvalidSecurity"},
      Row{unauthorized, "InvalidSignature"},
      Row{unauthorized, "KMSAccessDenied"},
      Row{unauthorized, "KmsAccessDenied"},
      Row{unauthorized, "KMSOptInRequired"},
      Row{unauthorized, "KmsOptInRequired"},
      Row{unauthorized, "MissingAuthenticationToken"},
      Row{unauthorized, "NotAuthorized"},
      Row{unauthorized, "OptInRequired"},
      Row{unauthorized, "RequestExpired"},
      Row{unauthorized, "RequestTimeTooSkewed"},
      Row{unauthorized, "SignatureDoesNotMatch"},
      Row{unauthorized, "UnrecognizedClient"},
      Row{wrong_target, "InvalidAction"},
      Row{wrong_target, "InvalidAddress"},
      Row{wrong_target, "KMSNotFound"},
      Row{wrong_target, "KmsNotFound"},
      Row{wrong_target, "NonExistentQueue"},
      Row{wrong_target, "NotFound"},
      Row{wrong_target, "QueueDeletedRecently"},
      Row{wrong_target, "QueueDoesNotExist"},
      Row{wrong_target, "ResourceNotFound"},
      Row{wrong_target, "UnknownOperation"},
      Row{wrong_target, "UnsupportedOperation"},
      Row{down, "InternalError"},
      Row{down, "InternalFailure"},
      Row{down, "InternalServerError"},
      Row{down, "InternalService"},
      Row{down, "Internal"},
      Row{down, "KMSDisabled"},
      Row{down, "KMSInvalidState"},
      Row{down, "KmsDisabled"},
      Row{down, "KmsInvalidState"},
      Row{down, "RequestTimeout"},
      Row{down, "ResourceConflict"},
      Row{down, "ResourceNotReady"},
      Row{down, "Service"},
      Row{down, "ServiceUnavailable"},
      Row{down, "SnapStartNotReady"},
      Row{down, "StreamNotActive"},
      Row{too_large, "BatchRequestTooLong"},
      Row{too_large, "EntityTooLarge"},
      Row{too_large, "RequestEntityTooLarge"},
      Row{too_large, "RequestTooLarge"},
      Row{content, "InvalidArgument"},
      Row{content, "InvalidAttributeValue"},
      Row{content, "InvalidMessageContents"},
      Row{content, "InvalidParameter"},
      Row{content, "InvalidParameterValue"},
      Row{content, "InvalidRequestContent"},
      Row{content, "MalformedDetail"},
      Row{content, "MissingParameter"},
      Row{content, "NotAuthorizedForDetailType"},
      Row{content, "NotAuthorizedForSource"},
      Row{content, "ParameterValueInvalid"},
      Row{content, "Serialization"},
      Row{content, "UnsupportedMediaType"},
      Row{content, "Validation"},
      Row{content, "ValidationError"},
  };
  const auto* const row = std::ranges::find(kRows, code, &Row::code);
  return row == kRows.end() ? unknown : row->meaning;
}

std::string words_of(const ServiceError& error) {
  return fmt::format("{}{}{}{}", error.code, error.message.empty() ? "" : ": ", error.message,
                     remedy(meaning_of(error.code), error));
}

http::Verdict judge_refusal(const http::Reply& reply, std::size_t events, WallTime now) {
  const ServiceError error = read_error(reply);
  const long status = reply.status;
  http::Verdict plain = http::judge(reply, events, now);
  if (error.code.empty()) {
    if (plain.cause == Cause::poison_suspected || plain.cause == Cause::gone) {
      return verdict(Fate::retry, Cause::peer_down,
                     fmt::format("HTTP {}, and the answer is none of AWS: {}", status,
                                 http::excerpt(reply.body, limits::kAwsMessageBytesMax)));
    }
    return plain;
  }
  std::string reason = fmt::format("HTTP {}: {}", status, words_of(error));
  Meaning meaning = meaning_of(error.code);
  if (meaning == Meaning::unknown) meaning = meaning_of_status(status);
  switch (meaning) {
    case Meaning::unknown:
    case Meaning::content:
      return verdict(events == 1 ? Fate::rejected : Fate::retry, Cause::poison_suspected, std::move(reason));
    case Meaning::too_large:
      return verdict(events == 1 ? Fate::rejected : Fate::retry, Cause::too_large, std::move(reason));
    case Meaning::unauthorized: return verdict(Fate::retry, Cause::unauthorized, std::move(reason));
    case Meaning::wrong_target: return verdict(Fate::retry, Cause::peer_down, std::move(reason));
    case Meaning::throttled:
    case Meaning::down: {
      const bool maybe_taken = status == 502 || status == 504;
      http::Verdict made = verdict(maybe_taken ? Fate::unknown : Fate::retry,
                                   meaning == Meaning::down ? Cause::peer_down : Cause::throttled, std::move(reason));
      made.retry_after = http::parse_retry_after(reply.retry_after, now);
      return made;
    }
  }
  return plain;
}

http::Verdict judge_entry(const ServiceError& error, bool sender_fault) {
  std::string reason = error.code.empty() ? "refused without an error code" : words_of(error);
  switch (meaning_of(error.code)) {
    case Meaning::throttled: return verdict(Fate::retry, Cause::throttled, std::move(reason));
    case Meaning::unauthorized: return verdict(Fate::retry, Cause::unauthorized, std::move(reason));
    case Meaning::wrong_target:
    case Meaning::down: return verdict(Fate::retry, Cause::peer_down, std::move(reason));
    case Meaning::too_large:
    case Meaning::content: return verdict(Fate::rejected, Cause::none, std::move(reason));
    case Meaning::unknown: break;
  }
  return sender_fault ? verdict(Fate::rejected, Cause::none, std::move(reason))
                      : verdict(Fate::retry, Cause::peer_down, std::move(reason));
}

Status probe_failure(const http::Reply& reply, WallTime now) {
  http::Verdict judged = judge_refusal(reply, 1, now);
  const bool later = judged.cause == Cause::throttled ||
                     (judged.cause == Cause::peer_down && meaning_of(read_error(reply).code) != Meaning::wrong_target);
  return Error{later ? ErrorCode::unavailable : ErrorCode::refused, std::move(judged.outcome.reason)};
}

std::optional<Settled> judge_answer(const PeerAnswer& answer) {
  http::Reply reply;
  reply.request_sent = true;
  const char* end = answer.name.data() + answer.name.size();
  const auto [rest, error] = std::from_chars(answer.name.data(), end, reply.status);
  const bool is_status = error == std::errc() && rest == end;
  if (is_status && (reply.status < 200 || reply.status > 599)) return std::nullopt;
  std::string body;
  if (!is_status) {
    const Meaning meaning = meaning_of(service_error(answer.name, "").code);
    if (meaning == Meaning::unknown) return std::nullopt;
    reply.status = meaning == Meaning::down ? 500 : 400;
    body = R"({"__type":)";
    append_json_string(answer.name, body);
    body += R"(,"message":)";
    append_json_string(answer.words, body);
    body += '}';
  }
  reply.body = is_status ? answer.words : std::string_view(body);
  std::string seconds;
  if (answer.retry_after) {
    seconds = std::to_string(std::chrono::ceil<std::chrono::seconds>(*answer.retry_after).count());
    reply.retry_after = seconds;
  }
  if (reply.status / 100 == 2) return Settled{{}, {{Fate::delivered, {}}}, Cause::none, std::nullopt};
  http::Verdict judged = judge_refusal(reply, answer.events, WallTime{});
  return Settled{{}, {std::move(judged.outcome)}, judged.cause, judged.retry_after};
}

}  // namespace tidegate::aws
