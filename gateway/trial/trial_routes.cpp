#include "gateway/trial/trial_routes.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/event/hops.h"
#include "gateway/event/origin.h"
#include "gateway/routing/topic_levels.h"

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

/// The first level of a topic that a filter does not want.
std::string why_not(const TopicFilter& filter, std::string_view topic) {
  using Kind = TopicFilter::Level::Kind;
  const auto& levels = filter.levels();
  if (topic.starts_with('$') && levels.front().kind != Kind::literal) {
    return "the topic begins with $, which no leading wildcard matches";
  }
  TopicLevels rest(topic);
  std::size_t number = 0;
  for (const TopicFilter::Level& level : levels) {
    if (level.kind == Kind::rest) return {};
    if (rest.at_end()) return fmt::format("the topic has {} levels, wanted more: {}", number, filter.text());
    const std::string_view text = rest.next();
    ++number;
    if (level.kind == Kind::literal && text != level.text) {
      return fmt::format("topic level {} is \"{}\", wanted \"{}\"", number, text, level.text);
    }
  }
  return rest.at_end() ? "" : fmt::format("the topic has more than {} levels: wanted {}", number, filter.text());
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

std::string TrialRoutes::why_not(std::size_t route, std::optional<std::size_t> source, const Event& event) const {
  const RouteConfig& config = config_.routes[route];
  if (has_looped(event, config_.gateway.id))
    return "the event has been at this gateway before (" + std::string(kHopsAttribute) + ")";
  if (std::string topic = tidegate::why_not(config.topic, event.subject); !topic.empty()) return topic;
  if (source && !config.from.empty()) {
    const std::string& name = config_.sources[*source].name;
    if (std::ranges::find(config.from, name) == config.from.end()) {
      return fmt::format("source is {}, wanted {}", name, fmt::join(config.from, " or "));
    }
  }
  if (!config.match) return "not matched";
  return config.match->why_not(event, config.topic.captures(event.subject)).value_or("not matched");
}

}  // namespace tidegate
