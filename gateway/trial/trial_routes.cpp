#include "gateway/trial/trial_routes.h"

#include <algorithm>

#include "gateway/event/hops.h"
#include "gateway/event/origin.h"

namespace tidegate {

namespace {

SourceId source_id(std::size_t index) { return SourceId{static_cast<std::uint32_t>(index + 1)}; }

/// One lane for each route, with the route's index for an id.
RouteTable compile(const Config& config, bool with_from) {
  std::vector<RouteRule> rules;
  for (std::size_t i = 0; i < config.routes.size(); ++i) {
    const RouteConfig& route = config.routes[i];
    RouteRule rule{{}, route.topic, {LaneId{static_cast<std::uint32_t>(i)}}, route.match};
    for (std::size_t s = 0; with_from && s < config.sources.size(); ++s) {
      if (std::ranges::find(route.from, config.sources[s].name) != route.from.end()) rule.from.push_back(source_id(s));
    }
    rules.push_back(std::move(rule));
  }
  return RouteTable(rules);
}

}  // namespace

TrialRoutes::TrialRoutes(const Config& config)
    : config_(config), table_(compile(config, true)), from_anywhere_(compile(config, false)) {}

std::optional<std::size_t> TrialRoutes::source(std::string_view name) const {
  const auto found = std::ranges::find(config_.sources, name, &SourceConfig::name);
  if (found == config_.sources.end()) return std::nullopt;
  return static_cast<std::size_t>(found - config_.sources.begin());
}

void TrialRoutes::complete(Event& event, std::optional<std::size_t> source, WallTime now) const {
  const std::string_view name = source ? std::string_view(config_.sources[*source].name) : "unknown";
  const std::string_view connector = source ? config_.sources[*source].type->name : "unknown";
  if (event.source.empty()) event.source = default_event_source(config_.gateway.id, name);
  if (event.type.empty()) event.type = default_event_type(connector);
  if (event.time == WallTime{}) event.time = now;
}

const std::vector<std::size_t>& TrialRoutes::match(std::optional<std::size_t> source, const Event& event) {
  lanes_.clear();
  routes_.clear();
  if (has_looped(event, config_.gateway.id)) return routes_;
  const RouteTable& table = source ? table_ : from_anywhere_;
  table.match(source ? source_id(*source) : SourceId{}, event, scratch_, lanes_);
  for (const LaneId lane : lanes_) routes_.push_back(lane.value);
  return routes_;
}

}  // namespace tidegate
