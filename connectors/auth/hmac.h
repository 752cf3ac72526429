#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace tidegate::auth {

/// The 32 bytes of HMAC-SHA256 over the parts one after the other; none is copied, however large. For many short
/// messages under one key there is sha256.h. *Source*: RFC 2104.
std::string hmac_sha256(std::string_view key, std::initializer_list<std::string_view> parts);

}  // namespace tidegate::auth
