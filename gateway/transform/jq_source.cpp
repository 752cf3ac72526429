#include "gateway/transform/jq_source.h"

#include <fmt/format.h>

#include "gateway/transform/jq/limits.h"

namespace tidegate {

std::variant<JqSource, TreeFault> read_jq_source(const ConfigNode& node) {
  if (node.kind != ConfigNode::Kind::scalar || node.text.find_first_not_of(" \t\r\n") == std::string::npos)
    return TreeFault{node.at, "a jq program is wanted, as a text: \"{id, v: .data.value}\""};
  if (node.text.size() > limits::kJqProgramBytesMax) {
    return TreeFault{node.at, fmt::format("the program is longer than {} bytes", limits::kJqProgramBytesMax)};
  }
  if (node.text.find('\0') != std::string::npos) return TreeFault{node.at, "the program has a NUL in it"};
  return JqSource{node.text, node.at};
}

}  // namespace tidegate
