#pragma once

#include <optional>
#include <string>

#include "connectors/connector.h"
#include "connectors/http/judge.h"
#include "connectors/http/service.h"
#include "gateway/base/result.h"

/// What test cases and `tidegate explain` ask of every sink that speaks HTTP.
namespace tidegate::http {

/// The request that the event would make alone, before it is proved. *Errors*: invalid, why it would not be sent.
Result<Preview> preview_alone(Service& service, const OutEvent& event);

/// A reply out of a test case, with the texts that it refers to.
struct TrialReply {
  Reply reply;
  std::string retry_after, body;
};
/// The reply that `answer` names by its status, or, when it names a code of the service, `status_of_code` (0: it does
/// not). Its body is what the answer says beside. False: there is no such answer.
bool fill_trial_reply(const PeerAnswer& answer, long status_of_code, TrialReply& out);

/// An error as read_error_object() reads it.
std::string error_object_text(std::string_view code, std::string_view message);

}  // namespace tidegate::http
