#include "connectors/http/service.h"

#include <fmt/format.h>

#include "connectors/http/limits.h"

namespace tidegate::http {

void Request::clear() {
  method = "POST";
  url.clear();
  headers.clear();
  body.clear();
  borrowed = {};
  key.clear();
}

void Request::trim() {
  if (body.capacity() > limits::kHttpBodyBytesKept) std::string().swap(body);
}

Settled Service::judge(const Reply& reply, Events events, WallTime now) {
  return settled(http::judge(reply, events.size(), now));
}

Status Service::judge_probe(const Reply& reply, WallTime now) {
  const Verdict verdict = http::judge(reply, 1, now);
  if (verdict.outcome.fate == Fate::delivered) return {};
  const bool refused = verdict.cause != Cause::peer_down && verdict.cause != Cause::throttled;
  return Error{refused ? ErrorCode::refused : ErrorCode::unavailable, verdict.outcome.reason};
}

Settled settled(Verdict verdict) { return {{}, {std::move(verdict.outcome)}, verdict.cause, verdict.retry_after}; }

void blank_out(std::string& text, std::string_view secret) {
  if (secret.empty()) return;
  for (std::size_t at = 0; (at = text.find(secret, at)) != std::string::npos; at += 3)
    text.replace(at, secret.size(), "***");
}

}  // namespace tidegate::http
