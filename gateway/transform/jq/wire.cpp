#include "gateway/transform/jq/wire.h"

#include <cstring>

namespace tidegate {

void append_frame(std::string_view bytes, std::string& out) {
  const auto length = static_cast<std::uint32_t>(bytes.size());
  char head[kFrameHeadBytes];
  std::memcpy(head, &length, sizeof head);
  out.append(head, sizeof head).append(bytes);
}

std::optional<std::size_t> frame_length(std::string_view bytes) noexcept {
  if (bytes.size() < kFrameHeadBytes) return std::nullopt;
  std::uint32_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  return length;
}

std::optional<std::string_view> take_frame(std::string_view& rest) noexcept {
  const std::optional<std::size_t> length = frame_length(rest);
  if (!length || rest.size() - kFrameHeadBytes < *length) return std::nullopt;
  const std::string_view frame = rest.substr(kFrameHeadBytes, *length);
  rest.remove_prefix(kFrameHeadBytes + *length);
  return frame;
}

}  // namespace tidegate
