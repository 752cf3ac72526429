#pragma once

#include <string>
#include <variant>

#include "gateway/base/config_node.h"

namespace tidegate {

/// A jq program as the config has it. Whether jq takes it, only jq knows: see check_jq_programs().
struct JqSource {
  std::string text;
  Position at;
};

/// *Errors*: the place and a sentence.
std::variant<JqSource, TreeFault> read_jq_source(const ConfigNode& node);

}  // namespace tidegate
