#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// A document that a person wrote (the config, a pattern, a template) as a tree whose every part knows its place.
namespace tidegate {

/// A place in a text. Lines and columns start at 1; 0: the text as a whole.
struct Position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  friend auto operator<=>(const Position&, const Position&) = default;  // NOLINT(modernize-use-nullptr)
};

struct ConfigEntry;

/// A value with its place: as it was written, scalars untyped. From YAML (read_yaml: aliases expanded, merge keys (<<)
/// applied, keys of a map unique) or from JSON (read_json_tree: keys may come twice).
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
  bool quoted = false;  ///< a scalar in quotes, or in a block: a string, whatever it looks like
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

/// What is wrong with a tree, and where. The message is a sentence, remedy included.
struct TreeFault {
  Position at;
  std::string message;
};

/// What a scalar is where JSON's types matter.
enum class ScalarType : std::uint8_t { string, number, boolean };

/// Plain scalars are numbers when they are written as JSON writes them (RFC 8259, section 6) and booleans when they are
/// true or false; everything else, and what is quoted, is a string. (The null of YAML is no scalar: Kind::null.)
ScalarType scalar_type(const ConfigNode& scalar) noexcept;

}  // namespace tidegate
