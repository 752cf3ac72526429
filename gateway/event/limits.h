#pragma once

#include <cstddef>

namespace tidegate::limits {

/// Nesting of JSON that is embedded in an envelope; deeper payloads travel as base64. Parsers commonly stop at 1000 or
/// below, and the envelope itself adds a few levels.
inline constexpr std::size_t kJsonDepthMax = 512;
/// Longest CloudEvents extension name (CloudEvents 1.0.2, "Naming conventions").
inline constexpr std::size_t kExtensionNameBytesMax = 20;

}  // namespace tidegate::limits
