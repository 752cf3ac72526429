#include "connectors/auth/options.h"

#include <optional>

#include "connectors/http/header_lines.h"

namespace tidegate::auth {
namespace {

std::optional<OptionFault> auth_fault(const AuthOptions& auth) {
  switch (auth.type) {
    case AuthType::none:
      if (!auth.user.empty() || !auth.password.empty() || !auth.token.empty() || !auth.value.empty()) {
        return OptionFault{"type", "says none, but there is a credential; set it to basic, bearer or header"};
      }
      return std::nullopt;
    case AuthType::basic:
      if (auth.user.empty()) return OptionFault{"type", "is basic, which needs user and password"};
      return std::nullopt;
    case AuthType::bearer:
      if (auth.token.empty()) return OptionFault{"type", "is bearer, which needs token or token_file"};
      return std::nullopt;
    case AuthType::header:
      if (!http::is_header_name(auth.name)) return OptionFault{"name", "must be the name of an HTTP header"};
      if (auth.value.empty()) return OptionFault{"type", "is header, which needs value or value_file"};
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

const OptionTableOf<AuthOptions>& auth_table() {
  static const auto table =
      OptionTableOf<AuthOptions>("How the gateway proves who it is. Files are read again after a 401 or 403.")
          .choice("type", &AuthOptions::type,
                  {{"none", AuthType::none, "No credential."},
                   {"basic", AuthType::basic, "`user` and `password`."},
                   {"bearer", AuthType::bearer, "`token` in the header Authorization: Bearer."},
                   {"header", AuthType::header, "`value` in the header called `name`."}},
                  "Kind of credential.")
          .option("user", &AuthOptions::user, "Of type basic.")
          .secret("password", &AuthOptions::password, "Of type basic.")
          .secret("token", &AuthOptions::token, "Of type bearer.")
          .option("name", &AuthOptions::name, "Of type header: its name, such as X-Api-Key.")
          .secret("value", &AuthOptions::value, "Of type header: its value.")
          .check(auth_fault);
  return table;
}

bool sets_header(const AuthOptions& auth, std::string_view name) noexcept {
  if (auth.type == AuthType::none) return false;
  return http::same_header(name, auth.type == AuthType::header ? std::string_view(auth.name) : "Authorization");
}

}  // namespace tidegate::auth
