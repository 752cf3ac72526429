#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/config/diagnostics.h"

namespace tidegate {

struct ConfigEntry;

/// A value of the config file with its place: YAML as it was written, scalars untyped.
/// Aliases are expanded, merge keys (<<) applied, keys of a map unique.
struct ConfigNode {
  enum class Kind : std::uint8_t {
    null,
    scalar,
    list,
    map,
    failed,  ///< a value whose mistake is reported already; readers pass over it
  };
  ConfigNode();
  ConfigNode(Kind k, Position p, std::string t = {});

  Kind kind = Kind::null;
  Position at;
  std::string text;     ///< of a scalar
  std::string written;  ///< what the file says where it differs from text (${NAME}); may be shown, text may not
  std::vector<ConfigNode> items;     ///< of a list
  std::vector<ConfigEntry> entries;  ///< of a map, in the order of the file

  /// The entry with this key, or null.
  [[nodiscard]] const ConfigEntry* find(std::string_view key) const noexcept;
};

struct ConfigEntry {
  std::string key;
  Position at;  ///< of the key
  ConfigNode value;
};

inline ConfigNode::ConfigNode() = default;
inline ConfigNode::ConfigNode(Kind k, Position p, std::string t) : kind(k), at(p), text(std::move(t)) {}

/// Reads one YAML document. Syntax errors, duplicate keys, and texts that are not UTF-8, too large, too deeply nested
/// or more than one document are reported; what could be read is returned all the same.
ConfigNode read_yaml(std::string_view text, Diagnostics& diagnostics);

}  // namespace tidegate
