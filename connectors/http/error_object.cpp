#include "connectors/http/error_object.h"

#include <fmt/format.h>

#include "connectors/http/limits.h"
#include "gateway/event/json_text.h"

namespace tidegate::http {
namespace {

bool is_text(std::string_view value) { return value.starts_with('"'); }

std::string words(std::string_view value) { return excerpt(json_string_content(value), limits::kHttpExcerptBytesMax); }

/// The value of a member, as it is written; empty: there is none.
std::string_view member(std::string_view object, std::string_view name) {
  JsonItems members(object);
  if (!members.is_object()) return {};
  while (members.next()) {
    if (json_string_content(members.key()) == name) return members.value();
  }
  return {};
}

}  // namespace

ErrorObject read_error_object(std::string_view body) {
  if (!is_embeddable_json(body)) return {};
  const std::string_view error = member(body, "error");
  if (error.empty()) return {};
  ErrorObject out;
  for (const char* name : {"status", "code"}) {
    const std::string_view code = member(error, name);
    if (out.code.empty() && is_text(code)) out.code = words(code);
  }
  const std::string_view message = member(error, "message");
  if (is_text(message)) out.message = words(message);
  return out;
}

std::string reason_of(const Reply& reply, const ErrorObject& error, std::string_view remedy) {
  std::string reason = fmt::format("HTTP {}", reply.status);
  if (!error.code.empty()) reason += ": " + error.code;
  if (!error.message.empty()) reason += ": " + error.message;
  if (!remedy.empty()) reason += fmt::format("; {}", remedy);
  return reason;
}

Verdict without_blame(Verdict verdict) {
  const bool blames = verdict.cause == Cause::poison_suspected || verdict.cause == Cause::gone ||
                      verdict.outcome.fate == Fate::rejected;
  if (!blames) return verdict;
  return {{Fate::retry, std::move(verdict.outcome.reason)}, Cause::peer_down, std::nullopt};
}

Error probe_failure(const Reply& reply, const Settled& judged) {
  const bool passes = judged.cause == Cause::throttled || (judged.cause == Cause::peer_down && reply.status >= 500);
  return {passes ? ErrorCode::unavailable : ErrorCode::refused, judged.outcomes.front().reason};
}

}  // namespace tidegate::http
