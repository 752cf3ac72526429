#pragma once

#include <string>
#include <string_view>

/// As much XML as answers of the query protocol have: elements without attributes that matter, and text.
namespace tidegate::aws {

/// Takes the next element called `name` out of the front of `xml`: what is inside it. False when there is none that is
/// whole. The element must not hold another of its name.
bool take_element(std::string_view& xml, std::string_view name, std::string_view& inside);

/// The text of the first element of that name; empty when there is none.
std::string element_text(std::string_view xml, std::string_view name);

}  // namespace tidegate::aws
