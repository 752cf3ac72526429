#pragma once

#include <bitset>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "gateway/routing/affix_index.h"
#include "gateway/routing/gram_index.h"
#include "gateway/routing/hash_lists.h"
#include "gateway/routing/pattern_ast.h"
#include "gateway/routing/range_index.h"

namespace tidegate {

/// The atoms of one field: which of them a value satisfies, in a time that does not grow with those that it does not.
/// An atom is a number, by which it is looked up in a list that all fields share. Built once, then read.
class FieldIndex {
 public:
  /// What a search needs of memory.
  struct Scratch {
    std::string folded;
    std::string reversed;
    std::vector<double> numbers;
    std::vector<std::uint32_t> seen;  ///< by atom: the last search that met its gram
    std::uint32_t search = 0;
  };
  using Atoms = std::span<const Atom* const>;
  using Found = std::vector<std::uint32_t>;

  /// Of any kind but absent and exists.
  void add(std::uint32_t number, const Atom& atom);
  /// After the last add and before the first find.
  void build();

  [[nodiscard]] bool empty() const noexcept { return empty_; }

  /// Appends the atoms that one of `values` satisfies, some more than once. Adds to `steps` those that were looked at.
  void find(std::span<const PlainValue* const> values, Atoms atoms, Scratch& scratch, Found& found,
            std::size_t& steps) const;

 private:
  void add_wildcard(std::uint32_t number, const Atom& atom);
  void add_network(std::uint32_t number, const IpNetwork& network);
  template <class Take, class Check>
  void find_one(const PlainValue& value, Atoms atoms, Scratch& scratch, Take take, Check check) const;
  void find_ranges(std::span<const PlainValue* const> values, Scratch& scratch, Found& found) const;
  template <class Take, class Check>
  void find_text(std::string_view text, Scratch& scratch, Atoms atoms, Take take, Check check) const;
  template <class Check>
  void find_address(const IpAddress& address, Check check) const;

  bool empty_ = true;
  HashLists exact_;
  AffixIndex prefixes_;
  AffixIndex suffixes_;         ///< of reversed texts
  AffixIndex folded_prefixes_;  ///< of folded texts
  AffixIndex folded_suffixes_;  ///< of folded, reversed texts
  bool with_folded_ = false;
  GramIndex wildcards_;
  RangeIndex ranges_;
  std::bitset<33> bits_v4_;  ///< lengths of networks
  std::bitset<129> bits_v6_;
  std::vector<std::uint32_t> anything_but_;
};

}  // namespace tidegate
