#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "gateway/base/ids.h"
#include "gateway/routing/topic_filter.h"

namespace tidegate {

/// A route as the table needs it. `from` empty: every source.
struct RouteRule {
  std::vector<SourceId> from;
  TopicFilter filter;
  std::vector<LaneId> lanes;
};

/// All routes compiled into one trie of topic levels. Matching takes time that does not grow with the number of routes
/// that don't match, and allocates nothing but room in `lanes`. Immutable. *Threads*: safe from any.
class RouteTable {
 public:
  explicit RouteTable(const std::vector<RouteRule>& rules);
  ~RouteTable();
  RouteTable(RouteTable&&) noexcept;
  RouteTable& operator=(RouteTable&&) noexcept;

  /// Appends the lanes that want an event of this source and topic to `lanes`: ascending, each once.
  /// Returns the number of trie nodes it visited, which is what its time is made of.
  std::size_t match(SourceId source, std::string_view topic, std::vector<LaneId>& lanes) const;

 private:
  struct Trie;
  std::unique_ptr<const Trie> trie_;
};

}  // namespace tidegate
