#pragma once

#include <optional>
#include <string_view>

#include "gateway/app/commands.h"
#include "gateway/base/result.h"
#include "gateway/config/config.h"

namespace tidegate {

/// The config that a command works with. Errors and warnings go to stderr; nullopt: end with kExitUsage.
std::optional<Config> load_for_command(const CommonOptions& common);

/// As load_for_command, for commands that shape events: jq has compiled the programs of the routes.
std::optional<Config> load_to_shape(const CommonOptions& common);
/// Has jq compile the programs of a config that was loaded; there is no config when it does not take one.
void check_programs(LoadedConfig& loaded);

/// Writes to stdout; false when it could not take everything (a full disk behind a redirect).
bool print(std::string_view text);
/// "tidegate: message" on stderr.
void complain(std::string_view message);
/// complain()s of it; the exit code that goes with it.
int failed(const Error& error);

}  // namespace tidegate
