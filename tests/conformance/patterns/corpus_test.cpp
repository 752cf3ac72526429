#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
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

}  // namespace
}  // namespace tidegate
