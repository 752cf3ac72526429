#include "gateway/routing/field_names.h"

#include <algorithm>
#include <cstring>

namespace tidegate {

namespace {

constexpr std::size_t kShort = 16;

}  // namespace

void FieldNames::add(std::string_view name, FieldId field) {
  Node node = kRoot;
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t dot = std::min(name.find('.', at), name.size());
    node = grow(node, name.substr(at, dot - at));
    at = dot + 1;
  }
  nodes_[node].field = field;
}

FieldNames::Node FieldNames::grow(Node from, std::string_view key) {
  building_.try_emplace({from, std::string(key)}, static_cast<Node>(nodes_.size()));
  const Node to = building_.find({from, std::string(key)})->second;
  if (to == nodes_.size()) {
    nodes_.emplace_back();
    const TextWords words = key.size() <= kShort ? text_words(key.data(), key.size()) : TextWords{};
    edges_.push_back({from, key.size(), words, std::string(key)});
    children_.add(text_hash(key, from), to);
  }
  nodes_[from].lengths |= length_bit(key.size());
  if (from != kRoot) nodes_[edges_[from].from].deep = true;
  return to;
}

void FieldNames::build() {
  children_.build();
  building_ = {};
}

FieldNames::Node FieldNames::child(Node from, std::string_view key) const noexcept {
  if ((nodes_[from].lengths & length_bit(key.size())) == 0) return kNowhere;
  const std::span<const Node> found = children_.find(text_hash(key, from));
  if (found.empty()) return kNowhere;
  const bool is_short = key.size() <= kShort;
  const TextWords words = is_short ? text_words(key.data(), key.size()) : TextWords{};
  for (const Node to : found) {
    const Edge& edge = edges_[to];
    if (edge.from != from || edge.length != key.size()) continue;
    if (is_short ? edge.words == words : edge.key == key) return to;
  }
  return kNowhere;
}

FieldNames::Node FieldNames::step(Node from, std::string_view key) const noexcept {
  while (nodes_[from].deep) {
    const auto* dot = static_cast<const char*>(std::memchr(key.data(), '.', key.size()));
    if (dot == nullptr) break;
    const auto length = static_cast<std::size_t>(dot - key.data());
    from = child(from, key.substr(0, length));
    if (from == kNowhere) return kNowhere;
    key.remove_prefix(length + 1);
  }
  return child(from, key);
}

}  // namespace tidegate
