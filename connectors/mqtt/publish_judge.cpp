#include "connectors/mqtt/publish_judge.h"

#include <fmt/format.h>

namespace tidegate::mqtt {

PublishVerdict judge_answer(Reason reason) {
  if (!is_refusal(reason)) return {{Fate::delivered, {}}, Cause::none};
  std::string words =
      fmt::format("the broker refuses it: {} (0x{:02X})", name_of(reason), static_cast<unsigned>(reason));
  switch (reason) {
    case Reason::not_authorized:
    case Reason::topic_name_invalid:
    case Reason::packet_too_large:
    case Reason::payload_format_invalid: return {{Fate::rejected, std::move(words)}, Cause::none};
    case Reason::quota_exceeded:
    case Reason::server_busy:
    case Reason::message_rate_too_high: return {{Fate::retry, std::move(words)}, Cause::throttled};
    // Unspecified, implementation specific, packet id in use, and what nobody defined: perhaps better next time.
    default: return {{Fate::retry, std::move(words)}, Cause::none};
  }
}

Cause cause_of(const ConnectFailure& failure) noexcept {
  if (!failure.reason) return Cause::peer_down;
  switch (*failure.reason) {
    case Reason::client_identifier_not_valid:
    case Reason::bad_user_name_or_password:
    case Reason::not_authorized:
    case Reason::banned:
    case Reason::bad_authentication_method: return Cause::unauthorized;
    default: return Cause::peer_down;
  }
}

}  // namespace tidegate::mqtt
