#pragma once

#include <string>
#include <string_view>

#include "connectors/connector.h"
#include "connectors/http/judge.h"
#include "gateway/base/clock.h"
#include "gateway/base/result.h"

/// What AWS services say when they refuse, whichever of their protocols they speak.
namespace tidegate::aws {

/// An error as a service names it.
struct ServiceError {
  std::string code;     ///< without namespace and "Exception": "QueueDoesNotExist"; empty: there is none
  std::string message;  ///< its first sentences, one line, at most limits::kAwsMessageBytesMax
};

/// Of texts that a service gave: `code` as it was written, "com.amazonaws.sqs#QueueDoesNotExist" and the like.
ServiceError service_error(std::string_view code, std::string_view message);

/// Of an answer: JSON (`__type`, `code`, the header x-amzn-errortype) or XML (`<Error><Code>`). Empty when it is none
/// of AWS's.
ServiceError read_error(const http::Reply& reply);

/// What an error is about.
enum class Meaning : std::uint8_t {
  unknown,       ///< a code that this table does not have
  throttled,     ///< too much for now
  unauthorized,  ///< the credential, the signature, the clock, or a permission
  wrong_target,  ///< there is no such queue, topic, ..., or it is of another kind; the events are not to blame
  down,          ///< the service has failed, or what it depends on
  too_large,     ///< the request as a whole
  content,       ///< one event at least is not what the service takes
};
Meaning meaning_of(std::string_view code) noexcept;

/// "QueueDoesNotExist: The specified queue does not exist; <remedy>": what a person can do, where there is something.
std::string words_of(const ServiceError& error);

/// What an answer that is not a success means for a batch of `events` events. A refusal that bears no code of AWS is
/// from somebody on the way, and condemns no event.
http::Verdict judge_refusal(const http::Reply& reply, std::size_t events, WallTime now);

/// What an error means for the one entry of a batch that it was given for. `sender_fault`: what the service says of
/// blame, for codes that the table does not have.
http::Verdict judge_entry(const ServiceError& error, bool sender_fault);

/// For http::Service::judge_probe: what a refusal tells of key, region and target. *Errors*: refused or unavailable.
Status probe_failure(const http::Reply& reply, WallTime now);

/// For ConnectorType::judge_answer: an error code ("ThrottlingException") or an HTTP status. nullopt: it is neither.
std::optional<Settled> judge_answer(const PeerAnswer& answer);
inline constexpr std::string_view kAnswers = "an AWS error code (ThrottlingException) or an HTTP status";

}  // namespace tidegate::aws
