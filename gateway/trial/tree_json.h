#pragma once

#include <string>

#include "gateway/base/config_node.h"

namespace tidegate {

/// Appends what a person wrote as a tree as JSON: plain scalars become numbers and booleans where scalar_type() says
/// so, everything else strings. Numbers stay as they are written.
void append_tree_as_json(const ConfigNode& node, std::string& out);

}  // namespace tidegate
