#include "gateway/routing/selectivity.h"

#include <algorithm>
#include <cmath>

namespace tidegate {

Selectivity::Group Selectivity::group_of(const Atom& atom) noexcept {
  switch (atom.kind) {
    case Atom::Kind::text:
    case Atom::Kind::word:
    case Atom::Kind::number:
    case Atom::Kind::spelling:
    case Atom::Kind::equals_ic: return exact;
    case Atom::Kind::prefix:
    case Atom::Kind::prefix_ic: return prefix;
    case Atom::Kind::suffix:
    case Atom::Kind::suffix_ic: return suffix;
    case Atom::Kind::wildcard: return wildcard;
    case Atom::Kind::network: return network;
    default: return groups;
  }
}

void Selectivity::add(FieldId field, const Condition& condition) {
  conditions_.push_back({field, &condition});
  uses_.push_back(0);
  if (texts_.size() <= field) texts_.resize(field + 1);
  for (const Atom& atom : condition.any_of) {
    if (const Group group = group_of(atom); group != groups) texts_[field][group].insert(atom.text);
  }
}

double Selectivity::share(FieldId field, const Atom& atom) const {
  if (const Group group = group_of(atom); group != groups) {
    return 1.0 / (1.0 + static_cast<double>(texts_[field][group].size()));
  }
  switch (atom.kind) {
    case Atom::Kind::range: return std::isfinite(atom.range.low) && std::isfinite(atom.range.high) ? 0.2 : 0.4;
    case Atom::Kind::absent: return 0.6;
    default: return 0.9;
  }
}

double Selectivity::share(std::uint32_t condition) const {
  const auto& [field, of] = conditions_[condition];
  double sum = 0;
  for (const Atom& atom : of->any_of) sum += share(field, atom);
  return std::min(sum, 1.0);
}

}  // namespace tidegate
