#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What the gateway and a jq process say to each other over one socket, and how the process leaves. Both are the same
/// program, so that the machine's own byte order and layouts do.
///
/// Every message is a frame: its length in 4 bytes, then the bytes. The gateway begins with an order, which is a
/// JqBounds and the program's text; then come events, each one JSON value. Every frame is answered by one, in order: a
/// kind (JqReply) and, of outputs, one frame each, or, of a failure, its message. The order is answered by no outputs.
namespace tidegate {

/// The subcommand under which the gateway's program is a jq process.
inline constexpr std::string_view kJqWorkerCommand = "jq-worker";

inline constexpr std::size_t kFrameHeadBytes = sizeof(std::uint32_t);

enum class JqReply : char { outputs = 'o', failure = 'f' };

/// Exit codes of a jq process. All but `done` and `unbounded` say what the first event without an answer did.
enum class JqExit : int {
  done = 0,
  unbounded = 10,    ///< the process could not be bounded, and did nothing
  out_of_time = 11,  ///< see JqBounds::time
  no_memory = 12,    ///< see JqBounds::memory_bytes
  crashed = 13,
};

void append_frame(std::string_view bytes, std::string& out);
/// The frame at the front of `rest`, taken off it. Nothing: it is not all there.
std::optional<std::string_view> take_frame(std::string_view& rest) noexcept;
/// Length of the frame at the front of `bytes`, without its head. Nothing: not even the head is there.
std::optional<std::size_t> frame_length(std::string_view bytes) noexcept;

}  // namespace tidegate
