#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/config/option_table.h"

namespace tidegate::auth {

enum class AuthType : std::uint8_t { none, basic, bearer, header };

/// How a sink proves who it is.
struct AuthOptions {
  AuthType type = AuthType::none;
  std::string user;       ///< basic
  StoredSecret password;  ///< basic
  StoredSecret token;     ///< bearer
  std::string name;       ///< header: its name
  StoredSecret value;     ///< header: its value
};

const OptionTableOf<AuthOptions>& auth_table();

/// The header is one that this kind of credential writes.
bool sets_header(const AuthOptions& auth, std::string_view name) noexcept;

}  // namespace tidegate::auth
