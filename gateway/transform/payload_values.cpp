#include "gateway/transform/payload_values.h"

#include <algorithm>

#include "gateway/event/json_text.h"

namespace tidegate {

namespace {

constexpr std::string_view kSpace = " \t\r\n";

std::string_view without_space(std::string_view text) {
  const std::size_t from = text.find_first_not_of(kSpace);
  return from == std::string_view::npos ? std::string_view()
                                        : text.substr(from, text.find_last_not_of(kSpace) - from + 1);
}

}  // namespace

std::size_t PayloadValues::add(const PayloadPath& path) {
  std::uint32_t node = 0;
  for (const PathStep& step : path) node = child(node, step);
  if (nodes_[node].slot == kNone) {
    nodes_[node].slot = static_cast<std::uint32_t>(slots_++);
    values_.resize(slots_);
  }
  return nodes_[node].slot;
}

std::uint32_t PayloadValues::child(std::uint32_t node, const PathStep& step) {
  for (const std::uint32_t known : nodes_[node].children) {
    if (nodes_[known].step == step) return known;
  }
  const auto made = static_cast<std::uint32_t>(nodes_.size());
  nodes_.push_back({step, kNone, {}});
  nodes_[node].children.push_back(made);
  return made;
}

void PayloadValues::read(std::string_view payload) {
  std::ranges::fill(values_, std::string_view());
  is_json_ = false;
  const std::string_view text = without_space(payload);
  if (text.empty() || !is_utf8(text)) return;
  const bool container = text.front() == '{' || text.front() == '[';
  if (!container || nodes_.front().children.empty()) {
    is_json_ = json_value_end(text) == text.size();
  } else {
    is_json_ = walk(0, text);
  }
  if (!is_json_) {
    std::ranges::fill(values_, std::string_view());
  } else if (nodes_.front().slot != kNone) {
    values_[nodes_.front().slot] = text;
  }
}

/// Takes what is wanted of a container's items. False: the text is not one whole container.
// NOLINTNEXTLINE(misc-no-recursion): as deep as limits::kPathStepsMax
bool PayloadValues::walk(std::uint32_t node, std::string_view text) {
  JsonItems items(text);
  for (std::uint32_t index = 0; items.next(); ++index) {
    const Node& wanted = nodes_[node];
    const std::uint32_t found = items.is_object() ? member(wanted, items.key()) : element(wanted, index);
    if (found != kNone) take(found, items.value());
  }
  return !items.failed() && items.end() == text.size();
}

// NOLINTNEXTLINE(misc-no-recursion): see walk()
void PayloadValues::take(std::uint32_t node, std::string_view value) {
  const Node& wanted = nodes_[node];
  if (!wanted.children.empty()) {
    forget(node);
    if (value.front() == '{' || value.front() == '[') walk(node, value);
  }
  if (wanted.slot != kNone) values_[wanted.slot] = value;
}

std::uint32_t PayloadValues::member(const Node& node, std::string_view key) const {
  const std::string_view written = key.substr(1, key.size() - 2);
  const auto is_it = [&](std::string_view name) {
    return std::ranges::find_if(node.children, [&](std::uint32_t child) {
      return !nodes_[child].step.is_index && nodes_[child].step.name == name;
    });
  };
  auto found = is_it(written);
  if (written.find('\\') != std::string_view::npos) found = is_it(json_string_content(key));
  return found == node.children.end() ? kNone : *found;
}

std::uint32_t PayloadValues::element(const Node& node, std::uint32_t index) const {
  const auto found = std::ranges::find_if(node.children, [&](std::uint32_t child) {
    return nodes_[child].step.is_index && nodes_[child].step.index == index;
  });
  return found == node.children.end() ? kNone : *found;
}

/// A member came before under the same name: what it held does not count.
// NOLINTNEXTLINE(misc-no-recursion): see walk()
void PayloadValues::forget(std::uint32_t node) {
  for (const std::uint32_t child : nodes_[node].children) {
    if (nodes_[child].slot != kNone) values_[nodes_[child].slot] = {};
    forget(child);
  }
}

}  // namespace tidegate
