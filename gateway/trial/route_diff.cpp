#include "gateway/trial/route_diff.h"

#include <fmt/format.h>

#include <algorithm>

namespace tidegate {

RouteDiff::RouteDiff(const Config& before, const Config& after, std::size_t examples_max)
    : before_{before, TrialRoutes(before), {}}, after_{after, TrialRoutes(after), {}}, examples_max_(examples_max) {
  list_lanes(after_, true);
  list_lanes(before_, false);
  before_.route_of.resize(lanes_.size());
  after_.route_of.resize(lanes_.size());
  marks_.resize(lanes_.size());
}

void RouteDiff::list_lanes(Side& side, bool after) {
  for (std::size_t route = 0; route < side.config.routes.size(); ++route) {
    const RouteConfig& config = side.config.routes[route];
    std::vector<std::size_t>& of_route = side.lanes.emplace_back();
    for (const std::string& sink : config.to) {
      const std::string name = config.name + "/" + sink;
      auto found = std::ranges::find(lanes_, name, &Lane::name);
      if (found == lanes_.end()) {
        found = lanes_.emplace(lanes_.end());
        found->name = name;
      }
      (after ? found->after : found->before) = true;
      of_route.push_back(static_cast<std::size_t>(found - lanes_.begin()));
      side.route_of.resize(lanes_.size());
      side.route_of[of_route.back()] = route;
    }
  }
}

void RouteDiff::add(const Event& event, std::string_view source) {
  ++events_;
  const bool went = mark(before_, event, source, kBefore);
  const bool goes = mark(after_, event, source, kAfter);
  nowhere_now_ += went && !goes ? 1 : 0;
  somewhere_now_ += goes && !went ? 1 : 0;
  for (const std::size_t index : marked_) {
    Lane& lane = lanes_[index];
    const std::uint8_t marks = std::exchange(marks_[index], std::uint8_t{0});
    if (marks == (kBefore | kAfter)) {
      ++lane.both;
      continue;
    }
    const bool lost = marks == kBefore;
    ++(lost ? lane.only_before : lane.only_after);
    std::vector<Example>& examples = lost ? lane.lost : lane.gained;
    if (examples.size() >= examples_max_) continue;
    examples.push_back({event.subject, event.id, event.time, why_not(lost ? after_ : before_, index, event, source)});
  }
  marked_.clear();
}

bool RouteDiff::mark(Side& side, const Event& event, std::string_view source, Mark mark) {
  const auto known = side.routes.source(source);
  // Nobody brings it to a config that has no such source.
  if (!source.empty() && !known) return false;
  bool anywhere = false;
  for (const std::size_t route : side.routes.match(known, event)) {
    for (const std::size_t lane : side.lanes[route]) {
      if (marks_[lane] == 0) marked_.push_back(lane);
      marks_[lane] |= mark;
      anywhere = true;
    }
  }
  return anywhere;
}

std::string RouteDiff::why_not(const Side& side, std::size_t lane, const Event& event, std::string_view source) const {
  const auto known = side.routes.source(source);
  if (!source.empty() && !known) return fmt::format("there is no source {}", source);
  if (side.route_of[lane]) return side.routes.why_not(*side.route_of[lane], known, event);
  const std::string_view name = lanes_[lane].name;
  const std::string_view route = name.substr(0, name.find('/'));
  if (std::ranges::find(side.config.routes, route, &RouteConfig::name) == side.config.routes.end()) {
    return fmt::format("there is no route {}", route);
  }
  return fmt::format("the route does not deliver to {}", name.substr(route.size() + 1));
}

bool RouteDiff::same() const noexcept {
  return std::ranges::all_of(lanes_, [](const Lane& lane) { return lane.only_before == 0 && lane.only_after == 0; });
}

}  // namespace tidegate
