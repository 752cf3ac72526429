#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"

/// Programs that print a credential.
namespace tidegate::auth {

/// Splits a command line at white space, as a shell would with its quotes and backslashes, and nothing else of a shell.
/// *Errors*: invalid; the message goes on after the command.
Result<std::vector<std::string>> split_command(std::string_view command);

/// What the program prints, in the gateway's own environment and folder; its stderr goes nowhere, as it may quote
/// secrets. *Blocks* until it has ended, for at most `limit`; then it is killed, and what it started in its process
/// group too. *Errors*: invalid, when it cannot be started; unavailable, when it fails, takes too long, or prints more
/// than limits::kProgramOutputBytesMax. The message goes on after the command.
Result<std::string> run_program(const std::vector<std::string>& arguments, milliseconds limit);

}  // namespace tidegate::auth
