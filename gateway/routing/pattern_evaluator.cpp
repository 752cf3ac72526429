#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "gateway/event/json_text.h"
#include "gateway/event/json_tree.h"
#include "gateway/routing/event_fields.h"
#include "gateway/routing/event_pattern.h"
#include "gateway/routing/limits.h"
#include "gateway/routing/pattern_ast.h"

/// The plain evaluator. It shares with the matcher what a single value satisfies, and nothing else: it parses with
/// another parser, and finds consistent array elements by another algorithm.
namespace tidegate {

namespace {

/// Which element of which array a value is in.
struct Element {
  std::uint32_t array;
  std::uint32_t index;
  friend auto operator<=>(const Element&, const Element&) = default;  // NOLINT(modernize-use-nullptr)
};
using Elements = std::vector<Element>;  ///< ascending by array

/// A value of a field.
struct Found {
  ValueType type = ValueType::text;
  std::string text;
  std::optional<double> number;
  Elements elements;

  [[nodiscard]] PlainValue plain() const { return {type, text, number}; }
};

/// The values of the fields that a pattern names.
class View {
 public:
  View(const Event& event, const PatternCaptures& captures, const PatternAst& ast) {
    for (const Condition& condition : ast.conditions) fields_.try_emplace(condition.name);
    for_each_text_field(event, captures, [this](std::string_view name, std::string_view text) {
      if (const auto field = fields_.find(name); field != fields_.end()) {
        field->second.push_back({ValueType::text, std::string(text), std::nullopt, {}});
      }
    });
    auto tree = read_json_tree(event.data);
    has_data_ = std::holds_alternative<ConfigNode>(tree);
    if (has_data_) flatten(std::get<ConfigNode>(tree), std::string(kDataField));
  }

  [[nodiscard]] bool has_data() const noexcept { return has_data_; }
  [[nodiscard]] const std::vector<Found>& values(const std::string& name) const { return fields_.find(name)->second; }

 private:
  // NOLINTNEXTLINE(misc-no-recursion): as deep as limits::kJsonDepthMax
  void flatten(const ConfigNode& node, const std::string& name) {
    using Kind = ConfigNode::Kind;
    if (node.kind == Kind::map) {
      for (const ConfigEntry& entry : node.entries) flatten(entry.value, name + "." + entry.key);
      return;
    }
    if (node.kind == Kind::list) {
      const std::uint32_t array = arrays_++;
      for (std::uint32_t i = 0; i < node.items.size(); ++i) {
        // A value that is an element itself agrees with every other element (event-ruler's Event has it so).
        const ConfigNode& item = node.items[i];
        const bool nests = item.kind == Kind::map || item.kind == Kind::list;
        if (nests) inside_.push_back({array, i});
        flatten(item, name);
        if (nests) inside_.pop_back();
      }
      return;
    }
    const auto field = fields_.find(name);
    if (field == fields_.end()) return;
    Found found{ValueType::word, node.text, std::nullopt, inside_};
    if (node.kind == Kind::null) {
      found.text = "null";
    } else if (node.quoted) {
      found.type = ValueType::text;
    } else if (scalar_type(node) == ScalarType::number) {
      found.type = ValueType::number;
      found.number = comparable_number(node.text);
    }
    field->second.push_back(std::move(found));
  }

  std::map<std::string, std::vector<Found>, std::less<>> fields_;
  bool has_data_ = false;
  std::uint32_t arrays_ = 0;
  Elements inside_;
};

bool is_data_field(std::string_view name) {
  return name == kDataField ||
         (name.starts_with(kDataField) && name.size() > kDataField.size() && name[kDataField.size()] == '.');
}

bool satisfied_by(const Condition& condition, const Found& value) {
  return std::ranges::any_of(condition.any_of, [&](const Atom& atom) { return satisfies(atom, value.plain()); });
}

bool wants_absence(const Condition& condition) {
  return std::ranges::any_of(condition.any_of, [](const Atom& atom) { return atom.kind == Atom::Kind::absent; });
}

/// Whether the condition holds taken alone.
bool holds_alone(const Condition& condition, const View& view) {
  if (is_data_field(condition.name) && !view.has_data()) return false;
  const auto& values = view.values(condition.name);
  if (values.empty()) return wants_absence(condition);
  return std::ranges::any_of(values, [&](const Found& value) { return satisfied_by(condition, value); });
}

/// The elements of both, or nothing when they name two elements of one array.
std::optional<Elements> joined(const Elements& a, const Elements& b) {
  for (const Element& of_b : b) {
    const auto of_a = std::ranges::lower_bound(a, of_b.array, {}, &Element::array);
    if (of_a != a.end() && of_a->array == of_b.array && of_a->index != of_b.index) return std::nullopt;
  }
  Elements out;
  std::ranges::set_union(a, b, std::back_inserter(out));
  return out;
}

/// Whether all conditions of a way hold for one consistent choice of array elements: condition by condition in the
/// order of the names, each with a value whose elements agree with those chosen so far. A field is absent when no value
/// of it agrees. Choices that failed are remembered by what matters for the rest.
class Search {
 public:
  Search(const PatternAst& ast, const std::vector<std::uint32_t>& way, const View& view)
      : ast_(ast), way_(way), view_(view), arrays_after_(way.size() + 1), failed_(way.size()) {
    for (std::size_t i = way.size(); i-- > 0;) {
      arrays_after_[i] = arrays_after_[i + 1];
      for (const Found& value : view.values(ast.conditions[way[i]].name)) {
        for (const Element& element : value.elements) arrays_after_[i].insert(element.array);
      }
    }
  }

  bool run() { return holds_from(0, {}); }

 private:
  // NOLINTNEXTLINE(misc-no-recursion): as deep as the way has conditions
  bool holds_from(std::size_t i, const Elements& chosen) {
    if (i == way_.size()) return true;
    Elements matter;
    std::ranges::copy_if(chosen, std::back_inserter(matter),
                         [&](const Element& element) { return arrays_after_[i].contains(element.array); });
    if (failed_[i].contains(matter)) return false;
    const Condition& condition = ast_.conditions[way_[i]];
    if (is_data_field(condition.name) && !view_.has_data()) return false;
    bool absent = true;
    for (const Found& value : view_.values(condition.name)) {
      const auto both = joined(matter, value.elements);
      if (!both) continue;
      if (++steps_ > limits::kPatternChoicesMax) return false;
      absent = false;
      if (satisfied_by(condition, value) && holds_from(i + 1, *both)) return true;
    }
    if (absent && wants_absence(condition) && holds_from(i + 1, matter)) return true;
    failed_[i].insert(std::move(matter));
    return false;
  }

  const PatternAst& ast_;
  const std::vector<std::uint32_t>& way_;
  const View& view_;
  std::vector<std::set<std::uint32_t>> arrays_after_;  ///< that values of this and later conditions are in
  std::vector<std::set<Elements>> failed_;
  std::size_t steps_ = 0;
};

std::string shown(const Found& value) {
  constexpr std::size_t kShownMax = 80;
  if (value.type != ValueType::text) return value.text.substr(0, kShownMax);
  std::string out;
  append_json_string(std::string_view(value.text).substr(0, kShownMax), out);
  return value.text.size() > kShownMax ? out + "..." : out;
}

std::string explain(const Condition& condition, const View& view) {
  if (is_data_field(condition.name) && !view.has_data()) return "data is not JSON";
  constexpr std::size_t kShownMax = 5;
  const auto& values = view.values(condition.name);
  std::string is = values.empty() ? "absent" : "";
  for (std::size_t i = 0; i < std::min(kShownMax, values.size()); ++i) is += (i > 0 ? ", " : "") + shown(values[i]);
  if (values.size() > kShownMax) is += fmt::format(" and {} more", values.size() - kShownMax);
  std::string wanted;
  for (std::size_t i = 0; i < std::min(kShownMax, condition.any_of.size()); ++i) {
    wanted += (i > 0 ? " or " : "") + describe(condition.any_of[i]);
  }
  if (condition.any_of.size() > kShownMax) wanted += fmt::format(" or {} more", condition.any_of.size() - kShownMax);
  return fmt::format("{} is {}, wanted {}", condition.name, is, wanted);
}

}  // namespace

bool EventPattern::matches(const Event& event, const PatternCaptures& captures) const {
  const View view(event, captures, *ast_);
  return std::ranges::any_of(ast_->ways, [&](const auto& way) { return Search(*ast_, way, view).run(); });
}

std::optional<std::string> EventPattern::why_not(const Event& event, const PatternCaptures& captures) const {
  const View view(event, captures, *ast_);
  if (std::ranges::any_of(ast_->ways, [&](const auto& way) { return Search(*ast_, way, view).run(); })) return {};
  // Of several ways the one that comes farthest tells most.
  std::size_t farthest = 0;
  std::string reason;
  for (const auto& way : ast_->ways) {
    std::vector<std::uint32_t> as_written = way;
    std::ranges::sort(as_written);
    const auto failing =
        std::ranges::find_if_not(as_written, [&](std::uint32_t i) { return holds_alone(ast_->conditions[i], view); });
    const auto passed = static_cast<std::size_t>(failing - as_written.begin());
    if (!reason.empty() && passed <= farthest) continue;
    farthest = passed;
    reason = failing != as_written.end() ? explain(ast_->conditions[*failing], view)
                                         : "each condition holds, but not all of them for the same element of an array";
  }
  return reason;
}

}  // namespace tidegate
