#include "connectors/aws/batch_reply.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "connectors/aws/json_members.h"
#include "connectors/aws/xml.h"
#include "connectors/http/service.h"
#include "connectors/outcomes.h"
#include "gateway/event/json_text.h"

namespace tidegate::aws {
namespace {

constexpr const char* kNoFate = "the answer does not say once what became of it";

Settled no_such_answer(const http::Reply& reply) {
  return http::settled({{Fate::unknown, fmt::format("HTTP {}, but the answer {}", reply.status,
                                                    reply.cut ? "is too long" : "is none of the service's")},
                        Cause::peer_down,
                        std::nullopt});
}

/// Whether there is an answer to look into; else what the reply means as a whole.
std::optional<Settled> judged_whole(const http::Reply& reply, std::size_t events, WallTime now) {
  if (reply.code != CURLE_OK || reply.status / 100 != 2) return http::settled(judge_refusal(reply, events, now));
  if (reply.cut) return no_such_answer(reply);
  return std::nullopt;
}

std::size_t index_of(std::string_view id) noexcept {
  std::size_t index = 0;
  const auto [rest, error] = std::from_chars(id.data(), id.data() + id.size(), index);
  return error == std::errc() && rest == id.data() + id.size() ? index : std::size_t(-1);
}

}  // namespace

void EntryFates::take(std::size_t index, http::Verdict verdict) {
  if (index >= fates_.size()) return;
  if (fates_[index]) verdict = {{Fate::unknown, kNoFate}, Cause::peer_down, std::nullopt};
  fates_[index] = std::move(verdict);
}

Settled EntryFates::settled() && {
  Settled settled;
  for (auto& fate : fates_) {
    if (!fate) fate = http::Verdict{{Fate::unknown, kNoFate}, Cause::peer_down, std::nullopt};
    settled.cause = graver(settled.cause, fate->cause);
    settled.outcomes.push_back(std::move(fate->outcome));
  }
  return settled;
}

Settled judge_by_position(const http::Reply& reply, std::size_t events, std::string_view list, WallTime now) {
  if (auto whole = judged_whole(reply, events, now)) return *std::move(whole);
  const std::string_view written = is_embeddable_json(reply.body) ? member(reply.body, list) : std::string_view();
  JsonItems entries(written);
  if (!entries.is_array()) return no_such_answer(reply);
  EntryFates fates(events);
  for (std::size_t i = 0; entries.next(); ++i) {
    if (!entries.value().starts_with('{')) continue;
    const std::string code = text_member(entries.value(), "ErrorCode");
    if (code.empty()) {
      fates.delivered(i);
    } else {
      fates.failed(i, service_error(code, text_member(entries.value(), "ErrorMessage")), false);
    }
  }
  return std::move(fates).settled();
}

Settled judge_by_id(const http::Reply& reply, std::size_t events, WallTime now) {
  if (auto whole = judged_whole(reply, events, now)) return *std::move(whole);
  if (!is_embeddable_json(reply.body)) return no_such_answer(reply);
  JsonItems taken(member(reply.body, "Successful")), refused(member(reply.body, "Failed"));
  if (!taken.is_array() && !refused.is_array()) return no_such_answer(reply);
  EntryFates fates(events);
  while (taken.is_array() && taken.next()) fates.delivered(index_of(text_member(taken.value(), "Id")));
  while (refused.is_array() && refused.next()) {
    const std::string_view entry = refused.value();
    fates.failed(index_of(text_member(entry, "Id")),
                 service_error(text_member(entry, "Code"), text_member(entry, "Message")),
                 member(entry, "SenderFault") == "true");
  }
  return std::move(fates).settled();
}

Settled judge_by_id_xml(const http::Reply& reply, std::size_t events, WallTime now) {
  if (auto whole = judged_whole(reply, events, now)) return *std::move(whole);
  std::string_view body = reply.body, result, taken, refused, entry;
  if (!take_element(body, "PublishBatchResult", result)) return no_such_answer(reply);
  EntryFates fates(events);
  std::string_view from = result;
  if (take_element(from, "Successful", taken)) {
    while (take_element(taken, "member", entry)) fates.delivered(index_of(element_text(entry, "Id")));
  }
  from = result;
  if (take_element(from, "Failed", refused)) {
    while (take_element(refused, "member", entry)) {
      fates.failed(index_of(element_text(entry, "Id")),
                   service_error(element_text(entry, "Code"), element_text(entry, "Message")),
                   element_text(entry, "SenderFault") == "true");
    }
  }
  return std::move(fates).settled();
}

}  // namespace tidegate::aws
