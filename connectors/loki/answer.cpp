#include "connectors/loki/answer.h"

#include <algorithm>

#include "connectors/stores/store.h"
#include "gateway/event/rfc3339.h"

namespace tidegate::loki {

std::optional<WallTime> oldest_acceptable(std::string_view body) {
  constexpr std::string_view kBefore = "oldest acceptable timestamp is: ";
  const std::size_t at = body.find(kBefore);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = body.substr(at + kBefore.size());
  return parse_rfc3339(rest.substr(0, rest.find_first_of(" \t\r\n,;'\"")));
}

Settled judge_refusal(const http::Reply& reply, http::Events events) {
  const std::string reason = stores::reason_of(reply);
  const auto for_all = [&](Fate fate) {
    return http::settled({{fate, reason}, Cause::poison_suspected, std::nullopt});
  };
  if (events.size() == 1) return for_all(Fate::rejected);
  const auto oldest = oldest_acceptable(reply.body);
  if (!oldest) return for_all(Fate::unknown);
  Settled settled;
  for (const OutEvent* event : events) {
    settled.outcomes.push_back({event->event.time < *oldest ? Fate::rejected : Fate::unknown, reason});
  }
  const auto is_old = [](const Outcome& outcome) { return outcome.fate == Fate::rejected; };
  return std::ranges::any_of(settled.outcomes, is_old) ? settled : for_all(Fate::unknown);
}

}  // namespace tidegate::loki
