#include "gateway/trial/tree_json.h"

#include "gateway/event/json_text.h"

namespace tidegate {

void append_tree_as_json(const ConfigNode& node, std::string& out) {
  switch (node.kind) {
    case ConfigNode::Kind::null:
    case ConfigNode::Kind::failed: out += "null"; return;
    case ConfigNode::Kind::scalar:
      if (scalar_type(node) == ScalarType::string) {
        append_json_string(node.text, out);
      } else {
        out += node.text;
      }
      return;
    case ConfigNode::Kind::list:
      out += '[';
      for (const ConfigNode& item : node.items) {
        if (&item != &node.items.front()) out += ',';
        append_tree_as_json(item, out);
      }
      out += ']';
      return;
    case ConfigNode::Kind::map:
      out += '{';
      for (const ConfigEntry& entry : node.entries) {
        if (&entry != &node.entries.front()) out += ',';
        append_json_string(entry.key, out);
        out += ':';
        append_tree_as_json(entry.value, out);
      }
      out += '}';
      return;
  }
}

}  // namespace tidegate
