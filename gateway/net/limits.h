#pragma once

#include <chrono>

/// What all listening sockets of the gateway share.
namespace tidegate::limits {

/// How long a port is left alone after it was found taken.
inline constexpr std::chrono::seconds kBindRetry{5};
/// How long nothing is accepted after the system had no descriptor or no memory for a connection; trying again at once
/// would spin.
inline constexpr std::chrono::seconds kAcceptRetry{1};

}  // namespace tidegate::limits
