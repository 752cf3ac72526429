#include "tests/power/model.h"

#include <fmt/format.h>

#include <algorithm>

namespace tidegate::testing {

std::vector<std::string> Promises::broken(const Found& found) const {
  std::vector<std::string> out;
  for (std::size_t lane = 0; lane < found.pending.size(); ++lane) {
    std::map<std::string, int> seen;
    for (const std::string& id : found.pending[lane]) ++seen[id];
    for (const auto& [id, times] : seen) {
      const auto at = events_.find(id);
      if (at == events_.end() || !at->second.lanes.contains(lane))
        out.push_back(fmt::format("lane {} has {}, which was never appended for it", lane, id));
      else if (times > 1)
        out.push_back(fmt::format("lane {} has {} {} times", lane, id, times));
    }
    for (const std::string& id : found.dead[lane]) seen[id] += 1000;
    for (const auto& [id, event] : events_) {
      if (!event.lanes.contains(lane)) continue;
      const auto settled = event.settled.find(lane);
      const bool pending = seen.contains(id) && seen.at(id) < 1000;
      if (event.stored == Word::given && settled == event.settled.end() && !pending)
        out.push_back(fmt::format("lane {} lost {}, whose receipt ran", lane, id));
      if (settled != event.settled.end() && settled->second == Word::given && pending)
        out.push_back(fmt::format("lane {} forgot that {} is settled", lane, id));
      if (seen.contains(id) && seen.at(id) > 1000 && (seen.at(id) - 1000) % 1000 != 0)
        out.push_back(fmt::format("lane {} has {} both pending and dead", lane, id));
    }
  }
  if (!states_.contains(found.state)) out.push_back(fmt::format("the source's state went back to {}", found.state));
  return out;
}

}  // namespace tidegate::testing
