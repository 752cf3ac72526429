#include "gateway/routing/pattern_atoms.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <span>

#include "gateway/event/json_text.h"
#include "gateway/routing/limits.h"

namespace tidegate {

namespace {

using Kind = ConfigNode::Kind;
using Read = std::variant<Atom, TreeFault>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool is_text(const ConfigNode& node) noexcept {
  return node.kind == Kind::scalar && scalar_type(node) == ScalarType::string;
}
bool is_number(const ConfigNode& node) noexcept {
  return node.kind == Kind::scalar && scalar_type(node) == ScalarType::number;
}
bool is_boolean(const ConfigNode& node) noexcept {
  return node.kind == Kind::scalar && scalar_type(node) == ScalarType::boolean;
}

TreeFault fault(const ConfigNode& node, std::string message) { return {node.at, std::move(message)}; }

/// Text that an operator takes, or what is wrong with it.
std::optional<TreeFault> check_text(const ConfigNode& node, std::string_view op) {
  if (!is_text(node)) {
    return fault(node, fmt::format("{} takes a text; put quotes around what looks like a number, true or false", op));
  }
  if (node.text.size() > limits::kPatternTextBytesMax) {
    return fault(node, fmt::format("a text of a pattern has at most {} bytes", limits::kPatternTextBytesMax));
  }
  return std::nullopt;
}

TreeFault not_comparable(const ConfigNode& node) {
  return fault(node, fmt::format("{} cannot be compared: a double does not hold exactly this number; use fewer digits",
                                 node.text.substr(0, 40)));
}

Atom text_atom(std::string text) {
  Atom atom;
  atom.kind = Atom::Kind::text;
  if (const auto address = parse_ip(text)) {
    atom.is_address = true;
    atom.network = {*address, static_cast<std::uint8_t>(address->v6 ? 128 : 32)};
  }
  atom.text = std::move(text);
  return atom;
}

Atom caseless_atom(Atom::Kind kind, const std::string& text) {
  Atom atom;
  atom.kind = kind;
  atom.text = text;
  atom.caseless.emplace(text);
  return atom;
}

Read read_exactly(const ConfigNode& node) {
  if (auto bad = check_text(node, "exactly")) return *std::move(bad);
  return text_atom(node.text);
}

Read read_equals_ignore_case(const ConfigNode& node) {
  if (auto bad = check_text(node, "equals-ignore-case")) return *std::move(bad);
  return caseless_atom(Atom::Kind::equals_ic, node.text);
}

/// `prefix: x`, or `prefix: {equals-ignore-case: x}`.
Read read_affix(const ConfigNode& node, std::string_view op, Atom::Kind plain, Atom::Kind caseless) {
  if (node.kind == Kind::map) {
    if (node.entries.size() != 1 || node.entries.front().key != "equals-ignore-case") {
      return fault(node, fmt::format("{} takes a text, or one {{equals-ignore-case: text}}", op));
    }
    const ConfigNode& text = node.entries.front().value;
    if (auto bad = check_text(text, "equals-ignore-case")) return *std::move(bad);
    return caseless_atom(caseless, text.text);
  }
  if (auto bad = check_text(node, op)) return *std::move(bad);
  Atom atom;
  atom.kind = plain;
  atom.text = node.text;
  return atom;
}

Read read_prefix(const ConfigNode& node) {
  return read_affix(node, "prefix", Atom::Kind::prefix, Atom::Kind::prefix_ic);
}

Read read_suffix(const ConfigNode& node) {
  return read_affix(node, "suffix", Atom::Kind::suffix, Atom::Kind::suffix_ic);
}

Read read_wildcard(const ConfigNode& node) {
  if (auto bad = check_text(node, "wildcard")) return *std::move(bad);
  Atom atom;
  atom.kind = Atom::Kind::wildcard;
  atom.text = node.text;
  if (auto bad = parse_wildcard(node.text, atom.wildcard)) return fault(node, *std::move(bad));
  if (atom.wildcard.pieces.size() - 1 > limits::kPatternStarsMax) {
    return fault(node, fmt::format("a wildcard has at most {} *", limits::kPatternStarsMax));
  }
  return atom;
}

Read read_exists(const ConfigNode& node) {
  if (!is_boolean(node)) return fault(node, "exists is true or false");
  Atom atom;
  atom.kind = node.text == "true" ? Atom::Kind::exists : Atom::Kind::absent;
  return atom;
}

Read read_cidr(const ConfigNode& node) {
  if (auto bad = check_text(node, "cidr")) return *std::move(bad);
  const std::size_t slash = node.text.find('/');
  const auto address = parse_ip(std::string_view(node.text).substr(0, slash));
  if (slash == std::string::npos || !address) {
    return fault(node, "cidr takes an address and a number of bits, like 10.0.0.0/8 or 2001:db8::/32");
  }
  const char* const end = node.text.data() + node.text.size();
  std::uint8_t bits = 0;
  const auto [stop, error] = std::from_chars(node.text.data() + slash + 1, end, bits);
  const int most = address->v6 ? 127 : 31;
  if (error != std::errc{} || stop != end || bits > most) {
    return fault(node, fmt::format("the bits of this network are 0 to {}; for one address write it as a text", most));
  }
  Atom atom;
  atom.kind = Atom::Kind::network;
  atom.text = node.text;
  atom.network = {masked(*address, bits), bits};
  return atom;
}

/// A bound of a range: the operator at `i`, the number behind it.
struct Bound {
  std::string_view op;
  double number = 0;
};

std::variant<Bound, TreeFault> read_bound(const ConfigNode& list, std::size_t i) {
  constexpr std::array<std::string_view, 5> kOps{"=", "<", "<=", ">", ">="};
  const ConfigNode& op = list.items[i];
  if (!is_text(op) || std::ranges::count(kOps, op.text) == 0) {
    return fault(op, "numeric takes =, <, <=, > or >=, each followed by a number: numeric: [\">\", 0, \"<=\", 5]");
  }
  if (i + 1 == list.items.size() || !is_number(list.items[i + 1])) {
    return fault(i + 1 == list.items.size() ? op : list.items[i + 1],
                 fmt::format("{} is followed by a number, without quotes", op.text));
  }
  const auto number = comparable_number(list.items[i + 1].text);
  if (!number) return not_comparable(list.items[i + 1]);
  return Bound{op.text, *number};
}

Read read_numeric(const ConfigNode& node) {
  if (node.kind != Kind::list || node.items.empty()) {
    return fault(node, "numeric takes a list: [\">\", 0] or [\">\", 0, \"<=\", 5]");
  }
  Atom atom;
  atom.kind = Atom::Kind::range;
  atom.range = {-kInfinity, kInfinity};
  for (const ConfigNode& item : node.items) atom.text += (atom.text.empty() ? "" : " ") + item.text;
  const auto first = read_bound(node, 0);
  if (const auto* bad = std::get_if<TreeFault>(&first)) return *bad;
  const auto& [op, number] = std::get<Bound>(first);
  const bool lower = op.front() == '>';
  const std::size_t terms_max = lower ? 4 : 2;
  if (node.items.size() > terms_max) {
    return fault(node.items[terms_max],
                 lower ? "a range has two bounds at most" : "a range with two bounds begins with the lower: > or >=");
  }
  if (op == "=") {
    atom.kind = Atom::Kind::number;
    atom.number = number;
    atom.text = node.items[1].text;
    return atom;
  }
  (lower ? atom.range.low : atom.range.high) = number;
  (lower ? atom.range.with_low : atom.range.with_high) = op.size() == 2;
  if (node.items.size() <= 2) return atom;

  const auto second = read_bound(node, 2);
  if (const auto* bad = std::get_if<TreeFault>(&second)) return *bad;
  const auto& [op2, number2] = std::get<Bound>(second);
  if (op2.front() != '<') return fault(node.items[2], "the second bound of a range is the upper: < or <=");
  if (!(number < number2)) {
    return fault(node.items[3], "the upper bound of a range is greater than the lower; for one number write it alone");
  }
  atom.range.high = number2;
  atom.range.with_high = op2.size() == 2;
  return atom;
}

Read read_plain(const ConfigNode& node) {
  if (node.kind == Kind::null) {
    Atom atom;
    atom.kind = Atom::Kind::word;
    atom.text = "null";
    return atom;
  }
  if (is_text(node)) {
    if (auto bad = check_text(node, "a field")) return *std::move(bad);
    return text_atom(node.text);
  }
  Atom atom;
  atom.text = node.text;
  atom.kind = Atom::Kind::word;
  if (!is_number(node)) return atom;
  if (node.text.size() > limits::kPatternTextBytesMax) {
    return fault(node, fmt::format("a number of a pattern has at most {} bytes", limits::kPatternTextBytesMax));
  }
  const auto number = comparable_number(node.text);
  atom.kind = number ? Atom::Kind::number : Atom::Kind::spelling;
  atom.number = number.value_or(0);
  return atom;
}

/// `anything-but: {prefix: x}` and its siblings, of one text or a list.
std::optional<TreeFault> read_anything_but_map(const ConfigNode& node, Atom& atom) {
  struct Form {
    std::string_view name;
    Read (*read)(const ConfigNode&);
    bool empty_allowed;
  };
  static constexpr std::array<Form, 4> kForms{{{"prefix", read_prefix, false},
                                               {"suffix", read_suffix, false},
                                               {"equals-ignore-case", read_equals_ignore_case, true},
                                               {"wildcard", read_wildcard, true}}};
  const std::string_view key = node.entries.empty() ? "" : std::string_view(node.entries.front().key);
  const auto* form = std::ranges::find(kForms, key, &Form::name);
  if (node.entries.size() != 1 || form == kForms.end()) {
    return fault(node, "anything-but takes texts, numbers, or one of prefix, suffix, equals-ignore-case and wildcard");
  }
  const ConfigNode& value = node.entries.front().value;
  const std::span<const ConfigNode> texts =
      value.kind == Kind::list ? std::span<const ConfigNode>(value.items) : std::span<const ConfigNode>(&value, 1);
  for (const ConfigNode& text : texts) {
    if (auto bad = check_text(text, key)) return bad;
    if (text.text.empty() && !form->empty_allowed) {
      return fault(text, fmt::format("every text has the empty {}: nothing would be left", key));
    }
    auto read = form->read(text);
    if (auto* bad = std::get_if<TreeFault>(&read)) return std::move(*bad);
    atom.none_of.push_back(std::get<Atom>(std::move(read)));
  }
  return std::nullopt;
}

Read read_anything_but(const ConfigNode& node) {
  Atom atom;
  atom.kind = Atom::Kind::anything_but;
  if (node.kind == Kind::map) {
    if (auto bad = read_anything_but_map(node, atom)) return *std::move(bad);
    return atom;
  }
  const std::span<const ConfigNode> values =
      node.kind == Kind::list ? std::span<const ConfigNode>(node.items) : std::span<const ConfigNode>(&node, 1);
  if (values.empty()) return fault(node, "anything-but takes at least one value");
  for (const ConfigNode& value : values) {
    if (!is_text(value) && !is_number(value)) {
      return fault(value, "anything-but takes texts or numbers; for null, true and false say what the field may be");
    }
    if (is_text(value) != is_text(values.front())) {
      return fault(value, "anything-but takes texts or numbers, not both; write two patterns under $or");
    }
    auto read = read_plain(value);
    if (auto* bad = std::get_if<TreeFault>(&read)) return std::move(*bad);
    if (std::get<Atom>(read).kind == Atom::Kind::spelling) return not_comparable(value);
    atom.none_of.push_back(std::get<Atom>(std::move(read)));
  }
  return atom;
}

struct Operator {
  std::string_view name;
  Read (*read)(const ConfigNode&);
};
constexpr std::array<Operator, 9> kOperators{{{"exactly", read_exactly},
                                              {"prefix", read_prefix},
                                              {"suffix", read_suffix},
                                              {"equals-ignore-case", read_equals_ignore_case},
                                              {"wildcard", read_wildcard},
                                              {"anything-but", read_anything_but},
                                              {"numeric", read_numeric},
                                              {"exists", read_exists},
                                              {"cidr", read_cidr}}};

const Operator* operator_named(std::string_view key) noexcept {
  const auto* found = std::ranges::find(kOperators, key, &Operator::name);
  return found == kOperators.end() ? nullptr : found;
}

}  // namespace

bool is_operator_name(std::string_view key) noexcept { return operator_named(key) != nullptr; }

std::variant<Atom, TreeFault> read_atom(const ConfigNode& node) {
  if (node.kind == Kind::list) return fault(node, "a list of a pattern holds values, not lists");
  if (node.kind != Kind::map) return read_plain(node);
  if (node.entries.size() != 1) {
    return fault(
        node, "a value of a pattern names one operator; write each as a value of its own: [{prefix: a}, {suffix: b}]");
  }
  const ConfigEntry& entry = node.entries.front();
  if (const Operator* op = operator_named(entry.key)) return op->read(entry.value);
  return TreeFault{entry.at, fmt::format("there is no operator \"{}\"; there are: {}", entry.key.substr(0, 60), [] {
                     std::string names;
                     for (const Operator& op : kOperators) {
                       names += (names.empty() ? "" : ", ") + std::string(op.name);
                     }
                     return names;
                   }())};
}

bool satisfies(const Atom& atom, const PlainValue& value) {
  const bool text = value.type == ValueType::text;
  switch (atom.kind) {
    case Atom::Kind::text: {
      if (!text) return false;
      if (value.text == atom.text) return true;
      const auto address = atom.is_address ? parse_ip(value.text) : std::nullopt;
      return address && atom.network.contains(*address);
    }
    case Atom::Kind::word: return value.type == ValueType::word && value.text == atom.text;
    case Atom::Kind::number: return value.number == atom.number;
    case Atom::Kind::spelling: return value.type == ValueType::number && value.text == atom.text;
    case Atom::Kind::prefix: return text && value.text.starts_with(atom.text);
    case Atom::Kind::suffix: return text && value.text.ends_with(atom.text);
    case Atom::Kind::equals_ic: return text && atom.caseless->equals(value.text);
    case Atom::Kind::prefix_ic: return text && atom.caseless->is_prefix_of(value.text);
    case Atom::Kind::suffix_ic: return text && atom.caseless->is_suffix_of(value.text);
    case Atom::Kind::wildcard: return text && atom.wildcard.matches(value.text);
    case Atom::Kind::range: return value.number && atom.range.contains(*value.number);
    case Atom::Kind::network: {
      const auto address = address_of(value);
      return address && atom.network.contains(*address);
    }
    case Atom::Kind::exists: return true;
    case Atom::Kind::absent: return false;
    case Atom::Kind::anything_but:
      return std::ranges::none_of(atom.none_of, [&value](const Atom& one) { return satisfies(one, value); });
  }
  return false;
}

std::optional<IpAddress> address_of(const PlainValue& value) noexcept {
  if (value.type == ValueType::text) return parse_ip(value.text);
  constexpr double kAddressMax = 4294967295;
  if (!value.number || !(*value.number >= 0 && *value.number <= kAddressMax)) return std::nullopt;
  const auto bits = static_cast<std::uint32_t>(*value.number);
  if (static_cast<double>(bits) != *value.number) return std::nullopt;
  IpAddress out;
  for (std::size_t i = 0; i < 4; ++i) out.bytes[i] = static_cast<std::uint8_t>(bits >> (24 - 8 * i));
  return out;
}

namespace {

std::string quoted(std::string_view text) {
  constexpr std::size_t kShownMax = 80;
  std::string out;
  append_json_string(text.substr(0, kShownMax), out);
  return text.size() > kShownMax ? out + "..." : out;
}

std::string describe_anything_but(const Atom& atom) {
  constexpr std::size_t kShownMax = 5;
  std::string out = "anything but";
  for (std::size_t i = 0; i < std::min(kShownMax, atom.none_of.size()); ++i) {
    out += (i > 0 ? ", " : " ") + describe(atom.none_of[i]);
  }
  if (atom.none_of.size() > kShownMax) out += fmt::format(" and {} more", atom.none_of.size() - kShownMax);
  return out;
}

}  // namespace

std::string describe(const Atom& atom) {
  switch (atom.kind) {
    case Atom::Kind::text: return quoted(atom.text);
    case Atom::Kind::word:
    case Atom::Kind::number:
    case Atom::Kind::spelling: return atom.text.substr(0, 40);
    case Atom::Kind::prefix: return "prefix " + quoted(atom.text);
    case Atom::Kind::suffix: return "suffix " + quoted(atom.text);
    case Atom::Kind::equals_ic: return quoted(atom.text) + " in any case";
    case Atom::Kind::prefix_ic: return "prefix " + quoted(atom.text) + " in any case";
    case Atom::Kind::suffix_ic: return "suffix " + quoted(atom.text) + " in any case";
    case Atom::Kind::wildcard: return "wildcard " + quoted(atom.text);
    case Atom::Kind::range: return atom.text.substr(0, 80);
    case Atom::Kind::network: return "an address in " + atom.text;
    case Atom::Kind::exists: return "any value";
    case Atom::Kind::absent: return "no value";
    case Atom::Kind::anything_but: return describe_anything_but(atom);
  }
  return {};
}

}  // namespace tidegate
