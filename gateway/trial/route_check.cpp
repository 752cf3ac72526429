#include "gateway/trial/route_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "gateway/routing/event_fields.h"

namespace tidegate {

namespace {

using Kind = TopicFilter::Level::Kind;

/// A leading wildcard matches no topic that begins with $. *Source*: MQTT 5.0, section 4.7.2.
bool dollar_apart(const TopicFilter& wild, const TopicFilter& other) noexcept {
  const auto& first = other.levels().front();
  return wild.levels().front().kind != Kind::literal && first.kind == Kind::literal && first.text.starts_with('$');
}

/// The names that a sink's topic template knows without a capture; a capture of such a name goes first.
constexpr std::array<std::string_view, 4> kEventNames = {"subject", "id", "source", "type"};

class RouteCheck {
 public:
  RouteCheck(const Config& config, Diagnostics& diagnostics) : config_(config), diagnostics_(diagnostics) {}

  void run() {
    for (const RouteConfig& route : config_.routes) {
      check_topic(route);
      check_captures(route);
      if (route.match) check_pattern(route, *route.match);
    }
    for (std::size_t i = 0; i < config_.routes.size(); ++i) check_twice(i);
  }

 private:
  void warn(const RouteConfig& route, std::string_view message) {
    diagnostics_.warning(route.at, fmt::format("routes.{}: {}", route.name, message));
  }

  [[nodiscard]] std::vector<const SourceConfig*> sources_of(const RouteConfig& route) const {
    std::vector<const SourceConfig*> sources;
    for (const SourceConfig& source : config_.sources) {
      if (route.from.empty() || std::ranges::find(route.from, source.name) != route.from.end()) {
        sources.push_back(&source);
      }
    }
    return sources;
  }

  static SourceScope scope_of(const SourceConfig& source) {
    return source.type->source_scope != nullptr ? source.type->source_scope(source.options, source.name)
                                                : SourceScope{};
  }

  static bool may_bring(const SourceScope& scope, const TopicFilter& filter) {
    return scope.topics.empty() || std::ranges::any_of(scope.topics, [&](const std::string& topic) {
             const auto parsed = TopicFilter::parse(topic);
             return !parsed || overlap(*parsed, filter);
           });
  }

  void check_topic(const RouteConfig& route) {
    const auto sources = sources_of(route);
    std::string topics;
    for (const SourceConfig* source : sources) {
      const SourceScope scope = scope_of(*source);
      if (may_bring(scope, route.topic)) return;
      topics += fmt::format("{}{} ({})", topics.empty() ? "" : "; ", fmt::join(scope.topics, ", "), source->name);
    }
    if (sources.empty()) return;
    warn(route, fmt::format("never matches: no source of it brings topics like {}; they bring {}",
                            quote(route.topic.text()), topics));
  }

  void check_captures(const RouteConfig& route) {
    for (const TopicFilter::Level& level : route.topic.levels()) {
      if (level.kind != Kind::capture || std::ranges::find(kEventNames, level.text) == kEventNames.end()) continue;
      warn(route, fmt::format(
                      "the capture {{{}}} hides the event's own {} where a sink's topic names it; give it another name",
                      level.text, level.text));
    }
  }

  void check_pattern(const RouteConfig& route, const EventPattern& pattern) {
    if (const auto why = pattern.never_matches()) warn(route, "never matches: " + *why);
    const auto& levels = route.topic.levels();
    for (const PatternField& field : pattern.fields()) {
      if (!field.name.starts_with(kCaptureFields)) continue;
      const std::string_view name = std::string_view(field.name).substr(kCaptureFields.size());
      const bool known = std::ranges::any_of(
          levels, [name](const auto& level) { return level.kind == Kind::capture && level.text == name; });
      if (known) continue;
      diagnostics_.warning(field.at, fmt::format("routes.{}.match: {} has no value: the topic {} has no {{{}}}",
                                                 route.name, field.name, quote(route.topic.text()), name));
    }
    const auto sources = sources_of(route);
    const bool json = sources.empty() ||
                      std::ranges::any_of(sources, [](const SourceConfig* source) { return scope_of(*source).json; });
    if (!json && pattern.needs_data()) {
      warn(route, "never matches: its pattern needs a payload that is JSON, which no source of it brings");
    }
  }

  /// A route all of whose events another one takes to the same sink: each of them arrives there twice.
  void check_twice(std::size_t index) {
    const RouteConfig& route = config_.routes[index];
    for (std::size_t other = 0; other < config_.routes.size(); ++other) {
      const RouteConfig& wider = config_.routes[other];
      // Of two routes that are the same only the second is reported.
      if (other == index || wider.match || !covers(wider.topic, route.topic) || !takes_sources_of(wider, route))
        continue;
      // Sums and the events that they sum up are not the same twice.
      if (sums_up(wider) != sums_up(route)) continue;
      const bool same = !route.match && covers(route.topic, wider.topic) && takes_sources_of(route, wider);
      if (same && other > index) continue;
      for (const std::string& sink : route.to) {
        if (std::ranges::find(wider.to, sink) == wider.to.end()) continue;
        warn(route, fmt::format("all of its events reach sink {} by route {} too, and so twice", quote(sink),
                                quote(wider.name)));
      }
    }
  }

  static bool sums_up(const RouteConfig& route) { return !route.reduce.empty() && route.reduce.back().window; }
  static bool takes_sources_of(const RouteConfig& wider, const RouteConfig& route) {
    return wider.from.empty() || (!route.from.empty() && std::ranges::all_of(route.from, [&](const std::string& name) {
             return std::ranges::find(wider.from, name) != wider.from.end();
           }));
  }

  const Config& config_;
  Diagnostics& diagnostics_;
};

}  // namespace

bool overlap(const TopicFilter& a, const TopicFilter& b) noexcept {
  if (dollar_apart(a, b) || dollar_apart(b, a)) return false;
  const auto& left = a.levels();
  const auto& right = b.levels();
  for (std::size_t i = 0;; ++i) {
    const bool left_rest = i < left.size() && left[i].kind == Kind::rest;
    const bool right_rest = i < right.size() && right[i].kind == Kind::rest;
    if (left_rest || right_rest) return true;
    if (i == left.size() || i == right.size()) {
      // "a/#" matches "a" as well.
      return left.size() == right.size();
    }
    if (left[i].kind == Kind::literal && right[i].kind == Kind::literal && left[i].text != right[i].text) return false;
  }
}

bool covers(const TopicFilter& a, const TopicFilter& b) noexcept {
  if (dollar_apart(a, b)) return false;
  const auto& wide = a.levels();
  const auto& narrow = b.levels();
  for (std::size_t i = 0;; ++i) {
    if (i < wide.size() && wide[i].kind == Kind::rest) return true;
    if (i == wide.size() || i == narrow.size()) return wide.size() == narrow.size();
    if (narrow[i].kind == Kind::rest) return false;
    if (wide[i].kind == Kind::literal && (narrow[i].kind != Kind::literal || wide[i].text != narrow[i].text))
      return false;
  }
}

void warn_about_routes(const Config& config, Diagnostics& diagnostics) { RouteCheck(config, diagnostics).run(); }

}  // namespace tidegate
