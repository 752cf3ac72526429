#pragma once

#include <string>
#include <string_view>

/// JSON objects as AWS services write them, and as they want them.
namespace tidegate::aws {

/// The value of a member of a JSON object, as it is written; empty when there is none. Names are compared without
/// case: services differ in "message" and "Message". `json` is_embeddable_json.
std::string_view member(std::string_view json, std::string_view name);

/// The text of such a member; empty when it is none.
std::string text_member(std::string_view json, std::string_view name);

/// Appends `,"name":"value"`; `name` is plain.
void append_text_member(std::string_view name, std::string_view value, std::string& out);

}  // namespace tidegate::aws
