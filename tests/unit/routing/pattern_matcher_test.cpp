#include "gateway/routing/pattern_matcher.h"

#include <gtest/gtest.h>

#include "tests/unit/routing/pattern_verdicts.h"
#include "tests/unit/routing/random_patterns.h"

namespace tidegate {
namespace {

using test::data_event;
using test::kVerdicts;
using test::RandomPatterns;
using Indices = std::vector<std::uint32_t>;

EventPattern pattern(const std::string& json) {
  auto parsed = EventPattern::parse_json(json);
  EXPECT_TRUE(parsed.has_value()) << json << ": " << (parsed ? "" : parsed.error().message);
  return *parsed;
}

/// A matcher with what the rules came from.
struct Matched {
  explicit Matched(std::vector<PatternRule> of) : rules(std::move(of)), matcher(rules) {}

  /// The rules that hold, by the matcher.
  Indices operator()(const Event& event) {
    Indices out;
    matcher.match(event, scratch, out);
    return out;
  }

  /// The rules that hold, by the evaluator.
  [[nodiscard]] Indices expected(const Event& event) const {
    Indices out;
    for (std::uint32_t i = 0; i < rules.size(); ++i) {
      const auto* filter = rules[i].filter;
      const PatternCaptures captures = filter ? filter->captures(event.subject) : PatternCaptures{};
      if (rules[i].pattern.matches(event, captures)) out.push_back(i);
    }
    return out;
  }

  std::vector<PatternRule> rules;
  PatternMatcher matcher;
  PatternMatcher::Scratch scratch;
};

TEST(PatternMatcher, SaysOfEachOperatorWhatTheEvaluatorSays) {
  std::vector<PatternRule> all;
  for (const auto& one : kVerdicts) all.push_back({pattern(one.pattern)});
  Matched together(std::move(all));
  for (const auto& one : kVerdicts) {
    Matched alone({{pattern(one.pattern)}});
    for (const std::string& data : one.holds_for) EXPECT_EQ(alone(data_event(data)), Indices{0}) << one.pattern << data;
    for (const std::string& data : one.fails_for) EXPECT_EQ(alone(data_event(data)), Indices{}) << one.pattern << data;
    for (const auto* list : {&one.holds_for, &one.fails_for}) {
      for (const std::string& data : *list) {
        EXPECT_EQ(together(data_event(data)), together.expected(data_event(data))) << data;
      }
    }
  }
}

TEST(PatternMatcher, AgreesWithTheEvaluatorOnRandomRulesAndEvents) {
  std::size_t held = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    RandomPatterns random(seed);
    const TopicFilter filter = *TopicFilter::parse("{one}/{two}/#");
    std::vector<PatternRule> rules;
    while (rules.size() < 40) rules.push_back({pattern(random.pattern()), rules.size() % 2 == 0 ? &filter : nullptr});
    Matched matched(std::move(rules));
    for (int i = 0; i < 50; ++i) {
      const Event event = random.event();
      const Indices expected = matched.expected(event);
      held += expected.size();
      ASSERT_EQ(matched(event), expected) << "seed " << seed << ", event " << i << ": " << event.data;
    }
  }
  EXPECT_GT(held, 5'000) << "patterns that never hold test nothing";
}

TEST(PatternMatcher, ACaptureIsTheLevelThatItsOwnFilterNames) {
  const TopicFilter site_first = *TopicFilter::parse("{site}/{room}");
  const TopicFilter site_last = *TopicFilter::parse("plant/+/{site}/#");
  const EventPattern wanted = pattern(R"({"captures":{"site":["north"]}})");
  Matched matched({{wanted, &site_first}, {wanted, &site_last}, {wanted}});
  Event event;
  event.subject = "north/cellar";
  EXPECT_EQ(matched(event), Indices{0});
  event.subject = "plant/7/north/cellar";
  EXPECT_EQ(matched(event), Indices{1});
  event.subject = "plant/7";
  EXPECT_EQ(matched(event), Indices{});
}

TEST(PatternMatcher, AppendsToWhatIsThereAndLeavesNothingBehindInItsScratch) {
  Matched matched({{pattern(R"({"data":{"a":[1]}})")}, {pattern(R"({"data":{"a":[{"exists":false}]}})")}});
  Indices out{7};
  matched.matcher.match(data_event(R"({"a":1})"), matched.scratch, out);
  matched.matcher.match(data_event("{}"), matched.scratch, out);
  matched.matcher.match(data_event("{"), matched.scratch, out);
  EXPECT_EQ(out, (Indices{7, 0, 1}));
  Matched other({{pattern(R"({"type":["x"]})")}});
  out.clear();
  Event event = data_event("1");
  event.type = "x";
  other.matcher.match(event, matched.scratch, out);
  EXPECT_EQ(out, Indices{0}) << "a scratch serves several matchers";
}

}  // namespace
}  // namespace tidegate
