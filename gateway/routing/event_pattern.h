#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/base/config_node.h"
#include "gateway/base/result.h"
#include "gateway/event/event.h"

namespace tidegate {

struct PatternAst;

/// What the levels of a topic are called in a route: names and values (TopicFilter::captures).
using PatternCaptures = std::vector<std::pair<std::string_view, std::string_view>>;

/// A field that a pattern names, and where.
struct PatternField {
  std::string name;  ///< "data.value", "captures.site", "qos"
  Position at;
};

/// Which events matter, in the pattern language of Amazon EventBridge (docs/route-by-content.md). A pattern sees an
/// event as one JSON object: `id`, `source`, `type`, `subject`, `time` (RFC 3339 with milliseconds), `datacontenttype`
/// (when there is one), `captures.<name>`, every attribute under its name, and `data`, the payload when that is JSON
/// whatever its type says (is_embeddable_json). An attribute hides none of the other names; of an attribute that comes
/// twice, each value counts. Of a payload that is not JSON no condition on `data` holds, `exists: false` included.
/// Immutable, cheap to copy. *Threads*: safe from any.
///
/// *Source*: event-ruler 2.0; where we differ: docs/decisions/0017-event-patterns.md
class EventPattern {
 public:
  /// From a config: a map, or a scalar that holds JSON text. *Errors*: the first mistake with its place and its remedy.
  static std::variant<EventPattern, TreeFault> compile(const ConfigNode& node);
  /// From JSON text. *Errors*: invalid; the message begins with line:column.
  static Result<EventPattern> parse_json(std::string_view json);

  /// The plain evaluator: what PatternMatcher is measured against. Parses the payload each time; microseconds.
  [[nodiscard]] bool matches(const Event& event, const PatternCaptures& captures) const;
  /// Nothing when the pattern holds; else the first condition that does not, and why: "data.value is 21.5, wanted >
  /// 80".
  [[nodiscard]] std::optional<std::string> why_not(const Event& event, const PatternCaptures& captures) const;

  /// Whether every way to satisfy the pattern needs a payload that is JSON.
  [[nodiscard]] bool needs_data() const noexcept;
  /// A sentence when no event can satisfy the pattern (as far as is seen).
  [[nodiscard]] std::optional<std::string> never_matches() const;
  /// Each name once, in the order of the text.
  [[nodiscard]] std::vector<PatternField> fields() const;

  [[nodiscard]] const PatternAst& ast() const noexcept { return *ast_; }

 private:
  explicit EventPattern(std::shared_ptr<const PatternAst> ast) : ast_(std::move(ast)) {}

  std::shared_ptr<const PatternAst> ast_;  ///< shared by copies, which a config and its tables hold side by side
};

}  // namespace tidegate
