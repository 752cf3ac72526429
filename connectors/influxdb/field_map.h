#pragma once

#include <string>
#include <variant>
#include <vector>

#include "connectors/influxdb/line_protocol.h"
#include "gateway/base/config_node.h"
#include "gateway/transform/template.h"

namespace tidegate::influxdb {

/// The value of the option `fields`: names, each with a value or `{value: ..., type: ...}`.
struct FieldMap {
  static constexpr bool kFilledByEvent = true;
  struct Entry {
    std::string name;
    Template value;  ///< a JSON value
    FieldType type = FieldType::automatic;
  };
  std::vector<Entry> entries;
};

inline constexpr std::string_view kFieldMapSyntax = "map of names to values, or to {value, type}";

/// For OptionTableOf::tree(). *Errors*: the place and a sentence.
std::variant<FieldMap, TreeFault> field_map_from(const ConfigNode& node);

}  // namespace tidegate::influxdb
