#pragma once

#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "gateway/routing/event_values.h"
#include "gateway/routing/field_index.h"
#include "gateway/routing/pattern_ast.h"
#include "gateway/routing/pattern_matcher.h"
#include "gateway/routing/value_set.h"

namespace tidegate {

/// A condition, once for all rules that have it. The most common ones, one text or one range, are all here: a condition
/// is looked at for many events, and what it points to is rarely in the processor's memory.
struct PlannedCondition {
  enum class Form : std::uint8_t { text, range, set };

  FieldId field;
  Form form;
  bool of_data;
  bool wants_absence;
  std::string_view text;
  NumberRange range;
  const ValueSet* set;

  /// `steps` grows by what was compared.
  [[nodiscard]] bool holds(const PlainValue& value, std::size_t& steps) const {
    ++steps;
    switch (form) {
      case Form::text: return value.type == ValueType::text && value.text == text;
      case Form::range: return value.number && range.contains(*value.number);
      case Form::set: return set->holds(value, steps);
    }
    return false;
  }
};

/// A way to satisfy a rule, in the list of an atom of its key: the condition that the fewest events satisfy. The others
/// are checked for events that satisfy this one.
struct Posting {
  std::uint32_t rule;
  std::uint32_t first;   ///< of its conditions, in MatchPlan::way_conditions; the key comes last
  std::uint32_t others;  ///< how many there are besides the key
  std::uint32_t shared;  ///< how many of the first are those of the way before it in the list
};

/// Postings of an atom, or of the absence of a field.
struct PostingList {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

/// A field as the matcher looks at it.
struct PlannedField {
  bool of_data = false;
  FieldIndex index;         ///< of atoms of keys
  PostingList exists;       ///< of keys that want any value
  PostingList absent;       ///< of keys that want none
  std::uint32_t order = 0;  ///< place of the name among all names
};

/// All rules, compiled. Immutable once made.
struct MatchPlan {
  std::vector<EventPattern> patterns;  ///< own what the rest points into
  EventFields event_fields;
  std::vector<PlannedField> fields;
  std::vector<FieldId> absent_fields;  ///< that have postings of their absence
  std::deque<ValueSet> sets;
  std::vector<PlannedCondition> conditions;
  std::vector<std::uint32_t> way_conditions;
  std::vector<const Atom*> atoms;       ///< of keys
  std::vector<PostingList> atom_lists;  ///< by atom
  std::vector<Posting> postings;
};

MatchPlan make_match_plan(const std::vector<PatternRule>& rules);

}  // namespace tidegate
