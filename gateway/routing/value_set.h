#pragma once

#include <string_view>
#include <vector>

#include "gateway/routing/pattern_ast.h"

namespace tidegate {

/// Atoms, any of which may hold for a value: as `satisfies` for each, but quick for long lists of texts and numbers.
/// The atoms outlive it.
class ValueSet {
 public:
  explicit ValueSet(const std::vector<Atom>& atoms);

  /// `steps` grows by what was compared.
  [[nodiscard]] bool holds(const PlainValue& value, std::size_t& steps) const;

 private:
  std::vector<std::string_view> texts_;  ///< ascending
  std::vector<IpAddress> addresses_;     ///< ascending
  std::vector<double> numbers_;          ///< ascending
  std::vector<const Atom*> others_;
  std::vector<ValueSet> anything_but_;  ///< the lists of long `anything-but`s
};

}  // namespace tidegate
