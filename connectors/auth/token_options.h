#pragma once

#include <optional>

#include "connectors/auth/options.h"

namespace tidegate::auth {

/// Adds the options of the types that sign, or fetch a token, to the table of credentials.
OptionTableOf<AuthOptions>& add_token_options(OptionTableOf<AuthOptions>& table);

/// What is wrong with the options of such a type.
std::optional<OptionFault> token_fault(const AuthOptions& options);

}  // namespace tidegate::auth
