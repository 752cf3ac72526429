#pragma once

namespace tidegate {

/// Reads the command line and runs what it asks for; returns the exit code. Wrong usage is explained on stderr.
int run_cli(int argc, const char* const* argv);

}  // namespace tidegate
