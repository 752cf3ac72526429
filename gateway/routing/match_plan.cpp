#include "gateway/routing/match_plan.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "gateway/routing/event_fields.h"
#include "gateway/routing/selectivity.h"

namespace tidegate {

namespace {

void append_number(std::uint64_t number, std::string& out) {
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

/// Appends what tells an atom from all others.
void append_key(const Atom& atom, std::string& out) {
  out += static_cast<char>(atom.kind);
  switch (atom.kind) {
    case Atom::Kind::number: append_number(std::bit_cast<std::uint64_t>(atom.number + 0.0), out); return;
    case Atom::Kind::range:
      append_number(std::bit_cast<std::uint64_t>(atom.range.low), out);
      append_number(std::bit_cast<std::uint64_t>(atom.range.high), out);
      out += static_cast<char>('0' + (atom.range.with_low ? 1 : 0) + (atom.range.with_high ? 2 : 0));
      return;
    case Atom::Kind::anything_but:
      append_number(atom.none_of.size(), out);
      for (const Atom& one : atom.none_of) append_key(one, out);
      return;
    default: append_number(atom.text.size(), out); out += atom.text;
  }
}

bool compares_numbers(const Atom& atom) {
  return atom.kind == Atom::Kind::number || atom.kind == Atom::Kind::range || atom.kind == Atom::Kind::network ||
         std::ranges::any_of(atom.none_of, compares_numbers);
}

class Planner {
 public:
  MatchPlan make(const std::vector<PatternRule>& rules) {
    std::vector<Draft> drafts;
    for (std::uint32_t i = 0; i < rules.size(); ++i) {
      plan_.patterns.push_back(rules[i].pattern);
      add_rule(i, rules[i], drafts);
    }
    plan_.event_fields.names.build();
    for (const Draft& draft : drafts) {
      for (const std::uint32_t condition : draft.conditions) selectivity_.count_use(condition);
    }
    for (Draft& draft : drafts) add_way(draft);
    add_postings();
    order_fields();
    return std::move(plan_);
  }

 private:
  /// A way as it is read.
  struct Draft {
    std::uint32_t rule;
    std::vector<std::uint32_t> conditions;
  };
  using Lists = std::vector<std::vector<std::uint32_t>>;  ///< of ways, by atom or by field

  void add_rule(std::uint32_t number, const PatternRule& rule, std::vector<Draft>& drafts) {
    const PatternAst& ast = rule.pattern.ast();
    std::vector<std::uint32_t> known;
    for (const Condition& condition : ast.conditions)
      known.push_back(condition_of(condition, field_of(condition, rule)));
    for (const auto& way : ast.ways) {
      Draft draft{number, {}};
      for (const std::uint32_t i : way) draft.conditions.push_back(known[i]);
      drafts.push_back(std::move(draft));
    }
  }

  /// A capture is the level of the subject at which the rule's own filter has it.
  FieldId field_of(const Condition& condition, const PatternRule& rule) {
    if (!condition.name.starts_with(kCaptureFields)) return field_named(condition.name);
    const std::string_view capture = std::string_view(condition.name).substr(kCaptureFields.size());
    if (rule.filter != nullptr) {
      const auto& levels = rule.filter->levels();
      for (std::size_t i = 0; i < levels.size(); ++i) {
        if (levels[i].kind == TopicFilter::Level::Kind::capture && levels[i].text == capture) return field_of_level(i);
      }
    }
    if (!nothing_) nothing_ = new_field();
    return *nothing_;
  }

  FieldId field_of_level(std::size_t level) {
    auto& levels = plan_.event_fields.levels;
    if (levels.size() <= level) levels.resize(level + 1, kNoField);
    if (levels[level] == kNoField) levels[level] = new_field();
    return levels[level];
  }

  FieldId field_named(const std::string& name) {
    const auto [known, fresh] = named_.try_emplace(name, kNoField);
    if (!fresh) return known->second;
    const FieldId field = known->second = new_field();
    EventFields& all = plan_.event_fields;
    if (name == kDataField || name.starts_with("data.")) {
      all.with_data = plan_.fields[field].of_data = true;
      all.names.add(name, field);
      return field;
    }
    constexpr std::array<std::string_view, 6> kEnvelope{"id", "source", "type", "subject", "datacontenttype", "time"};
    const auto* const envelope = std::ranges::find(kEnvelope, name);
    if (envelope != kEnvelope.end()) {
      all.envelope[static_cast<std::size_t>(envelope - kEnvelope.begin())] = field;
    } else {
      all.with_attributes = true;
      all.names.add(name, field);
    }
    return field;
  }

  FieldId new_field() {
    plan_.fields.emplace_back();
    plan_.event_fields.numbers.push_back(false);
    return static_cast<FieldId>(plan_.fields.size() - 1);
  }

  std::uint32_t condition_of(const Condition& condition, FieldId field) {
    key_.clear();
    append_number(field, key_);
    for (const Atom& atom : condition.any_of) append_key(atom, key_);
    const auto [known, fresh] = conditions_.try_emplace(key_, static_cast<std::uint32_t>(plan_.conditions.size()));
    if (!fresh) return known->second;
    const auto is_absent = [](const Atom& atom) { return atom.kind == Atom::Kind::absent; };
    plan_.conditions.push_back({field,
                                PlannedCondition::Form::set,
                                plan_.fields[field].of_data,
                                std::ranges::any_of(condition.any_of, is_absent),
                                {},
                                {},
                                nullptr});
    set_form(condition, plan_.conditions.back());
    atoms_of_.push_back(&condition.any_of);
    if (std::ranges::any_of(condition.any_of, compares_numbers)) plan_.event_fields.numbers[field] = true;
    selectivity_.add(field, condition);
    return known->second;
  }

  void set_form(const Condition& condition, PlannedCondition& planned) {
    const Atom& atom = condition.any_of.front();
    const bool one = condition.any_of.size() == 1;
    if (one && atom.kind == Atom::Kind::text && !atom.is_address) {
      planned.form = PlannedCondition::Form::text;
      planned.text = atom.text;
    } else if (one && atom.kind == Atom::Kind::range) {
      planned.form = PlannedCondition::Form::range;
      planned.range = atom.range;
    } else {
      planned.set = &plan_.sets.emplace_back(condition.any_of);
    }
  }

  void add_way(Draft& draft) {
    auto& conditions = draft.conditions;
    const auto share = [this](std::uint32_t condition) { return selectivity_.share(condition); };
    const auto key = std::ranges::min_element(conditions, {}, share);
    std::iter_swap(key, conditions.end() - 1);
    // What many ways have in common comes first: then their postings share it.
    std::sort(conditions.begin(), conditions.end() - 1, [&](std::uint32_t a, std::uint32_t b) {
      const auto order = [&](std::uint32_t c) { return std::tuple(-std::int64_t{selectivity_.uses(c)}, share(c), c); };
      return order(a) < order(b);
    });
    const auto way = static_cast<std::uint32_t>(ways_.size());
    ways_.push_back({draft.rule, static_cast<std::uint32_t>(plan_.way_conditions.size()),
                     static_cast<std::uint32_t>(conditions.size() - 1), 0});
    plan_.way_conditions.insert(plan_.way_conditions.end(), conditions.begin(), conditions.end());
    const FieldId field = plan_.conditions[conditions.back()].field;
    for (const Atom& atom : *atoms_of_[conditions.back()]) {
      if (atom.kind == Atom::Kind::exists) {
        exists_[field].push_back(way);
      } else if (atom.kind == Atom::Kind::absent) {
        absent_[field].push_back(way);
      } else {
        of_atom_[atom_of(field, atom)].push_back(way);
      }
    }
  }

  std::uint32_t atom_of(FieldId field, const Atom& atom) {
    key_.clear();
    append_number(field, key_);
    append_key(atom, key_);
    const auto [known, fresh] = atoms_.try_emplace(key_, static_cast<std::uint32_t>(plan_.atoms.size()));
    if (fresh) {
      plan_.atoms.push_back(&atom);
      plan_.fields[field].index.add(known->second, atom);
      of_atom_.emplace_back();
    }
    return known->second;
  }

  void add_postings() {
    for (auto& ways : of_atom_) plan_.atom_lists.push_back(list_of(ways));
    for (auto& [field, ways] : exists_) plan_.fields[field].exists = list_of(ways);
    for (auto& [field, ways] : absent_) {
      plan_.fields[field].absent = list_of(ways);
      plan_.absent_fields.push_back(field);
    }
    for (PlannedField& field : plan_.fields) field.index.build();
  }

  PostingList list_of(std::vector<std::uint32_t>& ways) {
    const auto others = [this](std::uint32_t way) {
      return std::span(plan_.way_conditions).subspan(ways_[way].first, ways_[way].others);
    };
    std::ranges::sort(ways, [&](std::uint32_t a, std::uint32_t b) {
      const auto of_a = others(a);
      const auto of_b = others(b);
      return std::ranges::lexicographical_compare(of_a, of_b) || (std::ranges::equal(of_a, of_b) && a < b);
    });
    ways.erase(std::unique(ways.begin(), ways.end()), ways.end());
    const PostingList list{static_cast<std::uint32_t>(plan_.postings.size()), static_cast<std::uint32_t>(ways.size())};
    for (std::size_t i = 0; i < ways.size(); ++i) {
      std::ptrdiff_t shared = 0;
      if (i > 0) {
        const auto mine = others(ways[i]);
        shared = std::ranges::mismatch(mine, others(ways[i - 1])).in1 - mine.begin();
      }
      Posting& posting = plan_.postings.emplace_back(ways_[ways[i]]);
      posting.shared = static_cast<std::uint32_t>(shared);
    }
    return list;
  }

  void order_fields() {
    std::uint32_t order = 0;
    for (const auto& [name, field] : named_) plan_.fields[field].order = order++;
  }

  MatchPlan plan_;
  Selectivity selectivity_;
  std::map<std::string, FieldId, std::less<>> named_;
  std::optional<FieldId> nothing_;  ///< what captures are that no filter has
  std::unordered_map<std::string, std::uint32_t> conditions_;
  std::vector<const std::vector<Atom>*> atoms_of_;  ///< by condition
  std::unordered_map<std::string, std::uint32_t> atoms_;
  std::vector<Posting> ways_;
  Lists of_atom_;
  std::map<FieldId, std::vector<std::uint32_t>> exists_;
  std::map<FieldId, std::vector<std::uint32_t>> absent_;
  std::string key_;
};

}  // namespace

MatchPlan make_match_plan(const std::vector<PatternRule>& rules) { return Planner().make(rules); }

}  // namespace tidegate
