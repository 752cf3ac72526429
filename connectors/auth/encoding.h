#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidegate::auth {

/// Appends base64url without padding. *Source*: RFC 7515, section 2.
void append_base64url(std::string_view bytes, std::string& out);

/// Appends the text with every byte but letters, digits, "-", ".", "_" and "~" as %XX. *Source*: RFC 3986, section 2.1.
void append_percent_encoded(std::string_view text, std::string& out);

/// Appends `name=value` to a form body, "&" before it when there is something already.
/// *Source*: application/x-www-form-urlencoded; space as %20, which every reader of that takes too.
void append_form_field(std::string_view name, std::string_view value, std::string& out);

/// The values of a scope, a space between. *Source*: RFC 6749, section 3.3.
std::string joined_scope(const std::vector<std::string>& values);

}  // namespace tidegate::auth
