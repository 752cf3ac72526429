#pragma once

#include <cstddef>

namespace tidegate::limits {

/// Nesting of JSON that is embedded in an envelope; deeper payloads travel as base64. Parsers commonly stop at 1000 or
/// below, and the envelope itself adds a few levels.
inline constexpr std::size_t kJsonDepthMax = 512;
/// Steps of one path into the payload. Each may cost a look at the whole payload.
inline constexpr std::size_t kPathStepsMax = 32;
/// Longest CloudEvents extension name (CloudEvents 1.0.2, "Naming conventions").
inline constexpr std::size_t kExtensionNameBytesMax = 20;
/// Gateways that one event may pass. A chain of plants, regions and a centre has a handful; more is a loop in which
/// somebody changed an id.
inline constexpr std::size_t kHopsMax = 16;

}  // namespace tidegate::limits
