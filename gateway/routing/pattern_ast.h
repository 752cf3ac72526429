#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/config_node.h"
#include "gateway/routing/letter_case.h"
#include "gateway/routing/pattern_values.h"

/// What an event pattern says, as a tree: for the plain evaluator and for the matcher.
namespace tidegate {

/// One value of a field's list: what the field may be.
struct Atom {
  enum class Kind : std::uint8_t {
    text,         ///< this string, or another spelling of this IP address
    word,         ///< true, false or null
    number,       ///< this number
    spelling,     ///< a number without order, as it is spelled
    prefix,       ///< a string that begins so
    suffix,       ///< a string that ends so
    equals_ic,    ///< this string without regard to case
    prefix_ic,    ///< a string that begins so without regard to case
    suffix_ic,    ///< a string that ends so without regard to case
    wildcard,     ///< a string with * for any text
    range,        ///< a number within bounds
    network,      ///< an IP address within a network
    exists,       ///< any value
    absent,       ///< no value
    anything_but  ///< any value that is none of `none_of`
  };
  Kind kind = Kind::exists;
  std::string text;  ///< of all kinds that compare text; of numbers and networks as they were written
  double number = 0;
  NumberRange range{};
  IpNetwork network;                     ///< of network; and of a text that is an address, with all its bits
  bool is_address = false;               ///< a text that is an address
  Wildcard wildcard;                     ///< of wildcard
  std::optional<CaselessText> caseless;  ///< of the kinds without regard to case
  std::vector<Atom> none_of;             ///< of anything_but: text, number, prefix, suffix, equals_ic or wildcard
};

/// A field and what it may be: one of `any_of`.
struct Condition {
  std::string name;  ///< keys from the root, joined by "."
  Position at;
  std::vector<Atom> any_of;
};

/// A pattern holds when all conditions of one way hold (each `$or` multiplies the ways).
struct PatternAst {
  std::vector<Condition> conditions;
  /// Indices into `conditions`, ascending by name. A name comes once in a way.
  std::vector<std::vector<std::uint32_t>> ways;
};

/// The value's kind as JSON has it. Booleans and null are words.
enum class ValueType : std::uint8_t { text, number, word };

/// A value of an event as the atoms see it.
struct PlainValue {
  ValueType type = ValueType::text;
  std::string_view text;         ///< a string's content; else the spelling
  std::optional<double> number;  ///< of a number that is comparable
};

/// The address that a value is: a text; or a whole number, which is an IPv4 address as inet_aton takes it (10:
/// 0.0.0.10).
std::optional<IpAddress> address_of(const PlainValue& value) noexcept;

/// Whether a value that is there satisfies the atom (absent: never).
bool satisfies(const Atom& atom, const PlainValue& value);

/// An atom in words: `> 80`, `"x"`, `prefix "x"`, `anything but "a", "b"`.
std::string describe(const Atom& atom);

}  // namespace tidegate
