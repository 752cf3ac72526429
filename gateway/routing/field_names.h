#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/routing/hash_lists.h"
#include "gateway/routing/text_hash.h"

namespace tidegate {

using FieldId = std::uint32_t;
inline constexpr FieldId kNoField = 0xFFFFFFFF;

/// The names of fields as a trie of their keys ("data.state" is data, then state), by which a payload is walked: what
/// no name leads to is passed over. A key with dots is as many steps as it has keys between them, as names join keys
/// with dots. Built once, then read. *Threads*: safe from any once built.
class FieldNames {
 public:
  using Node = std::uint32_t;
  static constexpr Node kRoot = 0;
  static constexpr Node kNowhere = 0xFFFFFFFF;

  void add(std::string_view name, FieldId field);
  /// After the last add and before the first step.
  void build();

  /// Where a key leads from a node.
  [[nodiscard]] Node step(Node from, std::string_view key) const noexcept;
  /// Of a name that ends here.
  [[nodiscard]] FieldId field(Node node) const noexcept { return nodes_[node].field; }
  /// Whether names go on from here.
  [[nodiscard]] bool goes_on(Node node) const noexcept { return nodes_[node].lengths != 0; }

 private:
  struct Entry {
    FieldId field = kNoField;
    bool deep = false;          ///< names go on from its children, too
    std::uint64_t lengths = 0;  ///< of its children's keys, a bit each; the last stands for all longer ones
  };
  struct Edge {
    Node from = kRoot;
    std::size_t length = 0;
    TextWords words;  ///< of keys of at most 16 bytes, as nearly all are
    std::string key;
  };

  static std::uint64_t length_bit(std::size_t length) noexcept {
    return std::uint64_t{1} << (length < 63 ? length : 63);
  }
  [[nodiscard]] Node child(Node from, std::string_view key) const noexcept;
  Node grow(Node from, std::string_view key);

  std::vector<Entry> nodes_{Entry{}};
  std::vector<Edge> edges_{Edge{}};  ///< to the node of the same index
  HashLists children_;
  std::map<std::pair<Node, std::string>, Node> building_;  ///< empty once built
};

}  // namespace tidegate
