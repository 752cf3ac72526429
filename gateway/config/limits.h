#pragma once

#include <cstddef>

/// Every maximum of the configuration, each with its reason.
namespace tidegate::limits {

/// Largest config file. A gateway with every lane it may have stays far below; more is the wrong file.
inline constexpr std::size_t kConfigFileBytesMax = 1u << 20;
/// Deepest nesting. The deepest option there is lies 6 levels down.
inline constexpr std::size_t kConfigDepthMax = 32;
/// Values in one config after aliases are expanded: ends an alias bomb before it has cost memory.
inline constexpr std::size_t kConfigNodesMax = 50'000;
/// Errors and warnings kept; the rest are counted. Nobody reads more at once.
inline constexpr std::size_t kDiagnosticsMax = 100;
/// Longest text of the config that a diagnostic quotes.
inline constexpr std::size_t kQuotedBytesMax = 60;
/// Longest value after ${NAME} is replaced: an environment block may be megabytes.
inline constexpr std::size_t kExpandedBytesMax = 64u << 10;
/// Largest file named by a `*_file` option of a secret: tokens and keys are a few kilobytes.
inline constexpr std::size_t kSecretFileBytesMax = 64u << 10;
/// Longest name of a source, sink or route: it becomes a metric label and part of a lane's name.
inline constexpr std::size_t kNameBytesMax = 64;
/// Sources of one config. Each is a session on the one network thread.
inline constexpr std::size_t kSourcesMax = 256;

}  // namespace tidegate::limits
