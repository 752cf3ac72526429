#include "gateway/routing/field_index.h"

#include <algorithm>
#include <bit>

#include "gateway/routing/letter_case.h"
#include "gateway/routing/text_hash.h"

namespace tidegate {

namespace {

/// What is told apart among exact keys.
enum Seed : std::uint64_t { kText, kWord, kNumber, kSpelling, kFolded, kNetwork };

std::string reversed(std::string text) {
  std::ranges::reverse(text);
  return text;
}

std::string folded(std::string_view text) {
  std::string out;
  append_folded(text, out);
  return out;
}

std::uint64_t number_hash(double number) noexcept {
  return mixed(std::bit_cast<std::uint64_t>(number + 0.0) ^ 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93 + kNumber);
}

std::uint64_t network_hash(const IpAddress& first, std::size_t bits) noexcept {
  const std::string_view bytes(reinterpret_cast<const char*>(first.bytes.data()), first.bytes.size());
  return text_hash(bytes, kNetwork + (bits << 8) + (first.v6 ? 1U << 20 : 0));
}

/// Addresses have digits or colons at the front; most texts do not.
bool may_be_address(std::string_view text) noexcept {
  if (text.empty()) return false;
  const char c = text.front();
  const char low = static_cast<char>(c | 0x20);
  return (c >= '0' && c <= '9') || c == ':' || (low >= 'a' && low <= 'f' && text.find(':') != std::string_view::npos);
}

}  // namespace

void FieldIndex::add(std::uint32_t number, const Atom& atom) {
  empty_ = false;
  switch (atom.kind) {
    case Atom::Kind::text:
      if (atom.is_address) return add_network(number, atom.network);
      return exact_.add(text_hash(atom.text, kText), number);
    case Atom::Kind::word: return exact_.add(text_hash(atom.text, kWord), number);
    case Atom::Kind::number: return exact_.add(number_hash(atom.number), number);
    case Atom::Kind::spelling: return exact_.add(text_hash(atom.text, kSpelling), number);
    case Atom::Kind::prefix: return prefixes_.add(atom.text, number);
    case Atom::Kind::suffix: return suffixes_.add(reversed(atom.text), number);
    case Atom::Kind::equals_ic: with_folded_ = true; return exact_.add(text_hash(folded(atom.text), kFolded), number);
    case Atom::Kind::prefix_ic: return folded_prefixes_.add(folded(atom.text), number);
    case Atom::Kind::suffix_ic: return folded_suffixes_.add(reversed(folded(atom.text)), number);
    case Atom::Kind::wildcard: return add_wildcard(number, atom);
    case Atom::Kind::range: return ranges_.add(atom.range, number);
    case Atom::Kind::network: return add_network(number, atom.network);
    case Atom::Kind::anything_but: return anything_but_.push_back(number);
    case Atom::Kind::exists:
    case Atom::Kind::absent: return;
  }
}

void FieldIndex::add_wildcard(std::uint32_t number, const Atom& atom) {
  const auto& pieces = atom.wildcard.pieces;
  if (pieces.size() == 1) return exact_.add(text_hash(pieces.front(), kText), number);
  if (pieces.size() == 2 && pieces.back().empty()) return prefixes_.add(pieces.front(), number);
  if (pieces.size() == 2 && pieces.front().empty()) return suffixes_.add(reversed(pieces.back()), number);
  wildcards_.add(pieces, number);
}

void FieldIndex::add_network(std::uint32_t number, const IpNetwork& network) {
  if (network.first.v6) {
    bits_v6_.set(network.bits);
  } else {
    bits_v4_.set(network.bits);
  }
  exact_.add(network_hash(network.first, network.bits), number);
}

void FieldIndex::build() {
  with_folded_ = with_folded_ || !folded_prefixes_.empty() || !folded_suffixes_.empty();
  exact_.build();
  for (AffixIndex* affixes : {&prefixes_, &suffixes_, &folded_prefixes_, &folded_suffixes_}) affixes->build();
  wildcards_.build();
  ranges_.build();
}

template <class Check>
void FieldIndex::find_address(const IpAddress& address, Check check) const {
  const auto look_up = [&](const auto& lengths) {
    for (std::size_t bits = 0; bits < lengths.size(); ++bits) {
      if (!lengths[bits]) continue;
      for (const std::uint32_t atom :
           exact_.find(network_hash(masked(address, static_cast<std::uint8_t>(bits)), bits))) {
        check(atom);
      }
    }
  };
  if (address.v6) {
    look_up(bits_v6_);
  } else {
    look_up(bits_v4_);
  }
}

/// `take(atom)`: it holds; `check(atom)`: it may.
template <class Take, class Check>
void FieldIndex::find_text(std::string_view text, Scratch& scratch, Atoms atoms, Take take, Check check) const {
  if (!exact_.empty()) {
    for (const std::uint32_t atom : exact_.find(text_hash(text, kText))) check(atom);
  }
  if (!prefixes_.empty()) prefixes_.find(text, take);
  if (!suffixes_.empty()) {
    scratch.reversed.assign(text.rbegin(), text.rend());
    suffixes_.find(scratch.reversed, take);
  }
  if (with_folded_) {
    scratch.folded.clear();
    append_folded(text, scratch.folded);
    for (const std::uint32_t atom : exact_.find(text_hash(scratch.folded, kFolded))) check(atom);
    if (!folded_prefixes_.empty()) folded_prefixes_.find(scratch.folded, check);
    if (!folded_suffixes_.empty()) {
      std::ranges::reverse(scratch.folded);
      folded_suffixes_.find(scratch.folded, check);
    }
  }
  if (!wildcards_.empty()) {
    if (scratch.seen.size() < atoms.size()) scratch.seen.resize(atoms.size());
    if (++scratch.search == 0) {
      std::ranges::fill(scratch.seen, 0);
      scratch.search = 1;
    }
    wildcards_.find(text, [&](std::span<const std::uint32_t> numbers) {
      if (numbers.empty() || scratch.seen[numbers.front()] == scratch.search) return;
      scratch.seen[numbers.front()] = scratch.search;  // a wildcard is in one list
      std::ranges::for_each(numbers, check);
    });
  }
}

template <class Take, class Check>
void FieldIndex::find_one(const PlainValue& value, Atoms atoms, Scratch& scratch, Take take, Check check) const {
  const auto look_up = [&](std::uint64_t hash) {
    for (const std::uint32_t atom : exact_.find(hash)) check(atom);
  };
  bool may_be_ip = bits_v4_.any() || bits_v6_.any();
  switch (value.type) {
    case ValueType::text:
      find_text(value.text, scratch, atoms, take, check);
      may_be_ip = may_be_ip && may_be_address(value.text);
      break;
    case ValueType::word: return look_up(text_hash(value.text, kWord));
    case ValueType::number:
      look_up(text_hash(value.text, kSpelling));
      if (value.number) look_up(number_hash(*value.number));
  }
  if (!may_be_ip) return;
  if (const auto address = address_of(value)) find_address(*address, check);
}

/// Few numbers one by one; of many, each range finds its own.
void FieldIndex::find_ranges(std::span<const PlainValue* const> values, Scratch& scratch, Found& found) const {
  constexpr std::size_t kFew = 8;
  if (values.size() <= kFew) {
    for (const PlainValue* value : values) {
      if (value->number) ranges_.find(*value->number, found);
    }
    return;
  }
  scratch.numbers.clear();
  for (const PlainValue* value : values) {
    if (value->number) scratch.numbers.push_back(*value->number);
  }
  std::ranges::sort(scratch.numbers);
  ranges_.find_any(scratch.numbers, found);
}

void FieldIndex::find(std::span<const PlainValue* const> values, Atoms atoms, Scratch& scratch, Found& found,
                      std::size_t& steps) const {
  const auto check = [&](const PlainValue& value, std::uint32_t atom) {
    ++steps;
    const bool holds = satisfies(*atoms[atom], value);
    if (holds) found.push_back(atom);
    return holds;
  };
  for (const PlainValue* value : values) {
    const auto take = [&](std::uint32_t atom) {
      ++steps;
      found.push_back(atom);
    };
    find_one(*value, atoms, scratch, take, [&](std::uint32_t atom) { check(*value, atom); });
  }
  for (const std::uint32_t atom : anything_but_) {
    static_cast<void>(std::ranges::any_of(values, [&](const PlainValue* value) { return check(*value, atom); }));
  }
  if (ranges_.empty()) return;
  const std::size_t before = found.size();
  find_ranges(values, scratch, found);
  steps += found.size() - before;
}

}  // namespace tidegate
