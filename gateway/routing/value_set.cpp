#include "gateway/routing/value_set.h"

#include <algorithm>
#include <tuple>

namespace tidegate {

namespace {

/// Lists this long are sorted.
constexpr std::size_t kLong = 8;

auto key_of(const IpAddress& address) noexcept { return std::tie(address.v6, address.bytes); }

}  // namespace

ValueSet::ValueSet(const std::vector<Atom>& atoms) {
  const bool is_long = atoms.size() >= kLong;
  for (const Atom& atom : atoms) {
    if (is_long && atom.kind == Atom::Kind::text) {
      texts_.push_back(atom.text);
      if (atom.is_address) addresses_.push_back(atom.network.first);
    } else if (is_long && atom.kind == Atom::Kind::number) {
      numbers_.push_back(atom.number);
    } else if (atom.kind == Atom::Kind::anything_but && atom.none_of.size() >= kLong) {
      anything_but_.emplace_back(atom.none_of);
    } else {
      others_.push_back(&atom);
    }
  }
  std::ranges::sort(texts_);
  std::ranges::sort(addresses_, {}, key_of);
  std::ranges::sort(numbers_);
}

// NOLINTNEXTLINE(misc-no-recursion): once, into the list of an anything-but
bool ValueSet::holds(const PlainValue& value, std::size_t& steps) const {
  steps += 1 + others_.size() + anything_but_.size();
  if (value.type == ValueType::text && !texts_.empty()) {
    if (std::ranges::binary_search(texts_, value.text)) return true;
    if (!addresses_.empty()) {
      const auto address = parse_ip(value.text);
      if (address && std::ranges::binary_search(addresses_, key_of(*address), {}, key_of)) return true;
    }
  }
  if (value.number && std::ranges::binary_search(numbers_, *value.number)) return true;
  return std::ranges::any_of(others_, [&](const Atom* atom) { return satisfies(*atom, value); }) ||
         std::ranges::any_of(anything_but_, [&](const ValueSet& none_of) { return !none_of.holds(value, steps); });
}

}  // namespace tidegate
