#include "gateway/routing/pattern_matcher.h"

#include <optional>
#include <utility>

namespace tidegate {

struct PatternMatcher::Scratch::Parts {};

struct PatternMatcher::Index {
  struct Rule {
    EventPattern pattern;
    std::optional<TopicFilter> filter;
  };
  std::vector<Rule> rules;
};

PatternMatcher::PatternMatcher(const std::vector<PatternRule>& rules) {
  auto index = std::make_unique<Index>();
  for (const PatternRule& rule : rules) {
    index->rules.push_back({rule.pattern, rule.filter ? std::optional(*rule.filter) : std::nullopt});
  }
  index_ = std::move(index);
}

PatternMatcher::~PatternMatcher() = default;
PatternMatcher::PatternMatcher(PatternMatcher&&) noexcept = default;
PatternMatcher& PatternMatcher::operator=(PatternMatcher&&) noexcept = default;

PatternMatcher::Scratch::Scratch() : parts_(std::make_unique<Parts>()) {}
PatternMatcher::Scratch::~Scratch() = default;
PatternMatcher::Scratch::Scratch(Scratch&&) noexcept = default;
PatternMatcher::Scratch& PatternMatcher::Scratch::operator=(Scratch&&) noexcept = default;

std::size_t PatternMatcher::match(const Event& event, Scratch& /*scratch*/, std::vector<std::uint32_t>& rules) const {
  for (std::uint32_t i = 0; i < index_->rules.size(); ++i) {
    const auto& [pattern, filter] = index_->rules[i];
    if (pattern.matches(event, filter ? filter->captures(event.subject) : PatternCaptures{})) rules.push_back(i);
  }
  return index_->rules.size();
}

}  // namespace tidegate
