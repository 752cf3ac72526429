#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "gateway/base/ids.h"
#include "gateway/event/event.h"
#include "gateway/routing/event_pattern.h"
#include "gateway/routing/pattern_matcher.h"
#include "gateway/routing/topic_filter.h"

namespace tidegate {

/// A route as the table needs it. `from` empty: every source.
struct RouteRule {
  std::vector<SourceId> from;
  TopicFilter filter;
  std::vector<LaneId> lanes;
  std::optional<EventPattern> match = std::nullopt;
};

/// All routes compiled: topics into one trie of levels, patterns into one matcher. Matching takes time that does not
/// grow with the number of routes that don't match. The payload is parsed once, and only when a route with a pattern
/// has this topic. Immutable. *Threads*: safe from any.
class RouteTable {
 public:
  explicit RouteTable(const std::vector<RouteRule>& rules);
  ~RouteTable();
  RouteTable(RouteTable&&) noexcept;
  RouteTable& operator=(RouteTable&&) noexcept;

  /// Room to work in, used again from event to event. *Threads*: one user at a time.
  class Scratch {
    friend class RouteTable;
    std::vector<std::uint32_t> leaves_;  ///< of the trie, where filters end that match the topic
    std::vector<std::uint32_t> rules_;   ///< whose patterns hold
    PatternMatcher::Scratch matcher_;
  };

  /// Appends the lanes that want an event of this source to `lanes`: ascending, each once. Allocates nothing but room
  /// in `lanes` and `scratch`. Returns the number of trie nodes it visited, which is what the time of its topics is
  /// made of.
  std::size_t match(SourceId source, const Event& event, Scratch& scratch, std::vector<LaneId>& lanes) const;

 private:
  struct Trie;
  struct Patterns;
  /// Adds the lanes of routes with patterns that want the event; its topic's leaves are in `scratch`.
  void match_patterns(SourceId source, const Event& event, Scratch& scratch, std::vector<LaneId>& lanes) const;

  std::unique_ptr<const Trie> trie_;
  std::unique_ptr<const Patterns> patterns_;  ///< null: no route has one
};

}  // namespace tidegate
