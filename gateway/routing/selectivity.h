#pragma once

#include <array>
#include <cstdint>
#include <unordered_set>
#include <vector>

#include "gateway/routing/field_names.h"
#include "gateway/routing/pattern_ast.h"

namespace tidegate {

/// An estimate of how many events satisfy a condition, from the rules alone: a field of which rules name many values
/// has many, and each of them is rare.
class Selectivity {
 public:
  /// A condition, once; they are numbered in this order.
  void add(FieldId field, const Condition& condition);
  /// A way has this condition.
  void count_use(std::uint32_t condition) { ++uses_[condition]; }

  /// The share of events that satisfy it, more or less. Ask after the last add.
  [[nodiscard]] double share(std::uint32_t condition) const;
  /// How many ways have it.
  [[nodiscard]] std::uint32_t uses(std::uint32_t condition) const { return uses_[condition]; }

 private:
  /// Kinds of atoms of which one value satisfies few.
  enum Group : std::uint8_t { exact, prefix, suffix, wildcard, network, groups };
  struct Entry {
    FieldId field;
    const Condition* condition;
  };

  static Group group_of(const Atom& atom) noexcept;
  [[nodiscard]] double share(FieldId field, const Atom& atom) const;

  std::vector<Entry> conditions_;
  std::vector<std::uint32_t> uses_;
  std::vector<std::array<std::unordered_set<std::string_view>, groups>> texts_;  ///< by field
};

}  // namespace tidegate
