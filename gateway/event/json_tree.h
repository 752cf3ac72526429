#pragma once

#include <string_view>
#include <variant>

#include "gateway/base/config_node.h"

namespace tidegate {

/// Reads a JSON text (RFC 8259, one value, space around it) that a person wrote into a tree: strings are quoted
/// scalars, numbers and booleans plain ones as they are written, null is Kind::null; a key that comes twice stays
/// twice. Positions count from `origin`, the place of the text's first character; a column is one byte. *Errors*: the
/// place of the mistake and a sentence; texts that is_embeddable_json refuses are mistakes.
std::variant<ConfigNode, TreeFault> read_json_tree(std::string_view json, Position origin = {1, 1});

/// As read_json_tree, of a scalar's text. Where that is over several lines it has lost its indentation: `own_places`
/// then, and positions count within the text, in the tree too.
std::variant<ConfigNode, TreeFault> read_json_text(const ConfigNode& scalar, bool& own_places);
/// A fault in such a text as a fault in the file.
TreeFault placed_in_text(TreeFault fault, const ConfigNode& scalar, bool own_places);

}  // namespace tidegate
