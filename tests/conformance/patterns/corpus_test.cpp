#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/routing/event_pattern.h"
#include "gateway/routing/pattern_matcher.h"

/// The corpora of event-ruler's verdicts, which lie beside the source tree (../shared/data/event-patterns): every case
/// must get the verdict of the real engine. Without them the tests are skipped; tests/unit/routing has cases of its
/// own.
namespace tidegate {
namespace {

using Json = nlohmann::json;

std::vector<Json> read_corpus(const std::string& name) {
  std::vector<Json> cases;
  std::ifstream file(std::filesystem::path(TIDEGATE_PATTERN_CORPORA) / name);
  for (std::string line; std::getline(file, line);) cases.push_back(Json::parse(line));
  return cases;
}

/// The engine's patterns see a bare JSON object, ours an envelope with the object as `data`: so the pattern moves
/// there.
Result<EventPattern> for_data(const std::string& pattern) {
  return EventPattern::parse_json("{\"data\":" + pattern + "}");
}

Event with_data(const std::string& data) {
  Event event;
  event.data = data;
  return event;
}

class Corpus : public testing::Test {
 protected:
  void agree(const std::string& name) {
    const std::vector<Json> cases = read_corpus(name);
    if (cases.empty()) GTEST_SKIP() << "no " << name << " in " << TIDEGATE_PATTERN_CORPORA;
    std::size_t agreed = 0;
    std::size_t explained = 0;
    std::size_t matched = 0;
    PatternMatcher::Scratch scratch;
    for (const Json& one : cases) {
      const auto pattern = for_data(one["pattern"]);
      const bool expected = one["match"];
      if (!pattern) {
        ADD_FAILURE() << one["name"] << ": " << pattern.error().message << "\n" << one["pattern"];
        continue;
      }
      const Event event = with_data(one["event"]);
      const bool matches = pattern->matches(event, {});
      agreed += matches == expected ? 1 : 0;
      explained += pattern->why_not(event, {}).has_value() != matches ? 1 : 0;
      std::vector<std::uint32_t> rules;
      PatternMatcher({{*pattern}}).match(event, scratch, rules);
      matched += rules.size() == (expected ? 1 : 0) ? 1 : 0;
      EXPECT_EQ(matches, expected) << one["name"] << "\n" << one["pattern"] << "\n" << one["event"];
    }
    std::printf("%s: %zu of %zu verdicts agree with event-ruler\n", name.c_str(), agreed, cases.size());
    EXPECT_EQ(matched, cases.size()) << "verdicts of the matcher";
    EXPECT_EQ(explained, cases.size()) << "a reason exactly when a pattern does not match";
  }
};

TEST_F(Corpus, CasesAgreeWithTheEngine) { agree("cases.jsonl"); }

TEST_F(Corpus, RandomCasesAgreeWithTheEngine) { agree("fuzz.jsonl"); }

TEST_F(Corpus, WhatTheEngineRefusesIsRefused) {
  const std::vector<Json> cases = read_corpus("validity.jsonl");
  if (cases.empty()) GTEST_SKIP() << "no validity.jsonl in " << TIDEGATE_PATTERN_CORPORA;
  std::size_t agreed = 0;
  for (const Json& one : cases) {
    const auto pattern = EventPattern::parse_json(one["pattern"].get<std::string>());
    const bool expected = one["valid"];
    agreed += pattern.has_value() == expected ? 1 : 0;
    EXPECT_EQ(pattern.has_value(), expected) << one["name"] << " " << one["pattern"] << "\n"
                                             << (pattern ? "" : pattern.error().message);
  }
  std::printf("validity.jsonl: %zu of %zu verdicts agree with event-ruler\n", agreed, cases.size());
}

/// Under which heading of docs/decisions/0017 a case falls whose verdict depends on the engine's innards.
std::string_view class_of(const Json& quirk) {
  const std::string why = quirk["why"];
  if (why.find("text after the closing brace") != std::string::npos) return "text behind the pattern";
  if (why.find("ArrayIndexOutOfBounds") != std::string::npos) return "bounds at the end of the doubles";
  if (why.find("IPv6") != std::string::npos) return "addresses of two families";
  if (why.find("Double.toString") == std::string::npos) return "";
  const std::string text = quirk["pattern"].get<std::string>() + quirk.value("event", "");
  if (text.find("e-324") != std::string::npos) return "the smallest double";
  return text.find("1e23") != std::string::npos || text.find("1E23") != std::string::npos
             ? "which numbers have an order"
             : "";
}

TEST_F(Corpus, EachQuirkOfTheEngineFallsUnderADecision) {
  const std::vector<Json> cases = read_corpus("quirks.jsonl");
  if (cases.empty()) GTEST_SKIP() << "no quirks.jsonl in " << TIDEGATE_PATTERN_CORPORA;
  struct Count {
    std::size_t agree = 0;
    std::size_t differ = 0;
  };
  std::map<std::string_view, Count> counts;
  for (const Json& one : cases) {
    const auto pattern = for_data(one["pattern"]);
    bool agrees = false;
    if (one.contains("event") && pattern) {
      const Event event = with_data(one["event"]);
      const bool matches = pattern->matches(event, {});
      std::vector<std::uint32_t> rules;
      PatternMatcher::Scratch scratch;
      PatternMatcher({{*pattern}}).match(event, scratch, rules);
      EXPECT_EQ(rules.empty(), !matches) << one["pattern"];
      agrees = matches == one["match"].get<bool>();
    } else if (one.contains("valid")) {
      agrees = pattern.has_value() == one["valid"].get<bool>();
    }  // else: the engine takes a pattern that we refuse
    const std::string_view name = class_of(one);
    EXPECT_FALSE(name.empty()) << one["name"] << "\n" << one["pattern"] << "\n" << one["why"];
    ++(agrees ? counts[name].agree : counts[name].differ);
  }
  for (const auto& [name, count] : counts) {
    std::printf("quirks.jsonl, %.*s: %zu agree, %zu differ\n", static_cast<int>(name.size()), name.data(), count.agree,
                count.differ);
  }
}

}  // namespace
}  // namespace tidegate
