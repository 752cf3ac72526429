#include "gateway/routing/route_table.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "gateway/routing/pattern_matcher.h"
#include "gateway/routing/topic_levels.h"

namespace tidegate {

namespace {

using Index = std::uint32_t;
constexpr Index kNone = 0;  // index 0 is the root, which nothing points to; and the leaf that wants nothing

/// The lanes of all routes whose filter ends at one place of the trie.
struct Leaf {
  std::vector<LaneId> of_every_source;
  std::map<SourceId, std::vector<LaneId>> by_source;
  bool has_patterns = false;  ///< some route that ends here has one; its lanes are not in this leaf

  void append(SourceId source, std::vector<LaneId>& lanes) const {
    lanes.insert(lanes.end(), of_every_source.begin(), of_every_source.end());
    if (by_source.empty()) return;
    if (const auto it = by_source.find(source); it != by_source.end()) {
      lanes.insert(lanes.end(), it->second.begin(), it->second.end());
    }
  }
};

struct Node {
  Index one = kNone;        ///< the node behind a + or a capture
  Index rest_leaf = kNone;  ///< of filters that end here with #
  Index end_leaf = kNone;   ///< of filters that end here
  bool has_literals = false;
};

}  // namespace

/// Nodes and leaves by index. The literal children of all nodes share one open-addressed hash table: a step down the
/// trie is one hash of the level and, nearly always, one comparison.
struct RouteTable::Trie {
  struct Edge {
    std::size_t hash = 0;
    Index parent = 0;
    Index child = kNone;
    std::string level;
  };

  std::vector<Node> nodes{Node{}};
  std::vector<Leaf> leaves{Leaf{}};
  std::vector<Edge> edges;  ///< empty, or a power of two of slots, at most half of them taken
  std::size_t edges_used = 0;

  static std::size_t hash_of(Index parent, std::string_view level) noexcept {
    return std::hash<std::string_view>{}(level) ^ (std::size_t{parent} * 0x9E3779B97F4A7C15u);
  }

  [[nodiscard]] Index child(Index parent, std::string_view level) const noexcept {
    const std::size_t hash = hash_of(parent, level);
    const std::size_t mask = edges.size() - 1;
    for (std::size_t slot = hash & mask; edges[slot].child != kNone; slot = (slot + 1) & mask) {
      const Edge& edge = edges[slot];
      if (edge.hash == hash && edge.parent == parent && edge.level == level) return edge.child;
    }
    return kNone;
  }

  void place(Edge edge) {
    const std::size_t mask = edges.size() - 1;
    std::size_t slot = edge.hash & mask;
    while (edges[slot].child != kNone) slot = (slot + 1) & mask;
    edges[slot] = std::move(edge);
  }

  void grow() {
    std::vector<Edge> old(std::max<std::size_t>(16, edges.size() * 2));
    old.swap(edges);
    for (Edge& edge : old) {
      if (edge.child != kNone) place(std::move(edge));
    }
  }

  Index add_node() {
    nodes.emplace_back();
    return static_cast<Index>(nodes.size() - 1);
  }

  Index literal_child(Index parent, const std::string& level) {
    if (nodes[parent].has_literals) {
      if (const Index found = child(parent, level); found != kNone) return found;
    }
    if (edges_used * 2 >= edges.size()) grow();
    const Index fresh = add_node();
    nodes[parent].has_literals = true;
    place({hash_of(parent, level), parent, fresh, level});
    ++edges_used;
    return fresh;
  }

  Index one_child(Index parent) {
    if (nodes[parent].one == kNone) {
      const Index fresh = add_node();
      nodes[parent].one = fresh;
    }
    return nodes[parent].one;
  }

  /// The leaf where the rule's filter ends.
  Index add(const RouteRule& rule) {
    using Kind = TopicFilter::Level::Kind;
    Index node = 0;
    bool rest = false;
    for (const TopicFilter::Level& level : rule.filter.levels()) {
      if (level.kind == Kind::rest) {
        rest = true;
      } else {
        node = level.kind == Kind::literal ? literal_child(node, level.text) : one_child(node);
      }
    }
    Index& leaf = rest ? nodes[node].rest_leaf : nodes[node].end_leaf;
    if (leaf == kNone) {
      leaves.emplace_back();
      leaf = static_cast<Index>(leaves.size() - 1);
    }
    if (rule.match) {
      leaves[leaf].has_patterns = true;
      return leaf;
    }
    const auto give = [&rule](std::vector<LaneId>& to) { to.insert(to.end(), rule.lanes.begin(), rule.lanes.end()); };
    if (rule.from.empty()) give(leaves[leaf].of_every_source);
    for (const SourceId source : rule.from) give(leaves[leaf].by_source[source]);
    return leaf;
  }
};

namespace {

/// One walk down the trie, for one topic.
struct Walk {
  const std::vector<Node>& nodes;
  const std::vector<Leaf>& leaves;
  SourceId source;
  std::vector<LaneId>& lanes;
  std::vector<Index>& with_patterns;  ///< leaves of this topic that have patterns
  std::size_t visited = 0;

  void take(Index leaf) {
    leaves[leaf].append(source, lanes);
    if (leaves[leaf].has_patterns) with_patterns.push_back(leaf);
  }

  template <class Child>
  void visit(Index index, TopicLevels rest, bool wildcards, const Child& child) {
    ++visited;
    const Node& node = nodes[index];
    if (node.rest_leaf != kNone && wildcards) take(node.rest_leaf);
    if (rest.at_end()) {
      if (node.end_leaf != kNone) take(node.end_leaf);
      return;
    }
    const std::string_view level = rest.next();
    if (node.one != kNone && wildcards) visit(node.one, rest, true, child);
    if (!node.has_literals) return;
    if (const Index next = child(index, level); next != kNone) visit(next, rest, true, child);
  }
};

}  // namespace

/// The routes with patterns. The matcher says whose pattern holds; whether topic and source are theirs as well is asked
/// of those only.
struct RouteTable::Patterns {
  struct Rule {
    Index leaf;  ///< where its filter ends
    std::vector<SourceId> from;
    std::vector<LaneId> lanes;
  };
  std::vector<Rule> rules;
  PatternMatcher matcher;  ///< with the indices of `rules`
};

RouteTable::RouteTable(const std::vector<RouteRule>& rules) {
  auto trie = std::make_unique<Trie>();
  std::vector<Patterns::Rule> with_patterns;
  std::vector<PatternRule> patterns;
  for (const RouteRule& rule : rules) {
    const Index leaf = trie->add(rule);
    if (!rule.match) continue;
    with_patterns.push_back({leaf, rule.from, rule.lanes});
    patterns.push_back({*rule.match, &rule.filter});
  }
  trie_ = std::move(trie);
  if (!patterns.empty()) {
    patterns_ = std::make_unique<const Patterns>(Patterns{std::move(with_patterns), PatternMatcher(patterns)});
  }
}

RouteTable::~RouteTable() = default;
RouteTable::RouteTable(RouteTable&&) noexcept = default;
RouteTable& RouteTable::operator=(RouteTable&&) noexcept = default;

void RouteTable::match_patterns(SourceId source, const Event& event, Scratch& scratch,
                                std::vector<LaneId>& lanes) const {
  scratch.rules_.clear();
  patterns_->matcher.match(event, scratch.matcher_, scratch.rules_);
  for (const std::uint32_t index : scratch.rules_) {
    const Patterns::Rule& rule = patterns_->rules[index];
    if (std::ranges::find(scratch.leaves_, rule.leaf) == scratch.leaves_.end()) continue;
    if (!rule.from.empty() && std::ranges::find(rule.from, source) == rule.from.end()) continue;
    lanes.insert(lanes.end(), rule.lanes.begin(), rule.lanes.end());
  }
}

std::size_t RouteTable::match(SourceId source, const Event& event, Scratch& scratch, std::vector<LaneId>& lanes) const {
  const auto first = static_cast<std::ptrdiff_t>(lanes.size());
  std::vector<Index>& leaves = scratch.leaves_;
  leaves.clear();
  Walk walk{trie_->nodes, trie_->leaves, source, lanes, leaves};
  // A leading wildcard does not match topics that begin with $ (MQTT 5.0, section 4.7.2).
  walk.visit(0, TopicLevels(event.subject), !event.subject.starts_with('$'),
             [this](Index parent, std::string_view level) { return trie_->child(parent, level); });
  if (!leaves.empty()) match_patterns(source, event, scratch, lanes);
  const auto begin = lanes.begin() + first;
  if (lanes.end() - begin > 1) {
    std::sort(begin, lanes.end());
    lanes.erase(std::unique(begin, lanes.end()), lanes.end());
  }
  return walk.visited;
}

}  // namespace tidegate
