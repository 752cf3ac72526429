#include "connectors/influxdb/field_map.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace tidegate::influxdb {

namespace {

constexpr std::array<std::pair<std::string_view, FieldType>, 6> kTypes{{{"auto", FieldType::automatic},
                                                                        {"float", FieldType::real},
                                                                        {"integer", FieldType::integer},
                                                                        {"unsigned", FieldType::unsigned_integer},
                                                                        {"boolean", FieldType::boolean},
                                                                        {"string", FieldType::text}}};

std::optional<TreeFault> read_type(const ConfigNode& node, FieldType& type) {
  const auto known = std::ranges::find(kTypes, node.text, &std::pair<std::string_view, FieldType>::first);
  if (node.kind != ConfigNode::Kind::scalar || known == kTypes.end()) {
    return TreeFault{node.at, "a type is auto, float, integer, unsigned, boolean or string"};
  }
  type = known->second;
  return std::nullopt;
}

std::optional<TreeFault> read_value(const ConfigNode& node, Template& value) {
  if (node.kind != ConfigNode::Kind::scalar) return TreeFault{node.at, "a value is wanted here, such as ${data.value}"};
  auto made = Template::parse_shape(node);
  if (auto* fault = std::get_if<TreeFault>(&made)) return std::move(*fault);
  value = std::get<Template>(std::move(made));
  return std::nullopt;
}

std::optional<TreeFault> read_entry(const ConfigNode& node, FieldMap::Entry& entry) {
  if (node.kind != ConfigNode::Kind::map) return read_value(node, entry.value);
  for (const ConfigEntry& part : node.entries) {
    std::optional<TreeFault> fault;
    if (part.key == "value") {
      fault = read_value(part.value, entry.value);
    } else if (part.key == "type") {
      fault = read_type(part.value, entry.type);
    } else {
      fault = TreeFault{part.at, "a field has a value and a type: {value: \"${data.count}\", type: integer}"};
    }
    if (fault) return fault;
  }
  if (node.find("value") == nullptr) return TreeFault{node.at, "the field has no value"};
  return std::nullopt;
}

}  // namespace

std::variant<FieldMap, TreeFault> field_map_from(const ConfigNode& node) {
  if (node.kind != ConfigNode::Kind::map || node.entries.empty()) {
    return TreeFault{node.at, "a map of fields is wanted: {value: \"${data.value}\"}"};
  }
  FieldMap map;
  for (const ConfigEntry& entry : node.entries) {
    FieldMap::Entry& made = map.entries.emplace_back();
    made.name = entry.key;
    std::string scratch;
    if (const Status fits = append_key(entry.key, scratch); !fits) {
      return TreeFault{entry.at, "the name " + fits.error().message};
    }
    if (auto fault = read_entry(entry.value, made)) return *std::move(fault);
  }
  return map;
}

}  // namespace tidegate::influxdb
