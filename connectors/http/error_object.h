#pragma once

#include <string>
#include <string_view>

#include "connectors/http/judge.h"

namespace tidegate::http {

/// An error as Google's and Microsoft's services word it: {"error": {"code": ..., "message": ...}}. Empty texts where
/// the answer is no such thing.
struct ErrorObject {
  std::string code;     ///< `status` ("NOT_FOUND"), else `code` when that is a text ("Unauthorized"); one line
  std::string message;  ///< one line, at most limits::kHttpExcerptBytesMax
};
ErrorObject read_error_object(std::string_view body);

/// "HTTP 404: NOT_FOUND: Resource not found", of what is there; `remedy` after it, unless it is empty.
std::string reason_of(const Reply& reply, const ErrorObject& error, std::string_view remedy);

/// A verdict that blames no event: what the answer finds wrong is not in what was sent. Refusals of content, and an
/// endpoint that is gone, become a peer that is down.
Verdict without_blame(Verdict verdict);

/// What the refusal of a probe means, which was `judged` as that of one event: unavailable when it passes by itself,
/// else refused.
Error probe_failure(const Reply& reply, const Settled& judged);

}  // namespace tidegate::http
