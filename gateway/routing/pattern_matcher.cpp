#include "gateway/routing/pattern_matcher.h"

#include <algorithm>
#include <bit>

#include "gateway/routing/element_choice.h"
#include "gateway/routing/kept_memory.h"
#include "gateway/routing/match_plan.h"

namespace tidegate {

namespace {

/// What is known of a condition for an event.
enum class Held : std::uint8_t {
  no,
  yes,
  by_choice  ///< if array elements are chosen that have no value of its field
};

/// Of a field with more values than these, repeated ones are dropped.
constexpr std::size_t kManyValues = 64;

constexpr std::uint32_t kHeldValues = 3;
constexpr std::uint32_t kRoundsMax = 0xFFFFFFFF / kHeldValues - 1;

}  // namespace

struct PatternMatcher::Scratch::Parts {
  EventValues values;
  FieldIndex::Scratch lookup;
  std::vector<const PlainValue*> looked_up;
  std::vector<std::uint32_t> found;          ///< atoms
  std::uint32_t round = 0;                   ///< the event, by number
  std::vector<std::uint32_t> atom_seen;      ///< by atom: the last round that met it
  std::vector<std::uint32_t> held;           ///< by condition: round * kHeldValues + Held
  std::vector<std::uint64_t> matched;        ///< a bit for each rule; all zero between events
  std::vector<std::uint32_t> matched_rules;  ///< those whose bit is set
  std::vector<PlacedValues> placed;
  std::vector<std::uint32_t> ordered;
  ElementChoice choice;

  void begin(const MatchPlan& plan) {
    if (++round == kRoundsMax) {
      round = 1;
      std::ranges::fill(atom_seen, 0);
      std::ranges::fill(held, 0);
    }
    if (atom_seen.size() < plan.atoms.size()) atom_seen.resize(plan.atoms.size());
    if (held.size() < plan.conditions.size()) held.resize(plan.conditions.size());
    const std::size_t words = (plan.patterns.size() + 63) / 64;
    if (matched.size() < words) matched.resize(words);
    matched_rules.clear();
  }

  /// Keeps no more memory than the next event may need.
  void end() {
    values.clear();
    clear_and_keep_some(looked_up);
    clear_and_keep_some(lookup.numbers);
    clear_and_keep_some(lookup.reversed);
    clear_and_keep_some(lookup.folded);
    for (PlacedValues& field : placed) clear_and_keep_some(field.values);
  }
};

struct PatternMatcher::Index {
  MatchPlan plan;
};

namespace {

/// One event's way through the plan.
template <class Parts>
class Match {
 public:
  Match(const MatchPlan& plan, Parts& parts) : plan_(plan), parts_(parts), values_(parts.values) {}

  std::size_t run(const Event& event, std::vector<std::uint32_t>& rules) {
    parts_.begin(plan_);
    parts_.values.read(event, plan_.event_fields);
    for (const FieldId field : values_.present()) look_up(field);
    for (const FieldId field : plan_.absent_fields) {
      if (may_be_absent(field)) try_ways(plan_.fields[field].absent, false);
    }
    append_matched(rules);
    parts_.end();
    return steps_;
  }

 private:
  /// Finds the atoms that the values of a field satisfy, and tries their ways.
  void look_up(FieldId field) {
    const PlannedField& planned = plan_.fields[field];
    if (!planned.index.empty()) find_atoms(field, planned.index);
    try_ways(planned.exists, true);
  }

  void find_atoms(FieldId field, const FieldIndex& index) {
    parts_.found.clear();
    parts_.looked_up.clear();
    for (std::uint32_t i = values_.first(field); i != EventValues::kNone; i = values_.value(i).next) {
      parts_.looked_up.push_back(&values_.value(i).plain);
    }
    if (parts_.looked_up.size() > kManyValues) drop_repeated();
    index.find(parts_.looked_up, plan_.atoms, parts_.lookup, parts_.found, steps_);
    for (const std::uint32_t atom : parts_.found) {
      if (std::exchange(parts_.atom_seen[atom], parts_.round) != parts_.round) try_ways(plan_.atom_lists[atom], true);
    }
  }

  /// A long array often says the same again and again; each value is looked up once.
  void drop_repeated() {
    const auto key = [](const PlainValue* value) { return std::pair(value->type, value->text); };
    auto& values = parts_.looked_up;
    std::ranges::sort(values, {}, key);
    const auto same = [&key](const PlainValue* a, const PlainValue* b) { return key(a) == key(b); };
    values.erase(std::unique(values.begin(), values.end(), same), values.end());
  }

  /// Whether the field has no values, or none that agree with some choice of array elements.
  [[nodiscard]] bool may_be_absent(FieldId field) const {
    if (plan_.fields[field].of_data && !values_.has_data()) return false;
    return values_.first(field) == EventValues::kNone || values_.in_elements(field);
  }

  /// Ways one of whose keys may hold. They ascend by their other conditions: what failed for one is not asked again for
  /// the next.
  void try_ways(const PostingList& list, bool key_holds) {
    const Posting* at = plan_.postings.data() + list.first;
    const Posting* const end = at + list.count;
    std::uint32_t known = 0;
    while (at != end) {
      ++steps_;
      const Posting& way = *at;
      const std::uint32_t* const conditions = plan_.way_conditions.data() + way.first;
      const std::uint32_t wanted = way.others + (key_holds ? 0 : 1);
      while (known < wanted && held(conditions[known]) != Held::no) ++known;
      if (known == wanted && agrees(way)) accept(way.rule);
      const bool failed = known < way.others;
      ++at;
      while (failed && at != end && at->shared > known) ++at;
      if (at != end) known = std::min(known, at->shared);
    }
  }

  Held held(std::uint32_t condition) {
    std::uint32_t& known = parts_.held[condition];
    if (known / kHeldValues != parts_.round)
      known = parts_.round * kHeldValues + static_cast<std::uint32_t>(find_out(condition));
    return static_cast<Held>(known % kHeldValues);
  }

  Held find_out(std::uint32_t number) {
    const PlannedCondition& condition = plan_.conditions[number];
    for (std::uint32_t i = values_.first(condition.field); i != EventValues::kNone; i = values_.value(i).next) {
      if (condition.holds(values_.value(i).plain, steps_)) return Held::yes;
    }
    if (!condition.wants_absence || !may_be_absent(condition.field)) return Held::no;
    return values_.first(condition.field) == EventValues::kNone ? Held::yes : Held::by_choice;
  }

  /// Whether the conditions of a way, each of which may hold, hold for one choice of array elements.
  bool agrees(const Posting& way) {
    if (!values_.any_in_elements()) return true;
    if (is_matched(way.rule)) return false;
    const std::span conditions(plan_.way_conditions.data() + way.first, way.others + 1U);
    parts_.ordered.clear();
    for (const std::uint32_t condition : conditions) {
      if (values_.in_elements(plan_.conditions[condition].field)) parts_.ordered.push_back(condition);
    }
    if (parts_.ordered.empty()) return true;
    if (parts_.ordered.size() == 1) return held(parts_.ordered.front()) == Held::yes;
    const auto order = [this](std::uint32_t condition) {
      return plan_.fields[plan_.conditions[condition].field].order;
    };
    std::ranges::sort(parts_.ordered, {}, order);
    place_values();
    return parts_.choice.possible({parts_.placed.data(), parts_.ordered.size()}, values_.elements(), steps_);
  }

  void place_values() {
    if (parts_.placed.size() < parts_.ordered.size()) parts_.placed.resize(parts_.ordered.size());
    for (std::size_t i = 0; i < parts_.ordered.size(); ++i) {
      const PlannedCondition& condition = plan_.conditions[parts_.ordered[i]];
      auto& [placed, wants_absence] = parts_.placed[i];
      placed.clear();
      wants_absence = condition.wants_absence;
      for (std::uint32_t v = values_.first(condition.field); v != EventValues::kNone; v = values_.value(v).next) {
        const EventValue& value = values_.value(v);
        placed.emplace_back(value.element, condition.holds(value.plain, steps_));
      }
    }
  }

  [[nodiscard]] bool is_matched(std::uint32_t rule) const {
    return (parts_.matched[rule / 64] >> (rule % 64) & 1) != 0;
  }

  void accept(std::uint32_t rule) {
    if (is_matched(rule)) return;
    parts_.matched[rule / 64] |= std::uint64_t{1} << (rule % 64);
    parts_.matched_rules.push_back(rule);
  }

  /// Ascending: a few by sorting, many by their bits.
  void append_matched(std::vector<std::uint32_t>& rules) {
    auto& some = parts_.matched_rules;
    const std::size_t words = (plan_.patterns.size() + 63) / 64;
    if (some.size() * 4 < words) {
      std::ranges::sort(some);
      for (const std::uint32_t rule : some) parts_.matched[rule / 64] = 0;
      rules.insert(rules.end(), some.begin(), some.end());
      return;
    }
    for (std::size_t word = 0; word < words; ++word) {
      for (std::uint64_t bits = std::exchange(parts_.matched[word], 0); bits != 0; bits &= bits - 1) {
        rules.push_back(static_cast<std::uint32_t>(word * 64 + static_cast<std::size_t>(std::countr_zero(bits))));
      }
    }
  }

  const MatchPlan& plan_;
  Parts& parts_;
  const EventValues& values_;
  std::size_t steps_ = 0;
};

}  // namespace

PatternMatcher::PatternMatcher(const std::vector<PatternRule>& rules)
    : index_(std::make_unique<const Index>(Index{make_match_plan(rules)})) {}
PatternMatcher::~PatternMatcher() = default;
PatternMatcher::PatternMatcher(PatternMatcher&&) noexcept = default;
PatternMatcher& PatternMatcher::operator=(PatternMatcher&&) noexcept = default;

PatternMatcher::Scratch::Scratch() : parts_(std::make_unique<Parts>()) {}
PatternMatcher::Scratch::~Scratch() = default;
PatternMatcher::Scratch::Scratch(Scratch&&) noexcept = default;
PatternMatcher::Scratch& PatternMatcher::Scratch::operator=(Scratch&&) noexcept = default;

std::size_t PatternMatcher::match(const Event& event, Scratch& scratch, std::vector<std::uint32_t>& rules) const {
  return Match(index_->plan, *scratch.parts_).run(event, rules);
}

}  // namespace tidegate
