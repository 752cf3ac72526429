#include "connectors/gcp_pubsub/reply.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "connectors/http/error_object.h"
#include "connectors/http/service.h"
#include "gateway/event/json_text.h"

namespace tidegate::gcp_pubsub {
namespace {

constexpr std::string_view kPermission = "pubsub.topics.publish";

/// A code of google.rpc. `about_content`: of what was sent; every other refusal is about the sink or the topic.
struct Row {
  std::string_view code;
  long status;
  bool about_content = false;
  std::string_view remedy = {};
};
constexpr std::array kRows{
    Row{"ABORTED", 409},
    Row{"ALREADY_EXISTS", 409},
    Row{"CANCELLED", 499},
    Row{"DATA_LOSS", 500},
    Row{"DEADLINE_EXCEEDED", 504},
    Row{"FAILED_PRECONDITION", 400, false, "see the topic's key and its policy"},
    Row{"INTERNAL", 500},
    Row{"INVALID_ARGUMENT", 400, true},
    Row{"NOT_FOUND", 404, false, "make the topic, or name another"},
    Row{"OUT_OF_RANGE", 400, true},
    Row{"PERMISSION_DENIED", 403, false, "give the account the role roles/pubsub.publisher on the topic"},
    Row{"RESOURCE_EXHAUSTED", 429},
    Row{"UNAUTHENTICATED", 401, false, "check the service account's key"},
    Row{"UNAVAILABLE", 503},
    Row{"UNIMPLEMENTED", 501},
    Row{"UNKNOWN", 500},
};

const Row* row_of(std::string_view code) {
  const auto* const found = std::ranges::find(kRows, code, &Row::code);
  return found == kRows.end() ? nullptr : found;
}

/// The elements of a list of texts that is a member of the object.
struct Texts {
  bool is_list = false;
  std::size_t count = 0;
  bool has_permission = false;
};
Texts texts_of(std::string_view body, std::string_view name) {
  Texts out;
  if (!is_embeddable_json(body)) return out;
  JsonItems members(body);
  while (members.is_object() && members.next()) {
    if (json_string_content(members.key()) != name) continue;
    JsonItems items(members.value());
    out.is_list = items.is_array();
    while (out.is_list && items.next()) {
      ++out.count;
      out.has_permission |= items.value().starts_with('"') && json_string_content(items.value()) == kPermission;
    }
  }
  return out;
}

}  // namespace

long status_of(std::string_view code) noexcept {
  const Row* row = row_of(code);
  return row == nullptr ? 0 : row->status;
}

std::string taken_text(std::size_t events) {
  std::string ids;
  for (std::size_t i = 1; i <= events; ++i) ids += fmt::format("{}\"{}\"", i > 1 ? "," : "", i);
  return "{\"messageIds\":[" + ids + "]}";
}

Settled judge_publish(const http::Reply& reply, std::size_t events, WallTime now) {
  http::Verdict verdict = http::judge(reply, events, now);
  if (verdict.outcome.fate == Fate::delivered) {
    const Texts ids = texts_of(reply.body, "messageIds");
    if (ids.is_list && ids.count == events) return http::settled(std::move(verdict));
    return http::settled(
        {{Fate::unknown, fmt::format("HTTP {} without an id for each message: not an answer of Pub/Sub", reply.status)},
         Cause::peer_down,
         std::nullopt});
  }
  const http::ErrorObject error = http::read_error_object(reply.body);
  const Row* row = row_of(error.code);
  if (verdict.cause != Cause::too_large && (row == nullptr || !row->about_content)) {
    verdict = http::without_blame(std::move(verdict));
  }
  verdict.outcome.reason = http::reason_of(reply, error, row != nullptr ? row->remedy : std::string_view());
  return http::settled(std::move(verdict));
}

Status judge_probe(const http::Reply& reply, std::string_view topic, WallTime now) {
  if (reply.status >= 200 && reply.status < 300) {
    if (texts_of(reply.body, "permissions").has_permission) return {};
    if (!is_embeddable_json(reply.body)) {
      return Error{ErrorCode::refused,
                   fmt::format("HTTP {}, and not in the words of Pub/Sub; check endpoint", reply.status)};
    }
    return Error{
        ErrorCode::refused,
        fmt::format("{} does not exist, or the account may not publish to it (roles/pubsub.publisher)", topic)};
  }
  const http::ErrorObject error = http::read_error_object(reply.body);
  // The emulator knows no permissions.
  if (error.code == "UNIMPLEMENTED") return {};
  return http::probe_failure(reply, judge_publish(reply, 1, now));
}

}  // namespace tidegate::gcp_pubsub
