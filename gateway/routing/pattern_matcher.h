#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "gateway/event/event.h"
#include "gateway/routing/event_pattern.h"
#include "gateway/routing/topic_filter.h"

namespace tidegate {

/// One rule of a PatternMatcher. `captures.<name>` of the pattern are the levels of an event's subject at which the
/// filter has captures; without a filter there are none.
struct PatternRule {
  EventPattern pattern;
  const TopicFilter* filter = nullptr;  ///< looked at while the matcher is made only
};

/// Many event patterns compiled into one index: which of them hold for an event. The verdicts are those of
/// EventPattern::matches; that the topic matches the rule's filter is for the caller to check. Immutable. *Threads*:
/// safe from any, each with a Scratch of its own.
class PatternMatcher {
 public:
  explicit PatternMatcher(const std::vector<PatternRule>& rules);
  ~PatternMatcher();
  PatternMatcher(PatternMatcher&&) noexcept;
  PatternMatcher& operator=(PatternMatcher&&) noexcept;

  /// What matching needs of memory, kept from event to event. Serves any matcher, one event at a time.
  class Scratch {
   public:
    Scratch();
    ~Scratch();
    Scratch(Scratch&&) noexcept;
    Scratch& operator=(Scratch&&) noexcept;

   private:
    friend class PatternMatcher;
    struct Parts;
    std::unique_ptr<Parts> parts_;
  };

  /// Appends the indices of the rules whose patterns hold to `rules`: ascending, each once. Returns how many steps it
  /// took beyond reading the payload once: candidates, conditions, values and choices of array elements.
  std::size_t match(const Event& event, Scratch& scratch, std::vector<std::uint32_t>& rules) const;

 private:
  struct Index;
  std::unique_ptr<const Index> index_;
};

}  // namespace tidegate
