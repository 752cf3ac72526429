#include "gateway/routing/event_pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <set>

#include "gateway/event/json_tree.h"
#include "gateway/routing/limits.h"
#include "gateway/routing/pattern_ast.h"
#include "gateway/routing/pattern_atoms.h"

namespace tidegate {

namespace {

using Kind = ConfigNode::Kind;

/// Reads a pattern in the order of its text: what comes later under the same name replaces what came before, and each
/// `$or` multiplies the ways so far.
class Compiler {
 public:
  std::variant<std::shared_ptr<const PatternAst>, TreeFault> compile(const ConfigNode& root) {
    Ways ways(1);
    if (!read_map(root, nullptr, 1, ways)) return *std::move(fault_);
    for (Way& way : ways) {
      std::ranges::sort(way, {}, [this](std::uint32_t i) -> const std::string& { return ast_.conditions[i].name; });
    }
    ast_.ways = std::move(ways);
    return std::make_shared<const PatternAst>(std::move(ast_));
  }

 private:
  using Way = std::vector<std::uint32_t>;
  using Ways = std::vector<Way>;

  bool fail(Position at, std::string message) {
    fault_ = TreeFault{at, std::move(message)};
    return false;
  }

  /// `path`: of the map, null at the root.
  // NOLINTNEXTLINE(misc-no-recursion): as deep as limits::kPatternDepthMax
  bool read_map(const ConfigNode& node, const std::string* path, std::size_t depth, Ways& ways) {
    if (node.kind != Kind::map) {
      return fail(node.at, "a pattern is a map of fields, each with a list of values: {data: {state: [open, ajar]}}");
    }
    if (node.entries.empty())
      return fail(node.at, "there is no field here; a pattern without fields is none: remove it");
    if (depth > limits::kPatternDepthMax) {
      return fail(node.at, fmt::format("a pattern nests {} deep at most", limits::kPatternDepthMax));
    }
    return std::ranges::all_of(node.entries, [&](const ConfigEntry& entry) {
      if (entry.key == "$or" && is_or(entry.value)) return read_or(entry.value, path, depth, ways);
      const std::string name = path == nullptr ? entry.key : *path + "." + entry.key;
      if (name.size() > limits::kPatternTextBytesMax) {
        return fail(entry.at, fmt::format("a field's name has at most {} bytes", limits::kPatternTextBytesMax));
      }
      if (entry.value.kind == Kind::map) return read_map(entry.value, &name, depth + 1, ways);
      return read_leaf(entry, name, ways);
    });
  }

  /// At least two alternatives, and nothing in them that an operator's name could mean: else `$or` names a field.
  static bool is_or(const ConfigNode& node) {
    return node.kind == Kind::list && node.items.size() >= 2 &&
           std::ranges::all_of(node.items, [](const ConfigNode& branch) {
             return branch.kind == Kind::map && !names_operator(branch, 0);
           });
  }

  // NOLINTNEXTLINE(misc-no-recursion): as deep as limits::kPatternDepthMax; read_map refuses what is deeper
  static bool names_operator(const ConfigNode& node, std::size_t depth) {
    return depth <= limits::kPatternDepthMax && std::ranges::any_of(node.entries, [depth](const ConfigEntry& entry) {
             return is_operator_name(entry.key) || names_operator(entry.value, depth + 1);
           });
  }

  // NOLINTNEXTLINE(misc-no-recursion)
  bool read_or(const ConfigNode& node, const std::string* path, std::size_t depth, Ways& ways) {
    Ways all;
    for (const ConfigNode& branch : node.items) {
      Ways of_branch = ways;
      if (!read_map(branch, path, depth + 1, of_branch)) return false;
      if (all.size() + of_branch.size() > limits::kPatternWaysMax) {
        return fail(node.at,
                    fmt::format("the $or of a pattern multiply to {} alternatives at most; use lists of values, "
                                "or several routes",
                                limits::kPatternWaysMax));
      }
      std::ranges::move(of_branch, std::back_inserter(all));
    }
    std::size_t conditions = 0;
    for (const Way& way : all) conditions += way.size();
    if (conditions > limits::kPatternWayConditionsMax) return too_many_conditions(node.at);
    ways = std::move(all);
    return true;
  }

  bool too_many_conditions(Position at) {
    return fail(at, fmt::format("the alternatives of a pattern have {} conditions together at most; use several routes",
                                limits::kPatternWayConditionsMax));
  }

  bool read_leaf(const ConfigEntry& entry, const std::string& name, Ways& ways) {
    if (entry.value.kind != Kind::list) {
      return fail(entry.value.at, fmt::format("the values of a field are a list: [{}]",
                                              entry.value.text.empty() ? "value" : entry.value.text.substr(0, 40)));
    }
    if (entry.value.items.empty())
      return fail(entry.value.at, "a field without values matches nothing: name one, or remove the field");
    if (ast_.conditions.size() == limits::kPatternFieldsMax) {
      return fail(entry.at, fmt::format("a pattern names {} fields at most", limits::kPatternFieldsMax));
    }
    Condition condition{name, entry.at, {}};
    for (const ConfigNode& item : entry.value.items) {
      auto atom = read_atom(item);
      if (auto* bad = std::get_if<TreeFault>(&atom)) return fail(bad->at, std::move(bad->message));
      values_ += 1 + std::get<Atom>(atom).none_of.size();
      if (values_ > limits::kPatternValuesMax) {
        return fail(item.at, fmt::format("a pattern holds {} values at most", limits::kPatternValuesMax));
      }
      condition.any_of.push_back(std::get<Atom>(std::move(atom)));
    }
    ast_.conditions.push_back(std::move(condition));
    return put(entry.at, ways);
  }

  /// The newest condition into every way, in place of an older one of its name.
  bool put(Position at, Ways& ways) {
    const auto fresh = static_cast<std::uint32_t>(ast_.conditions.size() - 1);
    const std::string& name = ast_.conditions.back().name;
    if (ways.size() * (ways.front().size() + 1) > limits::kPatternWayConditionsMax) return too_many_conditions(at);
    for (Way& way : ways) {
      const auto same = std::ranges::find(
          way, name, [this](std::uint32_t i) -> const std::string& { return ast_.conditions[i].name; });
      if (same == way.end()) {
        way.push_back(fresh);
      } else {
        *same = fresh;
      }
    }
    return true;
  }

  PatternAst ast_;
  std::size_t values_ = 0;
  std::optional<TreeFault> fault_;
};

bool names_data(const Condition& condition) { return condition.name == "data" || condition.name.starts_with("data."); }

/// Fields that every event has, always as a text.
bool is_always_there(std::string_view name) {
  return name == "id" || name == "source" || name == "type" || name == "subject" || name == "time";
}

bool takes_text(const Atom& atom) {
  switch (atom.kind) {
    case Atom::Kind::word:
    case Atom::Kind::number:
    case Atom::Kind::spelling:
    case Atom::Kind::range:
    case Atom::Kind::absent: return false;
    default: return true;
  }
}

bool is_empty_range(const Atom& atom) {
  constexpr double kMost = std::numeric_limits<double>::max();
  return atom.kind == Atom::Kind::range &&
         ((!atom.range.with_high && atom.range.high == -kMost) || (!atom.range.with_low && atom.range.low == kMost));
}

/// Why a condition holds for no event.
std::optional<std::string> contradiction(const Condition& condition) {
  const auto all = [&condition](auto fits) { return std::ranges::all_of(condition.any_of, fits); };
  if (all(is_empty_range)) return condition.name + " would be a number beyond all numbers";
  if (names_data(condition)) return std::nullopt;
  const std::string top = condition.name.substr(0, condition.name.find('.'));
  const auto wants_value = [](const Atom& atom) { return atom.kind != Atom::Kind::absent; };
  if (top != condition.name && (is_always_there(top) || top == "datacontenttype") && all(wants_value)) {
    return fmt::format("{} is a text and has no fields; {} does not exist", top, condition.name);
  }
  const auto is_absent = [](const Atom& atom) { return atom.kind == Atom::Kind::absent; };
  if (is_always_there(condition.name) && all(is_absent)) return "every event has " + condition.name;
  const auto wants_other = [](const Atom& atom) { return !takes_text(atom) && atom.kind != Atom::Kind::absent; };
  if (all(wants_other) || (is_always_there(condition.name) && all([](const Atom& a) { return !takes_text(a); }))) {
    return condition.name + " is always a text: put quotes around the value";
  }
  return std::nullopt;
}

}  // namespace

std::variant<EventPattern, TreeFault> EventPattern::compile(const ConfigNode& node) {
  bool own_places = false;
  const ConfigNode* root = &node;
  std::variant<ConfigNode, TreeFault> parsed = TreeFault{};
  if (node.kind == Kind::scalar) {
    parsed = read_json_text(node, own_places);
    if (auto* bad = std::get_if<TreeFault>(&parsed)) return placed_in_text(std::move(*bad), node, own_places);
    root = &std::get<ConfigNode>(parsed);
  }
  auto compiled = Compiler().compile(*root);
  if (auto* bad = std::get_if<TreeFault>(&compiled)) return placed_in_text(std::move(*bad), node, own_places);
  return EventPattern(std::get<0>(std::move(compiled)));
}

Result<EventPattern> EventPattern::parse_json(std::string_view json) {
  const auto refused = [](const TreeFault& fault) {
    return Error{ErrorCode::invalid, fmt::format("{}:{}: {}", fault.at.line, fault.at.column, fault.message)};
  };
  auto tree = read_json_tree(json);
  if (const auto* bad = std::get_if<TreeFault>(&tree)) return refused(*bad);
  auto compiled = Compiler().compile(std::get<ConfigNode>(tree));
  if (const auto* bad = std::get_if<TreeFault>(&compiled)) return refused(*bad);
  return EventPattern(std::get<0>(std::move(compiled)));
}

bool EventPattern::needs_data() const noexcept {
  return std::ranges::all_of(ast_->ways, [this](const auto& way) {
    return std::ranges::any_of(way, [this](std::uint32_t i) { return names_data(ast_->conditions[i]); });
  });
}

std::optional<std::string> EventPattern::never_matches() const {
  std::optional<std::string> reason;
  for (const auto& way : ast_->ways) {
    std::optional<std::string> of_way;
    for (const std::uint32_t i : way) {
      if ((of_way = contradiction(ast_->conditions[i]))) break;
    }
    if (!of_way) return std::nullopt;
    if (!reason) reason = std::move(of_way);
  }
  return reason;
}

std::vector<PatternField> EventPattern::fields() const {
  std::vector<PatternField> out;
  std::set<std::string_view> seen;
  for (const Condition& condition : ast_->conditions) {
    if (seen.insert(condition.name).second) out.push_back({condition.name, condition.at});
  }
  return out;
}

}  // namespace tidegate
