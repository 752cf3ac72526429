#include "patterns_fuzz.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gateway/routing/pattern_matcher.h"
#include "tests/fuzz/require.h"

namespace tidegate {

using test::require;

void match_any_patterns(std::string_view bytes) {
  constexpr std::size_t kRulesMax = 20;
  std::vector<PatternRule> rules;
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    const std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    if (line.empty() || rules.size() == kRulesMax) break;
    if (auto pattern = EventPattern::parse_json(line)) rules.push_back({*std::move(pattern)});
  }
  Event event;
  event.id = "1";
  event.type = "reading";
  event.subject = "a/b";
  event.attributes = {{"qos", "1"}, {"a.b", "x"}};
  event.data = bytes;
  std::vector<std::uint32_t> expected;
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    if (rules[i].pattern.matches(event, {})) expected.push_back(i);
    const bool holds = !expected.empty() && expected.back() == i;
    require(rules[i].pattern.why_not(event, {}).has_value() != holds, "a reason exactly when a pattern does not hold");
  }
  static PatternMatcher::Scratch scratch;
  std::vector<std::uint32_t> matched;
  PatternMatcher(rules).match(event, scratch, matched);
  require(matched == expected, "the matcher says what the evaluator says");
}

}  // namespace tidegate
