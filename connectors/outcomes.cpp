#include "connectors/outcomes.h"

#include <string_view>
#include <unordered_set>

namespace tidegate {

void keep_order(const std::vector<const OutEvent*>& events, std::vector<Outcome>& outcomes) {
  std::unordered_set<std::string_view> again;
  for (std::size_t i = 0; i < events.size() && i < outcomes.size(); ++i) {
    const std::string_view subject = events[i]->event.subject;
    Outcome& outcome = outcomes[i];
    if (goes_again(outcome.fate)) {
      again.insert(subject);
    } else if (outcome.fate == Fate::delivered && again.contains(subject)) {
      outcome = {Fate::unknown, "taken before an earlier event of its topic, which is to be sent again"};
    }
  }
}

Cause graver(Cause a, Cause b) noexcept {
  const auto weight = [](Cause cause) {
    switch (cause) {
      case Cause::unauthorized: return 3;
      case Cause::peer_down: return 2;
      case Cause::throttled: return 1;
      default: return 0;
    }
  };
  return weight(a) >= weight(b) ? a : b;
}

}  // namespace tidegate
