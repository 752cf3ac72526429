#include "gateway/routing/element_choice.h"

#include <algorithm>

#include "gateway/routing/limits.h"

namespace tidegate {

namespace {

/// The elements of one array that two places lie in, when they do: then they cannot be chosen together. Where their
/// ways from the outside part, they part into one array or into two.
std::pair<std::uint32_t, std::uint32_t> clash(std::uint32_t a, std::uint32_t b,
                                              const std::vector<EventElement>& elements) noexcept {
  std::uint32_t inside_a = 0;
  std::uint32_t inside_b = 0;
  while (a != b) {  // what contains comes first: so the later of the two is never around the earlier
    if (a > b) {
      inside_a = a;
      a = elements[a].parent;
    } else {
      inside_b = b;
      b = elements[b].parent;
    }
  }
  const bool one_array = inside_a != 0 && inside_b != 0 && elements[inside_a].array == elements[inside_b].array;
  return one_array ? std::pair{inside_a, inside_b} : std::pair{0U, 0U};
}

/// The first value from `at` on that agrees with everything chosen. What does not is jumped over, array by array.
std::size_t next_agreeing(const PlacedValues& field, std::size_t at, std::span<const std::uint32_t> chosen,
                          const EventElements& elements) {
  const auto& values = field.values;
  for (std::size_t agreed = 0; at < values.size() && agreed < chosen.size();) {
    const auto [mine, theirs] = clash(values[at].first, chosen[agreed], elements.elements);
    if (mine == 0) {
      ++agreed;
      continue;
    }
    const std::uint32_t to = mine < theirs ? theirs : elements.array_ends[elements.elements[mine].array];
    const auto from = values.begin() + static_cast<std::ptrdiff_t>(at);
    at = static_cast<std::size_t>(
        std::partition_point(from, values.end(), [to](const auto& v) { return v.first < to; }) - values.begin());
    agreed = 0;
  }
  return at;
}

}  // namespace

bool ElementChoice::possible(std::span<PlacedValues> conditions, const EventElements& elements, std::size_t& steps) {
  choices_ = 0;
  chosen_.clear();
  constexpr std::size_t kBits = 64;
  bool answer = false;
  if (conditions.size() > kBits || std::ranges::any_of(conditions, &PlacedValues::wants_absence)) {
    for (PlacedValues& field : conditions) std::ranges::sort(field.values);
    answer = possible_in_order(conditions, elements, 0);
  } else {
    steps += elements.elements.size();
    answer = possible_together(conditions, elements);
  }
  steps += choices_;
  if (of_element_.size() > limits::kMatcherKeptMax) of_element_ = {};
  if (of_array_.size() > limits::kMatcherKeptMax) of_array_ = {};
  return answer;
}

/// From the inside out: what an element satisfies is what its values do, with one choice for each array in it; what an
/// array satisfies is what one of its elements does.
bool ElementChoice::possible_together(std::span<const PlacedValues> conditions, const EventElements& all) {
  const auto& elements = all.elements;
  if (of_element_.size() < elements.size()) of_element_.resize(elements.size());
  if (of_array_.size() < all.array_ends.size()) of_array_.resize(all.array_ends.size());
  for (std::size_t i = 0; i < elements.size(); ++i) of_element_[i].assign(1, 0);
  for (std::size_t i = 0; i < all.array_ends.size(); ++i) of_array_[i].clear();
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    for (const auto& [element, satisfied] : conditions[i].values) {
      if (satisfied) of_element_[element].front() |= std::uint64_t{1} << i;
    }
  }
  // Whoever goes backwards has seen a whole array when its first element is done.
  for (std::size_t i = elements.size(); i-- > 1;) {
    const EventElement& element = elements[i];
    for (const std::uint64_t set : of_element_[i]) widen(of_array_[element.array], set);
    if (element.first && !join(of_element_[element.parent], of_array_[element.array])) return false;
  }
  const std::uint64_t wanted = ~std::uint64_t{0} >> (64 - conditions.size());
  return std::ranges::count(of_element_.front(), wanted) > 0;
}

/// Condition by condition: each with a value that agrees with those chosen so far, or without any that does.
// NOLINTNEXTLINE(misc-no-recursion): as deep as a way has conditions
bool ElementChoice::possible_in_order(std::span<const PlacedValues> conditions, const EventElements& elements,
                                      std::size_t i) {
  if (i == conditions.size()) return true;
  const PlacedValues& field = conditions[i];
  bool absent = true;
  for (std::size_t at = next_agreeing(field, 0, chosen_, elements); at < field.values.size();
       at = next_agreeing(field, at + 1, chosen_, elements)) {
    absent = false;
    if (++choices_ > limits::kPatternChoicesMax) return false;
    if (!field.values[at].second) continue;
    chosen_.push_back(field.values[at].first);
    if (possible_in_order(conditions, elements, i + 1)) return true;
    chosen_.pop_back();
  }
  return absent && field.wants_absence && possible_in_order(conditions, elements, i + 1);
}

/// Each of `sets` with each of `others`. False when that takes too many steps.
bool ElementChoice::join(Sets& sets, const Sets& others) {
  if (sets.size() == 1 && others.size() == 1) {
    sets.front() |= others.front();
    return true;
  }
  joined_.clear();
  for (const std::uint64_t set : sets) {
    for (const std::uint64_t other : others) {
      if (++choices_ > limits::kPatternChoicesMax) return false;
      widen(joined_, set | other);
    }
  }
  std::swap(sets, joined_);
  return true;
}

void ElementChoice::widen(Sets& sets, std::uint64_t more) {
  if (std::ranges::any_of(sets, [more](std::uint64_t set) { return (set | more) == set; })) return;
  std::erase_if(sets, [more](std::uint64_t set) { return (set | more) == more; });
  sets.push_back(more);
}

}  // namespace tidegate
