#pragma once

#include <optional>
#include <variant>

#include "gateway/base/config_node.h"
#include "gateway/routing/pattern_ast.h"

namespace tidegate {

/// Reads one value of a field's list: a scalar, or a map with one operator. *Errors*: place, what is wrong, remedy.
std::variant<Atom, TreeFault> read_atom(const ConfigNode& node);

/// Whether a key is the name of an operator: what makes `$or` the name of a field (event-ruler's rule, so that patterns
/// from before `$or` keep their meaning).
bool is_operator_name(std::string_view key) noexcept;

}  // namespace tidegate
