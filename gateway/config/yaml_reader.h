#pragma once

#include <string_view>

#include "gateway/base/config_node.h"
#include "gateway/config/diagnostics.h"

namespace tidegate {

/// Reads one YAML document. Syntax errors, duplicate keys, and texts that are not UTF-8, too large, too deeply nested
/// or more than one document are reported; what could be read is returned all the same.
ConfigNode read_yaml(std::string_view text, Diagnostics& diagnostics);

}  // namespace tidegate
