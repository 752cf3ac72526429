#include "gateway/routing/pattern_matcher.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <functional>

#include "gateway/event/limits.h"
#include "gateway/routing/limits.h"
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

/// How many steps a matcher of these patterns takes for an event, and how many hold.
std::pair<std::size_t, std::size_t> effort(const std::vector<std::string>& patterns, const Event& event) {
  std::vector<PatternRule> rules;
  for (const std::string& json : patterns) rules.push_back({pattern(json)});
  PatternMatcher::Scratch scratch;
  Indices out;
  const std::size_t steps = PatternMatcher(rules).match(event, scratch, out);
  return {steps, out.size()};
}

std::vector<std::string> many(std::size_t count, const std::function<std::string(std::size_t)>& make) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(make(i));
  return out;
}

std::string array_of(std::size_t count, const std::function<std::string(std::size_t)>& make) {
  std::string out = "[";
  for (std::size_t i = 0; i < count; ++i) out += (i > 0 ? "," : "") + make(i);
  return out + "]";
}

TEST(PatternMatcherEffort, DoesNotGrowWithRulesThatWantOtherValues) {
  const auto rules = many(10'000, [](std::size_t i) {
    switch (i % 6) {
      case 0: return fmt::format(R"({{"data":{{"a":["device-{}"],"b":[{{"exists":true}}]}}}})", i);
      case 1: return fmt::format(R"({{"data":{{"a":[{{"prefix":"device-{}/"}}]}}}})", i);
      case 2: return fmt::format(R"({{"data":{{"a":[{{"suffix":"/{}"}}]}}}})", i);
      case 3: return fmt::format(R"({{"data":{{"a":[{{"wildcard":"*-{}-*"}}]}}}})", i);
      case 4: return fmt::format(R"({{"data":{{"b":[{{"numeric":[">",{},"<=",{}.5]}}]}}}})", i, i);
      default: return fmt::format(R"({{"data":{{"a":[{{"equals-ignore-case":"DEVICE-{}"}}]}}}})", i);
    }
  });
  const auto [steps, held] = effort(rules, data_event(R"({"a":"device-6","b":4.25})"));
  EXPECT_EQ(held, 2u) << "device-6 with b, and 4 < b <= 4.5";
  EXPECT_LT(steps, 20u);
}

TEST(PatternMatcherEffort, WildcardsOfManyStarsTakeAStepForEachRule) {
  const auto rules = many(10'000, [](std::size_t i) {
    return fmt::format(
        R"({{"data":{{"a":[{{"wildcard":"*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a{}*"}}]}}}})", i);
  });
  const auto [steps, held] = effort(rules, data_event("{\"a\":\"" + std::string(20'000, 'a') + "7\"}"));
  EXPECT_EQ(held, 1u);
  EXPECT_LT(steps, 20'000u);
}

TEST(PatternMatcherEffort, OfAMebibyteOfNumbersEachRangeLooksUpItsOwn) {
  const auto rules = many(2'000, [](std::size_t i) {
    return fmt::format(R"({{"data":{{"a":[{{"numeric":[">",{}]}},{{"anything-but":[{}]}}]}}}})", i, i);
  });
  const std::string numbers = array_of(150'000, [](std::size_t i) { return std::to_string(i); });
  const auto [steps, held] = effort(rules, data_event("{\"a\":" + numbers + "}"));
  EXPECT_EQ(held, 2'000u);
  EXPECT_LT(steps, 150'000u + 10 * 2'000u);
  const std::string same = array_of(500'000, [](std::size_t) { return "7"; });
  EXPECT_LT(effort(rules, data_event("{\"a\":" + same + "}")).first, 10 * 2'000u);
}

TEST(PatternMatcherEffort, ElementsOfALongArrayAreTriedOnceAndNotAgainstEachOther) {
  const std::string readings = array_of(20'000, [](std::size_t i) {
    return fmt::format(R"({{"kind":"k{}","value":{}}})", i % 2, i == 19'999 ? 7 : i % 2);
  });
  const Event event = data_event("{\"readings\":" + readings + "}");
  const auto rule = [](const char* kind, const char* value) {
    return fmt::format(R"({{"data":{{"readings":{{"kind":["{}"],"value":[{}]}}}}}})", kind, value);
  };
  const auto [steps, held] = effort({rule("k0", "1"), rule("k1", "7"), rule("k0", R"({"exists":false})")}, event);
  EXPECT_EQ(held, 1u) << "only the last reading has 7, and it is of k1";
  EXPECT_LT(steps, 30 * 20'000u);
}

TEST(PatternMatcherEffort, ArraysThatAreNamedTwiceCostNoMoreThanTheLimit) {
  std::string data = "{";
  std::string wanted;
  for (int i = 0; i < 24; ++i) {
    const std::string list =
        array_of(12, [i](std::size_t k) { return fmt::format(R"({{"f{}":{}}})", (i + k) % 24, k); });
    data += (i > 0 ? R"(,"a":)" : R"("a":)") + list;
    wanted += fmt::format(R"({}"f{}":[{{"exists":true}}])", i > 0 ? "," : "", i);
  }
  const auto [steps, held] =
      effort({R"({"data":{"a":{)" + wanted + R"(},"b":[{"exists":false}]}})"}, data_event(data + "}"));
  EXPECT_LE(steps, 10 * limits::kPatternChoicesMax);
  EXPECT_LE(held, 1u);
}

std::size_t memory_in_use() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST(PatternMatcherEffort, AfterALongArrayItsMemoryIsGivenBack) {
  Matched matched({{pattern(R"({"data":{"a":{"b":[1],"c":[{"anything-but":2}]}}})")}});
  EXPECT_EQ(matched(data_event(R"({"a":[{"b":1,"c":1}]})")), Indices{0});
  const auto before = memory_in_use();
  {
    const Event event = data_event(R"({"a":)" + array_of(50'000, [](std::size_t) { return R"({"b":1,"c":2})"; }) + "}");
    EXPECT_EQ(matched(event), Indices{});
  }
  EXPECT_LT(memory_in_use(), before + 500'000);
}

TEST(PatternMatcher, ReadsAsDeepAsAnEnvelopeMayNest) {
  Matched matched({{pattern(R"({"data":{"a":[1]}})")}, {pattern(R"({"data":{"b":[{"exists":false}]}})")}});
  const auto nested = [](std::size_t depth) {
    return R"({"a":1,"x":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_EQ(matched(data_event(nested(limits::kJsonDepthMax - 1))), (Indices{0, 1}));
  EXPECT_EQ(matched(data_event(nested(limits::kJsonDepthMax))), Indices{}) << "no JSON";
  EXPECT_EQ(matched(data_event(std::string(1'000'000, '['))), Indices{});
}

}  // namespace
}  // namespace tidegate
